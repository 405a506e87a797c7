"""Staging: where the rows of one read wait, in temporary tables of one connection, until they are merged.

Rows come in by COPY, page by page, each page in a transaction of its own, so nothing is held open while the
service answers. Counting ids, comparing them and dropping copies happens in SQL: no set of ids is held in
memory. Merging is in `merge`. Nothing here outlives the connection.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from sqlalchemy import Connection, text

from coda_pipeline.errors import ProtocolError
from coda_pipeline.warehouse.statement import on_table

# Without statistics the planner takes a handful of staged rows for hundreds and may read all of a table for
# them. For many rows it guesses right by itself, and gathering statistics takes a while.
FEW_ROWS = 10_000
_COPY_ROWS = """
    copy pg_temp.staged (row_id, row_hash, browser_link, coda_created_at, coda_updated_at, values) from stdin
"""
_COPY_IDS = "copy pg_temp.listed (row_id) from stdin"
# Five fields, none of them blank, nothing to escape.
_PLAIN = re.compile(r"[^\\\t\n\r]+(?:\t[^\\\t\n\r]+){4}")
_ESCAPED = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}

_FACTS = text("""
    select count(*) as rows, coalesce(sum(copies), 0) as copies,
           coalesce(bit_xor(hashtextextended(row_id, 0)), 0) as mixed,
           coalesce(sum(hashtextextended(row_id, 1)::numeric), 0) as total
      from (select row_id, count(*) as copies from pg_temp.staged group by row_id) as ids
""")
# A row that moves from one page to the next while the pages are taken is listed twice.
_DROP_COPIES = text("""
    delete from pg_temp.staged as s
     using (select ctid, row_number() over (
                       partition by row_id order by coda_updated_at desc nulls last, ctid desc) as place
              from pg_temp.staged) as copies
     where s.ctid = copies.ctid and copies.place > 1
""")

_FIND_MISSING = """
    insert into pg_temp.missing (row_id)
    select r.row_id from {raw} as r
     where r.deleted_at is null
       and not exists (select from pg_temp.staged as s where s.row_id = r.row_id)
       and not exists (select from sync.held_deletions as h where h.table_name = :name and h.row_id =
       r.row_id)
"""


@dataclass(frozen=True, slots=True)
class StagedFacts:
    """What was staged: distinct rows, and a digest of their ids that does not depend on their order."""

    rows: int
    digest: str


def create_stage(conn: Connection) -> None:
    """Make the staging tables of this connection. Called once, outside any transaction."""
    with conn.begin():
        conn.execute(
            text("""
            create temporary table staged (
                row_id text not null, values jsonb not null, row_hash text not null, browser_link text,
                coda_created_at timestamptz, coda_updated_at timestamptz);
            create temporary table listed (row_id text not null);
            create temporary table missing (row_id text primary key)
            """)
        )


def copy_line(body: bytes, *facts: str) -> bytes:
    """One row in COPY's text format, once per row of every read: the common case costs one look.

    `facts` are id, hash, link, and the times of creation and change as ISO 8601 texts; `body` is the JSON
    text of the values, which has no raw tab or newline, so that the backslash is all that COPY could misread
    in it.
    """
    head = "\t".join(facts)
    if _PLAIN.fullmatch(head) is None:
        head = "\t".join(map(_field, facts))
    return b"%b\t%b\n" % (head.encode(), body.replace(b"\\", b"\\\\"))


def add_rows(conn: Connection, lines: Sequence[bytes]) -> None:
    """Stage one page. Raises `ProtocolError` where a time of the service is none."""
    try:
        with conn.begin():
            _copy(conn, _COPY_ROWS, b"".join(lines))
    except psycopg.DataError as error:
        reason = type(error).__name__
    else:
        return
    # Not raised within the except: what PostgreSQL says quotes the cell it stumbled over.
    message = (
        f"A row of this page cannot be stored ({reason}): a time that is none, or text that is not valid "
        "Unicode. Nothing was merged; report it with the table's name."
    )
    raise ProtocolError(message)


def add_ids(conn: Connection, row_ids: Iterable[str]) -> None:
    """Add row ids to the second listing."""
    with conn.begin():
        _copy(conn, _COPY_IDS, "".join(f"{_field(row_id)}\n" for row_id in row_ids).encode())


def empty_stage(conn: Connection) -> None:
    """Forget the rows of an attempt."""
    with conn.begin():
        conn.execute(text("truncate pg_temp.staged"))


def empty_second_listing(conn: Connection) -> None:
    """Forget the ids of a second listing."""
    with conn.begin():
        conn.execute(text("truncate pg_temp.listed"))


def settle_stage(conn: Connection) -> StagedFacts:
    """Keep the newest copy of a row that was listed twice, and say what was staged."""
    with conn.begin():
        facts = conn.execute(_FACTS).one()
        if facts.copies > facts.rows:
            conn.execute(_DROP_COPIES)
        if facts.rows < FEW_ROWS:
            conn.execute(text("analyze pg_temp.staged (row_id)"))
    return StagedFacts(rows=facts.rows, digest=f"{facts.mixed}:{facts.total}")


def find_missing(conn: Connection, name: str) -> int:
    """Note the live rows of a table that were not staged and are not held already; how many there are."""
    return conn.execute(on_table(_FIND_MISSING, name), {"name": name}).rowcount


def missing_ids(conn: Connection) -> list[str]:
    """The rows noted as missing. Ask only where there are few."""
    return list(conn.scalars(text("select row_id from pg_temp.missing order by row_id")))


def forgive(conn: Connection, row_ids: Collection[str]) -> None:
    """Take rows that turned out to be alive off the missing ones."""
    conn.execute(text("delete from pg_temp.missing where row_id = any(:ids)"), {"ids": list(row_ids)})


def forgive_listed(conn: Connection) -> int:
    """Take rows of the second listing off the missing ones; how many are still missing."""
    conn.execute(text("delete from pg_temp.missing as m using pg_temp.listed as l where m.row_id = l.row_id"))
    return conn.scalar(text("select count(*) from pg_temp.missing")) or 0


def forgive_all(conn: Connection) -> None:
    """Conclude nothing about missing rows."""
    conn.execute(text("truncate pg_temp.missing"))


def _copy(conn: Connection, statement: LiteralString, data: bytes) -> None:
    driver_connection = conn.connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)  # noqa: S101 (`warehouse_engine` made it)
    with driver_connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(data)


def _field(value: str) -> str:
    """A text in COPY's text format; an empty one is NULL."""
    if not value:
        return r"\N"
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], value) if _ESCAPED.search(value) else value
