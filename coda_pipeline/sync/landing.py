"""Landing what was read: rows, history, columns, views, vanished rows and cursor, in one transaction.

A reader of the warehouse sees all of it or nothing. What was read, and whether it may be believed, is settled
before: nothing here talks to the service.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson
from sqlalchemy import Connection

from coda_pipeline.catalog import Guard, TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.coda.models import Column, Table
from coda_pipeline.sync.completeness import Verdict
from coda_pipeline.sync.fingerprint import Fingerprint, stored_fingerprint
from coda_pipeline.sync.guard import Fate, fate_of
from coda_pipeline.warehouse import held, ledger, merge, views
from coda_pipeline.warehouse.column_changes import ColumnChanges, ColumnFact
from coda_pipeline.warehouse.cursors import Cursor, lock_cursor, save_cursor
from coda_pipeline.warehouse.locks import Lock
from coda_pipeline.warehouse.rehash import rehash


@dataclass(frozen=True)
class Reading:
    """One read under way: whom to ask, where to land, under which name and clock."""

    client: CodaClient
    conn: Connection
    spec: TableSpec
    guard: Guard
    run_id: str
    now: Callable[[], datetime]
    on_progress: Callable[[int, int | None], None]
    lock: Lock


@dataclass(frozen=True)
class Gathered:
    """What waits in staging. `verdict` is None for a delta; `columns` None where they were not listed."""

    started_at: datetime
    as_of: datetime
    rows: int
    table: Table
    row_count: int
    sync_token: str | None
    fingerprint: Fingerprint
    columns: Sequence[Column] | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing wrote, and what is there now."""

    merged: merge.Merged
    deleted: int
    newly_held: int
    held: int
    ignored: int
    live: int
    count_difference: int
    unfit_cells: int
    column_changes: ColumnChanges = field(default_factory=ColumnChanges)


def land(reading: Reading, gathered: Gathered, before: Cursor) -> Landed:
    """Merge what was gathered and move the cursor from `before`."""
    conn, name, now = reading.conn, reading.spec.name, reading.now()
    reading.lock.check()
    with conn.begin():
        lock_cursor(conn, name)
        changes = _record_columns(reading, gathered, now)
        _rehash_where_needed(reading, gathered, before)
        live_before = merge.live_rows(conn, name)
        merged = merge.merge_staged(conn, name, run_id=reading.run_id, now=now)
        held.release_seen(conn, name)
        deleted, newly_held = _settle_vanished(reading, gathered, live_before, now)
        if gathered.verdict is not None and reading.spec.history_days is not None:
            merge.prune_history(conn, name, days=reading.spec.history_days, now=now)
        counts = held.held_counts(conn, name)
        live = live_before + merged.inserted + merged.revived - deleted
        cursor = cursor_after(reading, gathered, before, rows_expected=live - sum(counts.values()))
        if merged or deleted or changes:
            unfit = views.unfit_cells(conn, reading.spec)
            cursor = replace(cursor, unfit_cells=sum(unfit.values()))
        save_cursor(conn, cursor)
    return Landed(
        merged=merged,
        deleted=deleted,
        newly_held=newly_held,
        held=counts.get("held", 0),
        ignored=counts.get("ignored", 0),
        live=live,
        count_difference=cursor.count_difference,
        unfit_cells=cursor.unfit_cells,
        column_changes=changes,
    )


def cursor_after(reading: Reading, gathered: Gathered, before: Cursor, *, rows_expected: int) -> Cursor:
    """The cursor once all that was gathered is in; `rows_expected` are live and not on the held list."""
    spec, verdict = reading.spec, gathered.verdict
    difference = before.count_difference
    if verdict is Verdict.COMPLETE:
        difference = 0
    elif verdict is Verdict.SHORT:
        difference = rows_expected - gathered.row_count
    return replace(
        before,
        doc_id=spec.doc_id,
        table_id=spec.table_id,
        sync_token=gathered.sync_token or (before.sync_token if verdict is None else None),
        row_count=gathered.row_count,
        count_difference=difference,
        as_of=gathered.as_of,
        last_read_at=reading.now(),
        last_full_at=before.last_full_at if verdict is None else gathered.started_at,
        last_run_id=reading.run_id,
        last_outcome="incremental" if verdict is None else str(verdict),
        fingerprint=gathered.fingerprint.dump(),
    )


def _record_columns(reading: Reading, gathered: Gathered, now: datetime) -> ColumnChanges:
    if gathered.columns is None:
        return ColumnChanges()
    facts = [
        ColumnFact(
            id=c.id, name=c.name, type=c.type, is_array=c.is_array, calculated=c.calculated, format=c.format
        )
        for c in gathered.columns
    ]
    table = gathered.table
    ledger.describe_table(
        reading.conn,
        reading.spec.name,
        title=table.name,
        link=table.browser_link,
        display_column=table.display_column_id,
    )
    changes = ledger.record_columns(reading.conn, reading.spec, facts, now=now)
    views.grow_views(reading.conn, reading.spec)
    return changes


def _rehash_where_needed(reading: Reading, gathered: Gathered, before: Cursor) -> None:
    fingerprint = gathered.fingerprint
    if before.last_full_at is None or fingerprint.has_same_digests(stored_fingerprint(before.fingerprint)):
        return
    rehash(reading.conn, reading.spec.name, lambda body: fingerprint.of(orjson.loads(body)))


def _settle_vanished(
    reading: Reading, gathered: Gathered, live_before: int, now: datetime
) -> tuple[int, int]:
    """Tombstones for the rows proved gone, or the list of held ones; how many of each."""
    if gathered.verdict not in {Verdict.COMPLETE, Verdict.SHORT}:
        return 0, 0
    conn, name = reading.conn, reading.spec.name
    gone = merge.gone_rows(conn)
    fate = fate_of(gone, live=live_before, left_in_coda=gathered.rows, guard=reading.guard)
    if gone and fate is Fate.HOLD:
        return 0, held.hold_missing(conn, name, run_id=reading.run_id, now=now)
    return merge.tombstone_missing(conn, name, run_id=reading.run_id, now=now) if gone else 0, 0
