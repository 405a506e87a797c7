"""A scripted service for the tests of the transport."""

from collections.abc import Iterator

import pytest

from coda_pipeline_tests.http.scripted import Script


@pytest.fixture
def script() -> Iterator[Script]:
    with Script() as script:
        yield script
