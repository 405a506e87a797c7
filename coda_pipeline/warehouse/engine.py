"""How this program connects to PostgreSQL: which driver for whom, and which server is good enough.

The embedded server is in `embedded`, the schema in `migrate`. The one thing to know: the same address needs a
different driver for our tables (psycopg 3) and for Dagster's storage (psycopg2), so it is always written out.
"""

import psycopg
import sqlalchemy
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from coda_pipeline.errors import DatabaseError

OLDEST_SERVER = 15
APPLICATION_NAME = "coda-pipeline"


def warehouse_engine(database_url: str) -> Engine:
    """A pool of connections to the warehouse, all in UTC, after one look at the server.

    Raises `DatabaseError` where the address is not PostgreSQL's, the server does not answer, is older than
    `OLDEST_SERVER`, does not store UTF-8, or does not let this user create the warehouse.
    """
    engine = sqlalchemy.create_engine(
        _with_driver(database_url, "postgresql+psycopg"),
        connect_args={"application_name": APPLICATION_NAME},
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _set_time_zone)
    try:
        _check_server(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def dagster_url(url: str) -> str:
    """The same address for Dagster's storage, which works with psycopg2 only."""
    return _with_driver(url, "postgresql+psycopg2").render_as_string(hide_password=False)


def plain_url(url: str) -> str:
    """The same address as libpq, psycopg and other programs read it: `postgresql://`."""
    return _with_driver(url, "postgresql").render_as_string(hide_password=False)


def execute_script(conn: Connection, script: str) -> psycopg.Cursor:
    """Run statements without parameters in this connection's transaction; `%` and `:` mean themselves."""
    driver_connection = conn.connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)  # noqa: S101 (`warehouse_engine` made it)
    return driver_connection.execute(script.encode())


def _with_driver(url: str, driver: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "postgres"}:
        message = "The database address is not one of PostgreSQL; expected postgresql://user:password@host/database."
        raise DatabaseError(message) from None
    return parsed.set(drivername=driver)


def _set_time_zone(connection, _record) -> None:
    """A statement, not a start-up option: poolers between here and the server refuse those."""
    with connection.cursor() as cursor:
        cursor.execute("set time zone 'UTC'")
    connection.commit()


def _check_server(engine: Engine) -> None:
    url = engine.url
    place = f"{url.username or ''}@{url.host or url.query.get('host', '')}/{url.database or ''}"
    try:
        with engine.connect() as conn:
            version, name, encoding, may_create = conn.exec_driver_sql(
                "select current_setting('server_version_num')::int / 10000,"
                " current_setting('server_version'),"
                " current_setting('server_encoding'), case"
                " when to_regnamespace('raw') is null"
                " then has_database_privilege(current_database(), 'create')"
                " else has_schema_privilege('raw', 'create') end"
            ).one()
    except DBAPIError as error:
        message = f"Cannot use the database {place}: {str(error.orig).strip()}"
        raise DatabaseError(message) from None
    if version < OLDEST_SERVER:
        message = f"The database {place} is PostgreSQL {name}; PostgreSQL {OLDEST_SERVER} or newer is needed."
        raise DatabaseError(message)
    if encoding != "UTF8":
        message = (
            f"The database {place} stores {encoding}; names in Russian need UTF8. "
            "Create it with: create database NAME encoding 'UTF8' template template0."
        )
        raise DatabaseError(message)
    if not may_create:
        message = (
            f"The user of {place} may not create tables there. As the database's owner: "
            "grant create on database NAME to USER, or use the user that made the schema `raw`."
        )
        raise DatabaseError(message)
