"""Reading a whole table: list it until the attempts can be judged, then prove what vanished, then land."""

from datetime import timedelta

from coda_pipeline.coda.models import Column, Table
from coda_pipeline.errors import ConfigurationError, IncompleteReadError
from coda_pipeline.sync.completeness import Attempt, Verdict, judge
from coda_pipeline.sync.fingerprint import fingerprint_for
from coda_pipeline.sync.landing import Gathered, Landed, Reading, land
from coda_pipeline.sync.listing import RowTaker, take_pages
from coda_pipeline.sync.vanished import prove_vanished
from coda_pipeline.warehouse import views
from coda_pipeline.warehouse.cursors import Cursor
from coda_pipeline.warehouse.stage import settle_stage


def read_full(reading: Reading, cursor: Cursor) -> tuple[Gathered, Landed]:
    """Bring the whole table into the warehouse.

    Raises `ConfigurationError` for a view, `IncompleteReadError` where two listings and the table's own row
    count contradict each other: nothing is merged then.
    """
    client, spec = reading.client, reading.spec
    table = client.table(spec.doc_id, spec.table_id)
    _refuse_view(table)
    # Only now: a table once made keeps its name for good.
    with reading.conn.begin():
        views.ensure_table(reading.conn, spec)
    gathered = _gather(reading, table, client.columns(spec.doc_id, spec.table_id))
    if gathered.verdict in {Verdict.COMPLETE, Verdict.SHORT}:
        prove_vanished(client, reading.conn, spec, is_short=gathered.verdict is Verdict.SHORT)
    return gathered, land(reading, gathered, cursor)


def _refuse_view(table: Table) -> None:
    """Raise `ConfigurationError` for a view, naming the base table that should be read instead."""
    if not table.is_view:
        return
    base = f"«{table.parent_name}» ({table.parent_id})" if table.parent_id else "unknown"
    message = (
        f"{table.id} («{table.name}») is a view: it hides rows and columns, so it cannot be read as a table. "
        f"Its base table is {base}: put that id into the configuration file instead."
    )
    raise ConfigurationError(message)


def _gather(reading: Reading, table: Table, columns: list[Column]) -> Gathered:
    """List the table into staging until the attempts can be judged."""
    client, spec = reading.client, reading.spec
    fingerprint = fingerprint_for(spec, ((c.id, c.type, c.calculated) for c in columns))
    taker = RowTaker(reading.conn, fingerprint, frozenset(c.id for c in columns) | spec.excluded)
    attempts: list[Attempt] = []
    row_count, verdict, started_at = table.row_count, Verdict.READ_AGAIN, reading.now()
    while verdict is Verdict.READ_AGAIN:
        started_at = reading.now()
        attempts.append(_attempt(reading, taker, row_count))
        row_count = attempts[-1].after
        verdict = judge(attempts, is_count_trusted=spec.trust_row_count)
    if verdict is Verdict.INCOMPLETE:
        raise IncompleteReadError(_contradiction(spec.name, attempts[-2], attempts[-1]))
    return Gathered(
        started_at=started_at,
        as_of=started_at - timedelta(seconds=spec.snapshot_lag_s),
        rows=attempts[-1].rows,
        row_count=row_count,
        sync_token=taker.sync_token,
        fingerprint=fingerprint,
        columns=client.columns(spec.doc_id, spec.table_id) if taker.unknown_columns else columns,
        table=table,
        verdict=verdict,
    )


def _attempt(reading: Reading, taker: RowTaker, row_count: int) -> Attempt:
    """One listing, from the row count before it to the row count after it."""
    client, spec = reading.client, reading.spec
    taker.on_rows = lambda rows: reading.on_progress(rows, row_count)
    take_pages(client, spec, taker)
    after = client.table(spec.doc_id, spec.table_id).row_count
    facts = settle_stage(reading.conn)
    return Attempt(before=row_count, rows=facts.rows, digest=facts.digest, after=after)


def _contradiction(name: str, first: Attempt, second: Attempt) -> str:
    return (
        f"Table {name!r} was read twice and neither listing can be believed: it counts {second.after} rows, "
        f"{first.rows} were listed, then {second.rows}, and not the same ones. Nothing was merged; the "
        "warehouse shows the last good read. Sync again; if it stays so, set trust_row_count: false for it."
    )
