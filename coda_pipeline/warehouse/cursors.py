"""Cursors: how far each table has been read, one row per table in `sync.cursors`.

Saved in the same transaction as the rows it speaks of. Whether a cursor allows an incremental read is decided
in `sync.read_table`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a table has been read.

    `row_count` is the table's own, as last told; `count_difference` is what stays between it and the rows
    that can be listed; `fingerprint` says which cells the stored digests were made of; `unfit_cells` is as of
    the last read that wrote.
    """

    table_name: str
    doc_id: str
    table_id: str
    sync_token: str | None = None
    row_count: int | None = None
    count_difference: int = 0
    as_of: datetime | None = None
    last_read_at: datetime | None = None
    last_full_at: datetime | None = None
    last_run_id: str | None = None
    last_outcome: str | None = None
    fingerprint: str | None = None
    unfit_cells: int = 0


_COLUMNS = [field.name for field in fields(Cursor)]
_SELECT = text(f"select {', '.join(_COLUMNS)} from sync.cursors where table_name = :table")  # noqa: S608 field names
_SAVE = text(
    f"insert into sync.cursors ({', '.join(_COLUMNS)}) values ({', '.join(':' + c for c in _COLUMNS)}) "  # noqa: S608
    f"on conflict (table_name) do update set {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS[1:])}"
)


def load_cursor(conn: Connection, table: str) -> Cursor | None:
    """The cursor of a table, None where it was never read."""
    found = conn.execute(_SELECT, {"table": table}).one_or_none()
    return Cursor(*found) if found else None


def oldest_read(conn: Connection, tables: Iterable[str]) -> datetime | None:
    """As of when some tables are together: as of the one read longest ago, None where one never was."""
    times = [cursor.as_of if (cursor := load_cursor(conn, table)) else None for table in tables]
    return None if None in times else min(time for time in times if time)


def save_cursor(conn: Connection, cursor: Cursor) -> None:
    """Write a cursor, in the transaction of the rows it speaks of."""
    conn.execute(_SAVE, asdict(cursor))


def lock_cursor(conn: Connection, table: str) -> None:
    """Let no one else merge into, or confirm deletions of, this table until the transaction ends."""
    conn.execute(text("select from sync.cursors where table_name = :table for update"), {"table": table})


def record_failure(conn: Connection, failed: Cursor) -> None:
    """Note that a read came to nothing: how far the table had been read before stays as it was."""
    conn.execute(
        text("""
        insert into sync.cursors (table_name, doc_id, table_id, last_run_id, last_outcome)
        values (:table_name, :doc_id, :table_id, :last_run_id, :last_outcome)
        on conflict (table_name) do update
           set last_run_id = excluded.last_run_id, last_outcome = excluded.last_outcome
        """),
        asdict(failed),
    )
