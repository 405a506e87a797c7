"""Databases in which Dagster has made its tables, copied from one: making them takes a second each time."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy.engine import make_url

from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline_tests.conftest import TestServer


@contextmanager
def template(server: TestServer, folder: Path) -> Iterator[str]:
    """The name of a migrated database with Dagster's tables, to be copied until the block ends."""
    with server.database() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_DATABASE_URL", url)
        with DagsterInstance.from_config(str(home_in(folder))):
            pass
        yield str(make_url(url).database)


@contextmanager
def copy_of(server: TestServer, name: str) -> Iterator[str]:
    """The address of a copy, dropped afterwards."""
    copy = f"{name}_{uuid.uuid4().hex[:8]}"
    server.execute("create database {} template {} strategy file_copy", copy, name)
    try:
        yield server.url(copy)
    finally:
        server.execute("drop database {} with (force)", copy)


def home_in(folder: Path) -> Path:
    """A folder with the project's dagster.yaml."""
    home = folder / "dagster_home"
    home.mkdir()
    shutil.copy(PROJECT_DIR / "dagster_home" / "dagster.yaml", home)
    return home
