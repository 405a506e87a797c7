"""Databases in which Dagster has made its tables, copied from one: making them takes a second each time.

A folder's conftest takes over both fixtures by their names.
"""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy.engine import make_url

from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline_tests.conftest import TestServer


@pytest.fixture(scope="session")
def dagster_template(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated database in which Dagster has made its tables, to be copied."""
    home = home_in(tmp_path_factory.mktemp("template"))
    with server.database() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_DATABASE_URL", url)
        with DagsterInstance.from_config(str(home)):
            pass
        yield str(make_url(url).database)


@pytest.fixture
def database(server: TestServer, dagster_template: str) -> Iterator[str]:
    """The address of a fresh database of this test's own, with our tables and Dagster's."""
    name = f"{dagster_template}_{uuid.uuid4().hex[:8]}"
    server.execute("create database {} template {} strategy file_copy", name, dagster_template)
    yield server.url(name)
    server.execute("drop database {} with (force)", name)


def home_in(folder: Path) -> Path:
    """A folder with the project's dagster.yaml."""
    home = folder / "dagster_home"
    home.mkdir()
    shutil.copy(PROJECT_DIR / "dagster_home" / "dagster.yaml", home)
    return home
