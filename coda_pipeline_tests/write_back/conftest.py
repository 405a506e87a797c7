"""An office for each test: an empty doc, real HTTP, a database of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.write_back.office import Office, client_of


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """The HR doc without a row."""
    with SandboxServer(SandboxConfig(content="empty", rates=None)) as found:
        yield found


@pytest.fixture
def office(sandbox: SandboxServer, engine: Engine) -> Iterator[Office]:
    """Both sides, never in touch yet."""
    with client_of(sandbox) as client:
        yield Office(sandbox, engine, client)
