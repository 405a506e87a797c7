"""Bringing the warehouse's schema up to date, and refusing to work with one that does not fit this program.

The steps are the files in `migrations/versions`, in the order of their revision; a new step is a new file
there.
They run in one transaction: a failure leaves the schema as it was. Nothing is ever dropped. The one thing
to know: the version is kept in `ops.alembic_version`, because Dagster's own table of that name lies in
`public`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from coda_pipeline.errors import DatabaseError

VERSION_TABLE = "alembic_version"
VERSION_SCHEMA = "ops"
# Any number, as long as it stays the same: two upgrades at once must ask for the same lock.
UPGRADE_LOCK = 0x636F6461


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; several processes may try at once. Does nothing where it is.

    Raises `DatabaseError` where the database is newer than this program.
    """
    with engine.connect() as conn:
        if _version(conn) == _newest():
            return
    with engine.begin() as conn:
        conn.exec_driver_sql(f"select pg_advisory_xact_lock({UPGRADE_LOCK})")
        _refuse_newer(_version(conn))
        conn.exec_driver_sql(f"create schema if not exists {VERSION_SCHEMA}")
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def check_current(engine: Engine) -> None:
    """Raise `DatabaseError`, saying what to do, unless the schema is the one this program works with."""
    with engine.connect() as conn:
        version = _version(conn)
    _refuse_newer(version)
    if version != _newest():
        found = (
            "has no schema yet"
            if version is None
            else f"is at version {version}, this program needs {_newest()}"
        )
        message = f"The warehouse {found}: run `coda-pipeline migrate`."
        raise DatabaseError(message)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _newest() -> str:
    newest = _scripts().get_current_head()
    assert newest is not None  # noqa: S101 (the first revision is a file of this package)
    return newest


def _version(conn: Connection) -> str | None:
    """The revision the database is at, None where it has no schema of ours."""
    table = f"{VERSION_SCHEMA}.{VERSION_TABLE}"
    if conn.exec_driver_sql(f"select to_regclass('{table}')").scalar() is None:
        return None
    return conn.exec_driver_sql(f"select version_num from {table}").scalar()  # noqa: S608


def _refuse_newer(version: str | None) -> None:
    if version is not None and version not in {script.revision for script in _scripts().walk_revisions()}:
        message = (
            f"The warehouse is at version {version}, which this program does not know "
            f"(it knows up to {_newest()}): a newer coda-pipeline made it. Update this one."
        )
        raise DatabaseError(message)
