"""What the warehouse's copy of a Coda table shows of rows that were sent, or are about to be. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.cells import FENCE, fields_of, sync_id_of
from coda_pipeline.sync.judging import RowSight, SameMeaning, Sight
from coda_pipeline.sync.model import Fields, Value
from coda_pipeline.sync.plan_model import SYNC_ID, Op, Write
from coda_pipeline.sync.same_meaning import same_meaning
from coda_pipeline.warehouse.core.changes import raw_rows
from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.core.rows import RawRow
from coda_pipeline.warehouse.cursors import Cursor
from coda_pipeline.warehouse.statement import raw_table
from coda_pipeline.warehouse.write_back.inputs import columns

_BY_KEY = "select row_id from {raw} where values ->> %s = any(%s) order by coda_created_at, row_id"
_PASSED = """
    select row_id, values, valid_from from raw.row_history
     where table_name = %s and row_id = any(%s) and valid_from >= %s order by valid_from
"""


def rows_seen(
    conn: Connection, spec: TableSpec, source: ParticipationSource, row_ids: Collection[str]
) -> dict[str, RowSight]:
    """Rows as last read, deleted ones too, by row id."""
    return {raw.row_id: _sight_of(raw, source) for raw in raw_rows(conn, spec, row_ids)}


def rows_with_key(
    conn: Connection, spec: TableSpec, source: ParticipationSource, keys: Iterable[str]
) -> dict[str, RowSight]:
    """The row with each of these keys of ours, the oldest live one; a deleted one where no other is left."""
    wanted = list(keys)
    column = source.fields.sync_id
    if column is None or not wanted:
        return {}
    forms = [*wanted, *(f"{FENCE}{key}{FENCE}" for key in wanted)]
    row_ids = [row[0] for row in fetch(conn, _BY_KEY.replace("{raw}", raw_table(spec.name)), [column, forms])]
    rows = rows_seen(conn, spec, source, row_ids)
    found: dict[str, RowSight] = {}
    for row in sorted((rows[row_id] for row_id in row_ids if row_id in rows), key=lambda row: row.is_deleted):
        found.setdefault(str(row.fields[SYNC_ID]), row)
    return found


def sights_of(
    conn: Connection,
    spec: TableSpec,
    source: ParticipationSource,
    cursor: Cursor,
    writes: Sequence[Write],
    gone: Collection[str] = (),
) -> dict[int, Sight]:
    """What the last read shows of each write, by write id. Nothing where the table was never read.

    `gone` are rows that answered 404 since.
    """
    if cursor.as_of is None or not writes:
        return {}
    creates = [str(write.participation_id) for write in writes if write.op is Op.CREATE]
    keyed = rows_with_key(conn, spec, source, creates)
    seen = rows_seen(conn, spec, source, [write.row_id for write in writes if write.row_id is not None])
    passed = _passed(conn, spec, source, writes)
    read_at = cursor.as_of + timedelta(seconds=spec.snapshot_lag_s)
    sights = {}
    for write in writes:
        row = (
            keyed.get(str(write.participation_id)) if write.op is Op.CREATE else seen.get(write.row_id or "")
        )
        if row is not None:
            versions = [fields for at, fields in passed[row.row_id] if at >= write.sent_at]
            row = replace(row, passed=tuple(versions), is_deleted=row.is_deleted or row.row_id in gone)
            if write.op is Op.CREATE and row.deleted_at is not None and row.deleted_at < write.sent_at:
                row = None  # its former row: it is made again
        sights[write.write_id or 0] = Sight(row, cursor.as_of, read_at)
    return sights


def meaning_of(conn: Connection, source: ParticipationSource) -> SameMeaning:
    """How sent and read values of this source are compared, by its columns as last described."""
    known = columns(conn, source.table, source.fields.mapped.values())

    def is_same(name: str, sent: Value, read: Value) -> bool:
        if name == SYNC_ID:
            return (sent or None) == (read or None)
        return same_meaning(name, sent, read, known.get(source.fields.column_of(name) or ""))

    return is_same


def _passed(
    conn: Connection, spec: TableSpec, source: ParticipationSource, writes: Sequence[Write]
) -> Mapping[str, list[tuple[datetime, Fields]]]:
    """Versions of these rows that came and went since the first of them was sent, by row id."""
    row_ids = [write.row_id for write in writes if write.row_id is not None]
    since = min(write.sent_at for write in writes)
    passed: defaultdict[str, list[tuple[datetime, Fields]]] = defaultdict(list)
    for row_id, values, valid_from in fetch(conn, _PASSED, [spec.name, row_ids, since]):
        passed[row_id].append((valid_from, fields_of(values, source)))
    return passed


def _sight_of(raw: RawRow, source: ParticipationSource) -> RowSight:
    fields = {**fields_of(raw.values, source), SYNC_ID: sync_id_of(raw.values, source)}
    return RowSight(raw.row_id, fields, is_deleted=raw.deleted_at is not None, deleted_at=raw.deleted_at)
