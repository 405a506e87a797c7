"""A real Dagster instance on PostgreSQL with the project's own settings, and runs against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline_tests.conftest import TestServer
from coda_pipeline_tests.dagster_database import copy_of, home_in, template
from coda_pipeline_tests.defs.workshop import Workshop

ROWS = 120


@pytest.fixture(scope="session")
def dagster_template(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database in which Dagster has made its tables, to be copied."""
    with template(server, tmp_path_factory.mktemp("template")) as name:
        yield name


@pytest.fixture
def database(server: TestServer, dagster_template: str) -> Iterator[str]:
    """The address of a fresh database of this test's own, with our tables and Dagster's."""
    with copy_of(server, dagster_template) as url:
        yield url


@pytest.fixture
def instance(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Dagster's storage in the test's own database, addressed as bare postgresql://."""
    assert database.startswith("postgresql://")
    monkeypatch.setenv("DAGSTER_DATABASE_URL", database)
    with DagsterInstance.from_config(str(home_in(tmp_path))) as found:
        yield found


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """The HR doc of the demo, small and without rate limits."""
    with SandboxServer(SandboxConfig(rows=ROWS, rates=None)) as server:
        yield server


@pytest.fixture
def workshop(database: str, sandbox: SandboxServer, instance: DagsterInstance, tmp_path: Path) -> Workshop:
    """Everything that a run needs."""
    settings = Settings(
        database_url=database,
        coda_api_token=sandbox.token,
        coda_base_url=sandbox.base_url,
        dagster_home=tmp_path / "dagster_home",
    )
    return Workshop(settings, sandbox, instance)
