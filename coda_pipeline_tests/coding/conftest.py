"""An empty CODING project in the sandbox, and a client for it."""

from collections.abc import Iterator

import pytest

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.teams import client_of


@pytest.fixture
def sandbox() -> Iterator[CodingSandboxServer]:
    with CodingSandboxServer(CodingConfig(content="empty", rate=None)) as server:
        yield server


@pytest.fixture
def client(sandbox: CodingSandboxServer) -> Iterator[CodingClient]:
    with client_of(sandbox) as found:
        yield found
