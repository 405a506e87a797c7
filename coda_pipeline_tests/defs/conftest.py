"""A real Dagster instance on PostgreSQL with the project's own settings, and runs against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline_tests import dagster_database
from coda_pipeline_tests.defs.workshop import Workshop

ROWS = 120
dagster_template, database = dagster_database.dagster_template, dagster_database.database


@pytest.fixture
def instance(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Dagster's storage in the test's own database, addressed as bare postgresql://."""
    assert database.startswith("postgresql://")
    monkeypatch.setenv("DAGSTER_DATABASE_URL", database)
    with DagsterInstance.from_config(str(dagster_database.home_in(tmp_path))) as found:
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
