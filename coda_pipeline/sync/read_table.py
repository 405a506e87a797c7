"""Reading one Coda table into the warehouse: the one entry to this part.

Chooses between a delta and a full read, lets only one read of a table run at a time, and notes how it ended.
Full and incremental reads are in `full_read` and `incremental_read`, the judgements in `completeness`,
`guard` and `read_mode`; a failure at any point leaves the warehouse as it was.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Guard, TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.errors import CodaPipelineError, IncompleteReadError
from coda_pipeline.sync.completeness import Verdict
from coda_pipeline.sync.fingerprint import stored_fingerprint
from coda_pipeline.sync.full_read import read_full
from coda_pipeline.sync.incremental_read import read_incrementally
from coda_pipeline.sync.landing import Gathered, Landed, Reading
from coda_pipeline.sync.read_mode import WhyFull, why_full
from coda_pipeline.sync.read_report import ReadReport
from coda_pipeline.warehouse.cursors import Cursor, load_cursor, record_failure
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline.warehouse.stage import create_stage

# Longer than any table takes at the service's pace, shorter than a schedule's hour.
WAIT_S = 1_800.0


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def read_table(
    client: CodaClient,
    engine: Engine,
    spec: TableSpec,
    guard: Guard,
    *,
    run_id: str,
    full: bool = False,
    now: Callable[[], datetime] = utc_now,
    on_progress: Callable[[int, int | None], None] | None = None,
    wait_s: float = WAIT_S,
) -> ReadReport:
    """Bring `raw.coda_<name>`, its history and its views up to date with the Coda table.

    Args:
        client: of the user whose docs are read.
        engine: the warehouse, migrated.
        spec: the table.
        guard: the `lost` guard.
        run_id: who did it, kept with every row and version.
        full: read the whole table although a delta would do.
        now: the clock.
        on_progress: hears rows read so far and the table's own count, where that is known.
        wait_s: how long to wait for another read of the same table.

    Raises:
        BusyError: another read of this table did not end in time.
        ConfigurationError: the id is that of a view (names its base table), or the token cannot see it.
        IncompleteReadError: nothing was merged; the cursor says so.
        RetriableError: the service failed for longer than the transport's patience.
    """
    report_progress = on_progress or (lambda _rows, _count: None)
    with (
        exclusive(engine, f"reading of {spec.name}", wait_s=wait_s, holder=f"run {run_id}") as lock,
        _noting_failure(engine, spec, run_id),
        _own_connection(engine) as conn,
    ):
        reading = Reading(client, conn, spec, guard, run_id, now, report_progress, lock)
        return _read(reading, is_asked_full=full)


def _read(reading: Reading, *, is_asked_full: bool) -> ReadReport:
    spec, started_at, requests_before = reading.spec, reading.now(), reading.client.requests_sent
    with reading.conn.begin():
        cursor = load_cursor(reading.conn, spec.name)
    fingerprint = stored_fingerprint(cursor.fingerprint if cursor else None)
    reason = why_full(cursor, fingerprint, spec, now=started_at, is_asked=is_asked_full)
    outcome = None
    if reason is None and cursor is not None and fingerprint is not None:
        found = read_incrementally(reading, cursor, fingerprint)
        outcome, reason = (None, found) if isinstance(found, WhyFull) else (found, None)
    if outcome is None:
        outcome = read_full(reading, cursor or Cursor(spec.name, spec.doc_id, spec.table_id))
    return replace(
        _report(reading, *outcome, why=reason),
        requests=reading.client.requests_sent - requests_before,
        seconds=(reading.now() - started_at).total_seconds(),
    )


def _report(reading: Reading, gathered: Gathered, landed: Landed, *, why: WhyFull | None) -> ReadReport:
    merged = landed.merged
    return ReadReport(
        table=reading.spec.name,
        mode="incremental" if why is None else "full",
        as_of=gathered.as_of,
        read=gathered.rows,
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=gathered.rows - merged.inserted - merged.updated,
        deleted=landed.deleted,
        held=landed.held,
        ignored=landed.ignored,
        newly_held=landed.newly_held,
        row_count=gathered.row_count,
        live_rows=landed.live,
        count_difference=landed.count_difference,
        moved_under_read=gathered.verdict is Verdict.MOVED,
        short=gathered.verdict is Verdict.SHORT,
        column_changes=landed.column_changes,
        unfit_cells=landed.unfit_cells,
        why_full=why,
    )


@contextmanager
def _own_connection(engine: Engine) -> Iterator[Connection]:
    """A connection with staging tables; closed in the end, not pooled, so that they go with it."""
    with engine.connect() as conn:
        try:
            create_stage(conn)
            yield conn
        finally:
            conn.invalidate()


@contextmanager
def _noting_failure(engine: Engine, spec: TableSpec, run_id: str) -> Iterator[None]:
    """Note with the cursor why a read came to nothing; what it had stored before stays."""
    try:
        yield
    except CodaPipelineError as error:
        outcome = str(Verdict.INCOMPLETE) if isinstance(error, IncompleteReadError) else type(error).__name__
        never_read = Cursor(spec.name, spec.doc_id, spec.table_id)
        with engine.begin() as conn:
            record_failure(conn, replace(never_read, last_run_id=run_id, last_outcome=outcome))
        raise
