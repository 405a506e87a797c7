"""Which rows of a plan may still go: what it was made of must hold in the warehouse, and in Coda as read.

A row that no longer holds is left to the next plan; nothing is decided about it here. Reads only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.sync.judging import RowSight, SameMeaning
from coda_pipeline.sync.model import Participation, Unreadable
from coda_pipeline.sync.normalize import alike
from coda_pipeline.sync.plan_model import SYNC_ID, Op, PlanRow
from coda_pipeline.sync.sights import meaning_of, rows_seen, rows_with_key
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.write_back.writes import open_writes


@dataclass(frozen=True, slots=True)
class Writable:
    """The columns that take a value right now. `key_column` is None where none can hold our id."""

    columns: frozenset[str]
    key_column: str | None


def writable_columns(client: CodaClient, spec: TableSpec, source: ParticipationSource) -> Writable:
    """Ask Coda: a column may have become a formula, or gone, since the table was last read in full."""
    found = client.columns(spec.doc_id, spec.table_id)
    ids = frozenset(c.id for c in found if not c.calculated and c.type != "button")
    key = source.fields.sync_id
    return Writable(ids, key if key in ids else None)


def fit_for(rows: Iterable[PlanRow], writable: Writable) -> tuple[PlanRow, ...]:
    """The rows whose columns all take a value, those with a key only where it can be one."""
    fitting = []
    for row in rows:
        needs_key = row.op in (Op.CREATE, Op.KEY)
        if row.cells.keys() <= writable.columns and (writable.key_column or not needs_key):
            fitting.append(row if writable.key_column else replace(row, is_keyed=False))
    return tuple(fitting)


def rows_that_hold(
    conn: Connection, spec: TableSpec, source: ParticipationSource, rows: Sequence[PlanRow]
) -> tuple[PlanRow, ...]:
    """The rows of which the warehouse still wants what they bring, and Coda still holds what they replace."""
    is_same = meaning_of(conn, source)
    open_ids = {(write.participation_id, write.row_id) for write in open_writes(conn)}
    wanted = {
        p.participation_id: p for p in load.participations(conn, ids={r.participation_id for r in rows})
    }
    seen = rows_seen(conn, spec, source, [row.row_id for row in rows if row.row_id is not None])
    made = rows_with_key(conn, spec, source, [str(r.participation_id) for r in rows if r.op is Op.CREATE])
    return tuple(
        row
        for row in rows
        if (row.participation_id, row.row_id) not in open_ids
        and _is_wanted(row, wanted.get(row.participation_id))
        and _is_as_before(row, seen, made, is_same)
    )


def _is_wanted(row: PlanRow, participation: Participation | None) -> bool:
    if participation is None:
        return False
    is_alive = participation.deleted_at is None and participation.merged_into is None
    is_bound = participation.row == (f"{row.source_table}:{row.row_id}" if row.row_id is not None else None)
    if row.op is Op.DELETE:
        return not is_alive or not is_bound  # of a live one, only a row that is not its own: a fragment
    if not is_alive or not is_bound:
        return False
    fields = participation.fields
    return all(alike(value, fields.get(name)) for name, value in row.after.items() if name != SYNC_ID)


def _is_as_before(
    row: PlanRow, seen: Mapping[str, RowSight], made: Mapping[str, RowSight], is_same: SameMeaning
) -> bool:
    if row.op is Op.CREATE:
        there = made.get(str(row.participation_id))
        return there is None or there.is_deleted  # one made again has a dead row with its key
    there = seen.get(row.row_id or "")
    if there is None or there.is_deleted:
        return False
    return all(
        isinstance(value, Unreadable) or is_same(name, value, there.fields.get(name))
        for name, value in row.before.items()
    )
