"""The rights of those beside the pipeline: analysts, who read, and the application, which also writes.

What neither is given is closed to both: `raw`, `ops`. The one thing to know: rights are given to what is
there and, by default privileges, to the views that this same user will make later.
"""

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from coda_pipeline.errors import DatabaseError
from coda_pipeline.warehouse.engine import execute_script

READ_BY_ANALYSTS = ("coda", "coding", "core", "sync")
READ_BY_APPLICATION = ("core",)
WRITTEN_BY_APPLICATION = "core.participation"


def grant_rights(
    conn: Connection, *, analysts: Sequence[str] = (), application: Sequence[str] = ()
) -> list[str]:
    """Give the roles their rights; safe to repeat. Answers the statements that were run.

    Analysts read `coda`, `coding`, `core` and `sync`. The application reads `core` and also inserts into,
    updates and deletes from `core.participation`. Raises `DatabaseError` where a role does not exist or this
    user may not give rights.
    """
    _refuse_unknown(conn, [*analysts, *application])
    statements = [
        *(s for role in analysts for s in _reading(READ_BY_ANALYSTS, role)),
        *(s for role in application for s in _reading(READ_BY_APPLICATION, role)),
        *(f"grant insert, update, delete on {WRITTEN_BY_APPLICATION} to {_quoted(r)}" for r in application),
    ]
    for statement in statements:
        try:
            execute_script(conn, statement)
        except psycopg.errors.InsufficientPrivilege as error:
            said = error.diag.message_primary
            message = f"May not run `{statement}`: {said}. Run it as the user that made the schema."
            raise DatabaseError(message) from None
    return statements


def _reading(schemas: Sequence[str], role: str) -> Iterator[str]:
    for schema in schemas:
        yield f"grant usage on schema {schema} to {_quoted(role)}"
        yield f"grant select on all tables in schema {schema} to {_quoted(role)}"
        yield f"alter default privileges in schema {schema} grant select on tables to {_quoted(role)}"


def _refuse_unknown(conn: Connection, roles: Sequence[str]) -> None:
    known = set(conn.execute(text("select rolname from pg_roles")).scalars())
    missing = sorted(set(roles) - known)
    if missing:
        make = "; ".join(f"create role {_quoted(role)} login" for role in missing)
        message = f"No such role in the database: {', '.join(missing)}. Make it first, for instance: {make}."
        raise DatabaseError(message)


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()
