"""The driver's own cursors and COPY under a SQLAlchemy connection, for many rows at once.

They share the connection's transaction. JSON is read by orjson.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any, LiteralString, cast

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import Connection

STREAMED_ROWS = 2000
COPIED_ROWS = 1000
_CURSOR_NAMES = (f"coda_pipeline_{number}" for number in count())
# A row of JSON is one of CSV but for its escapes; those of quotes and backslashes are CSV's own as declared.
_CSV = "(format csv, null 'null', escape '\\')"
_MEMORY = """
    select set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) >> 10, 65536) || 'kB',
                      true)
"""
_FOREIGN_ESCAPE = re.compile(rb'\\[^"\\]')


def driver_connection(conn: Connection) -> psycopg.Connection:
    """The driver's connection, in a transaction that commits and rolls back with the one of `conn`."""
    if not conn.in_transaction():
        conn.begin()
    return cast("psycopg.Connection", conn.connection.driver_connection)


def execute(conn: Connection, statement: str, parameters: Any = None) -> psycopg.Cursor:
    """Run a statement. The driver's own errors pass through; without parameters `%` means itself."""
    return driver_connection(conn).execute(cast("LiteralString", statement), parameters)


def give_memory(conn: Connection) -> None:
    """Let the statements of this transaction sort and compare in memory: 4 MB, the usual, are 30,000 rows."""
    execute(conn, _MEMORY)


def fetch(conn: Connection, query: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """All rows of a query as plain tuples."""
    with driver_connection(conn).cursor(binary=True) as cursor:
        set_json_loads(orjson.loads, cursor)
        return cursor.execute(cast("LiteralString", query), parameters).fetchall()


def stream(conn: Connection, query: str, parameters: Any = ()) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as plain tuples, a few thousand at a time from the server."""
    with driver_connection(conn).cursor(next(_CURSOR_NAMES), binary=True) as cursor:
        set_json_loads(orjson.loads, cursor)
        cursor.itersize = STREAMED_ROWS
        yield from cursor.execute(cast("LiteralString", query), parameters)


def copy_rows(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Bring rows in by COPY. A value is anything that orjson writes, or whose text PostgreSQL reads."""
    statement = cast("LiteralString", f"copy {table} ({', '.join(columns)}) from stdin {_CSV}")
    remaining = iter(rows)
    with driver_connection(conn).cursor() as cursor, cursor.copy(statement) as copy:
        while batch := list(islice(remaining, COPIED_ROWS)):
            copy.write(b"".join(map(copy_line, batch)))


def copy_line(row: Sequence[object]) -> bytes:
    """One row of CSV. orjson writes it in a fifth of the driver's time; few texts need another spelling."""
    line = orjson.dumps(row, default=str)
    if b"\\" in line and _FOREIGN_ESCAPE.search(line):
        return b",".join(map(_csv_value, row)) + b"\n"
    return line[1:-1] + b"\n"


def fill_temporary(conn: Connection, name: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """A temporary table of that name until the transaction ends, holding these rows, with statistics.

    Without statistics the planner takes a handful of rows for thousands and reads whole tables.
    """
    execute(conn, f"drop table if exists pg_temp.{name}")
    execute(conn, f"create temporary table {name} ({columns}) on commit drop")
    copy_rows(conn, f"pg_temp.{name}", [column.split()[0] for column in columns.split(", ")], rows)
    execute(conn, f"analyze pg_temp.{name}")


def _csv_value(value: object) -> bytes:
    if value is None:
        return b"null"
    escaped = str(value).replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'.encode()
