"""A real Dagster instance on PostgreSQL with the project's own settings, and runs against the sandbox."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy.engine import make_url

from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import PROJECT_DIR, Settings
from coda_pipeline_tests.conftest import TestServer
from coda_pipeline_tests.defs.workshop import Workshop

ROWS = 120


@pytest.fixture(scope="session")
def dagster_template(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database in which Dagster has made its tables, to be copied."""
    with server.database() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_DATABASE_URL", url)
        with DagsterInstance.from_config(str(_home_in(tmp_path_factory.mktemp("template")))):
            pass
        yield str(make_url(url).database)


@pytest.fixture
def database(server: TestServer, dagster_template: str) -> Iterator[str]:
    """The address of a fresh database of this test's own, with our tables and Dagster's."""
    name = f"{dagster_template}_{uuid.uuid4().hex[:8]}"
    server.execute("create database {} template {} strategy file_copy", name, dagster_template)
    yield server.url(name)
    server.execute("drop database {} with (force)", name)


@pytest.fixture
def instance(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """Dagster's storage in the test's own database, addressed as bare postgresql://."""
    assert database.startswith("postgresql://")
    monkeypatch.setenv("DAGSTER_DATABASE_URL", database)
    with DagsterInstance.from_config(str(_home_in(tmp_path))) as found:
        yield found


def _home_in(folder: Path) -> Path:
    """A folder with the project's dagster.yaml."""
    home = folder / "dagster_home"
    home.mkdir()
    shutil.copy(PROJECT_DIR / "dagster_home" / "dagster.yaml", home)
    return home


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
