from collections.abc import Iterator

import pytest

from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """The tables of the HR doc without a row; time stands still; no rate limits."""
    with SandboxServer(SandboxConfig(content="empty", rates=None)) as server:
        yield server


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as client:
        yield client
