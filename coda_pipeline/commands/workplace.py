"""Where a command works: the settings of this process, its database, and Dagster's folder.

Everything a child process or Dagster needs is put into the environment here, so that they all find the same
database and the same folder, whatever was left to a default.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from sqlalchemy.engine import Engine

DAGSTER_YAML = "dagster.yaml"
WORKSPACE = PROJECT_DIR / "workspace.yaml"


@contextmanager
def open_warehouse(settings: Settings) -> Iterator["Engine"]:
    """The warehouse that DATABASE_URL names, its schema as this program needs it.

    Raises `DatabaseError` where there is none, it cannot be used, or `coda-pipeline migrate` was not run.
    """
    from coda_pipeline.warehouse.embedded import resolve_database_url
    from coda_pipeline.warehouse.engine import warehouse_engine
    from coda_pipeline.warehouse.migrate import check_current

    engine = warehouse_engine(resolve_database_url(settings))
    try:
        check_current(engine)
        yield engine
    finally:
        engine.dispose()


def export_environment(settings: Settings) -> Settings:
    """Join the database, make Dagster's folder, and put both into this process's environment.

    Returns the settings as a child process will read them. Raises `DatabaseError`, `ConfigurationError`.
    """
    from coda_pipeline.warehouse.embedded import resolve_database_url
    from coda_pipeline.warehouse.engine import dagster_url, plain_url

    make_dagster_home(settings)
    database_url = plain_url(resolve_database_url(settings))
    os.environ["DATABASE_URL"] = database_url
    os.environ["DAGSTER_DATABASE_URL"] = dagster_url(settings.dagster_storage_url() or database_url)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home.resolve())
    # Dagster would report its use to its makers otherwise, whatever dagster.yaml says, until it has read it.
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    return Settings()


def make_dagster_home(settings: Settings) -> None:
    """Create Dagster's folder, with the project's dagster.yaml. Raises `ConfigurationError`."""
    home = settings.dagster_home
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not (home / DAGSTER_YAML).exists():
            shutil.copyfile(PROJECT_DIR / "dagster_home" / DAGSTER_YAML, home / DAGSTER_YAML)
    except OSError as error:
        message = (
            f"Dagster's folder {home} cannot be made: {error.strerror}. DAGSTER_HOME names another place."
        )
        raise ConfigurationError(message) from error


def tables_named(settings: Settings, table: str | None) -> list[str]:
    """The named table, or all. Raises `ConfigurationError` where the configuration does not name it."""
    known = [spec.name for spec in settings.catalog().tables]
    if table is None:
        return known
    if table not in known:
        message = f"No table named {table} in the configuration; there are {', '.join(known) or 'none'}."
        raise ConfigurationError(message)
    return [table]


@contextmanager
def dagster_instance() -> Iterator["DagsterInstance"]:
    """The Dagster instance of this environment; see `export_environment`."""
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        yield instance
