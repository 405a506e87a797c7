from collections.abc import Iterator

import pytest

from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.sandbox_coding.api import Api
from coda_pipeline_tests.sandbox_coding.receiver import Receiver


@pytest.fixture
def sandbox() -> Iterator[CodingSandboxServer]:
    """An empty project; time stands still; no rate limits."""
    with CodingSandboxServer(CodingConfig(content="empty", rate=None)) as server:
        yield server


@pytest.fixture
def api(sandbox: CodingSandboxServer) -> Iterator[Api]:
    with Api(sandbox) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found
