"""Held deletions: rows that vanished in such numbers that a person has to say whether they are gone.

A held row stays live in the warehouse. `confirm` makes it a tombstone; `ignore` keeps it live for good, never
to be pushed; a row that is seen again in Coda leaves the list by itself, ignored or not. When rows are held
is decided in `sync.guard`. Records of CODING are on the list under the name of their view, `coding.issues`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text

from coda_pipeline.warehouse.coding.landing import tombstone_named
from coda_pipeline.warehouse.coding.places import table_of_view
from coda_pipeline.warehouse.cursors import lock_cursor
from coda_pipeline.warehouse.merge import tombstone_rows

HeldState = Literal["held", "ignored"]


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One row on the list. `decided_by` is who ignored it."""

    table: str
    row_id: str
    state: HeldState
    held_at: datetime
    run_id: str | None
    decided_by: str | None
    decided_at: datetime | None


def held_rows(conn: Connection, table: str | None = None) -> list[HeldRow]:
    """The whole list, or that of one table, oldest first."""
    found = conn.execute(
        text("""
        select table_name, row_id, state, held_at, run_id, decided_by, decided_at from sync.held_deletions
         where cast(:table as text) is null or table_name = :table
         order by table_name, held_at, row_id
        """),
        {"table": table},
    )
    return [HeldRow(*row) for row in found]


def held_counts(conn: Connection, table: str) -> dict[HeldState, int]:
    """How many rows of a table wait for a person and how many are ignored."""
    found = conn.execute(
        text("select state, count(*) from sync.held_deletions where table_name = :table group by state"),
        {"table": table},
    )
    return dict(found.tuples().all())


def hold_missing(conn: Connection, table: str, *, run_id: str, now: datetime) -> int:
    """Put the rows in `pg_temp.missing` on the list; how many."""
    return conn.execute(
        text("""
        insert into sync.held_deletions (table_name, row_id, held_at, run_id, state)
        select :table, row_id, :now, :run_id, 'held' from pg_temp.missing
        on conflict (table_name, row_id) do nothing
        """),
        {"table": table, "now": now, "run_id": run_id},
    ).rowcount


def release_seen(conn: Connection, table: str) -> int:
    """Take staged rows off the list: they are back in Coda. How many."""
    return conn.execute(
        text("""
        delete from sync.held_deletions as h using pg_temp.staged as s
         where h.table_name = :table and h.row_id = s.row_id
        """),
        {"table": table},
    ).rowcount


def returning_rows(conn: Connection, table: str) -> int:
    """How many held or ignored rows are staged, so would leave the list."""
    return (
        conn.scalar(
            text("""
            select count(*) from sync.held_deletions as h
             where h.table_name = :table
               and exists (select from pg_temp.staged as s where s.row_id = h.row_id)
            """),
            {"table": table},
        )
        or 0
    )


def confirm(
    engine: Engine, table: str, row_ids: Collection[str] | None, *, by: str, now: datetime | None = None
) -> int:
    """Make held rows of a table tombstones at once, all of them where `row_ids` is None; how many.

    Rows that are not on the list (any more) are left alone, whatever was asked for.
    """
    decided_at = now or datetime.now(UTC)
    with engine.begin() as conn:
        lock_cursor(conn, table)
        found = conn.scalars(
            text("""
            delete from sync.held_deletions
             where table_name = :table and (cast(:ids as text[]) is null or row_id = any(:ids))
            returning row_id
            """),
            {"table": table, "ids": None if row_ids is None else list(row_ids)},
        )
        listed = list(found)
        if not listed:
            return 0
        ended_by = f"confirmed by {by}"
        of_coding = table_of_view(table)
        if of_coding is not None:
            return tombstone_named(conn, of_coding, listed, ended_by=ended_by, now=decided_at)
        return tombstone_rows(conn, table, listed, ended_by=ended_by, now=decided_at)


def ignore(
    engine: Engine, table: str, row_ids: Collection[str] | None, *, by: str, now: datetime | None = None
) -> int:
    """Keep held rows of a table live for good, all of them where `row_ids` is None; how many."""
    with engine.begin() as conn:
        lock_cursor(conn, table)
        return conn.execute(
            text("""
            update sync.held_deletions set state = 'ignored', decided_by = :by, decided_at = :now
             where table_name = :table and state = 'held'
               and (cast(:ids as text[]) is null or row_id = any(:ids))
            """),
            {
                "table": table,
                "ids": None if row_ids is None else list(row_ids),
                "by": by,
                "now": now or datetime.now(UTC),
            },
        ).rowcount
