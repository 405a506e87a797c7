"""A gateway over a database of the test's own, with a table of Участие that was read."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.participation.table import Table


@pytest.fixture
def table(engine: Engine) -> Table:
    """Участие as read from Coda, empty."""
    return Table(engine)


@pytest.fixture
def served(engine: Engine, table: Table) -> Iterator[Served]:
    """The internal door."""
    with serving(gateway_on(engine, table.catalog, ui_url="https://ui.example.org")) as found:
        yield found


@pytest.fixture
def public(engine: Engine, table: Table) -> Iterator[Served]:
    """The public door."""
    with serving(
        gateway_on(engine, table.catalog, public_url="https://sync.example.org"), public=True
    ) as found:
        yield found
