"""Reading what changed in a table since its cursor: one request for the delta, one for the row count."""

from datetime import timedelta

from coda_pipeline.errors import ExpiredTokenError
from coda_pipeline.sync.fingerprint import Fingerprint
from coda_pipeline.sync.landing import Gathered, Landed, Reading, cursor_after, land
from coda_pipeline.sync.listing import RowTaker, take_pages
from coda_pipeline.sync.read_mode import WhyFull, is_count_explained
from coda_pipeline.warehouse import held, ledger, merge
from coda_pipeline.warehouse.cursors import Cursor, save_cursor
from coda_pipeline.warehouse.stage import settle_stage


def read_incrementally(
    reading: Reading, cursor: Cursor, fingerprint: Fingerprint
) -> tuple[Gathered, Landed] | WhyFull:
    """Bring what changed since the cursor into the warehouse, or say why only a full read will do.

    In that case nothing was merged. Where nothing changed, only the cursor is written.
    """
    client, spec = reading.client, reading.spec
    started_at = reading.now()
    with reading.conn.begin():
        known = ledger.known_columns(reading.conn, spec.name)
    taker = RowTaker(
        reading.conn, fingerprint, frozenset(c.column_id for c in known if c.gone_at is None) | spec.excluded
    )
    taker.on_rows = lambda rows: reading.on_progress(rows, None)
    try:
        take_pages(client, spec, taker, sync_token=cursor.sync_token)
    except ExpiredTokenError:
        return WhyFull.TOKEN_REFUSED
    table = client.table(spec.doc_id, spec.table_id)
    gathered = Gathered(
        started_at=started_at,
        as_of=started_at - timedelta(seconds=spec.snapshot_lag_s),
        rows=settle_stage(reading.conn).rows,
        row_count=table.row_count,
        table=table,
        sync_token=taker.sync_token,
        fingerprint=fingerprint,
        columns=client.columns(spec.doc_id, spec.table_id) if taker.unknown_columns else None,
        verdict=None,
    )
    if spec.trust_row_count and not _is_count_explained(reading, gathered, cursor):
        return WhyFull.COUNT_DISAGREES
    return gathered, land(reading, gathered, cursor) if gathered.rows else _stand_still(
        reading, gathered, cursor
    )


def _is_count_explained(reading: Reading, gathered: Gathered, cursor: Cursor) -> bool:
    """Whether the table counts as many rows as there will be live ones once the delta is in."""
    conn, name = reading.conn, reading.spec.name
    with conn.begin():
        live, on_list = merge.live_rows(conn, name), sum(held.held_counts(conn, name).values())
        if gathered.rows:
            live += merge.appearing_rows(conn, name)
            on_list -= held.returning_rows(conn, name)
    return is_count_explained(gathered.row_count, live=live, held=on_list, difference=cursor.count_difference)


def _stand_still(reading: Reading, gathered: Gathered, cursor: Cursor) -> Landed:
    """Nothing came: move the cursor and write nothing else."""
    conn, name = reading.conn, reading.spec.name
    with conn.begin():
        live, counts = merge.live_rows(conn, name), held.held_counts(conn, name)
        moved = cursor_after(reading, gathered, cursor, rows_expected=live - sum(counts.values()))
        save_cursor(conn, moved)
    return Landed(
        merged=merge.Merged(),
        deleted=0,
        newly_held=0,
        held=counts.get("held", 0),
        ignored=counts.get("ignored", 0),
        live=live,
        count_difference=moved.count_difference,
        unfit_cells=moved.unfit_cells,
    )
