"""What one participation asks of Coda: a create, an update, deletes, its key. Pure.

Each comes with the holds that lie in its fields; those that depend on other rows, on people's decisions and
on the mapping are added in `planning`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.coda.writes import CellInput
from coda_pipeline.sync.model import Fields, Participation, Record, Unreadable, Value
from coda_pipeline.sync.normalize import alike, is_blank, same
from coda_pipeline.sync.plan_fields import FieldPlanner, no_key_hold
from coda_pipeline.sync.plan_inputs import Candidate
from coda_pipeline.sync.plan_model import SYNC_ID, Hold, HoldCode, Op
from coda_pipeline.sync.reconcile import Verdict, verdict_on

KEY_IS_THERE = Hold(
    HoldCode.CONFLICT, "a row in Coda shows its key and would be overwritten; it goes or gets its own first"
)


class Asked(NamedTuple):
    """One row that should change. `record` is the row as read, None for one that is to be created."""

    op: Op
    record: Record | None
    before: Fields
    after: Fields
    cells: Mapping[str, CellInput] = MappingProxyType({})
    holds: tuple[Hold, ...] = ()


def create_of(found: Candidate, planner: FieldPlanner) -> Asked | None:
    """The new row of a participation that was born here, has no row yet, and whose key was resolved."""
    p, rules = found.participation, planner.rules
    if not rules.is_first or p.source != "warehouse" or p.row is not None or found.record is not None:
        return None
    if not _is_alive(p) or any(is_blank(p.fields.get(name)) for name in rules.natural_key):
        return None
    if not found.in_flight and (p.natural_key is None or p.resolved_version != p.version):
        return None  # Coda may have got the same row meanwhile; the next resolve finds out
    mapped = [n for n in CANONICAL_FIELDS if rules.source.fields.column_of(n)]
    after = {name: p.fields.get(name) for name in mapped if not is_blank(p.fields.get(name))}
    cells, holds = _sendings(after, planner)
    if planner.key_column is None:
        holds.append(no_key_hold(rules))
    if not found.is_key_unique:
        holds.append(KEY_IS_THERE)
    key: Fields = {SYNC_ID: str(p.participation_id)}
    return Asked(Op.CREATE, None, {}, {**after, **key}, cells, tuple(holds))


def update_of(found: Candidate, planner: FieldPlanner) -> Asked | None:
    """The fields that changed here alone; None where there are none."""
    p, record = found.participation, found.record
    if record is None or found.base is None or not _is_alive(p) or not _is_row_of(found, planner):
        return None
    after: dict[str, Value] = {}
    cells: dict[str, CellInput] = {}
    holds: list[Hold] = []
    for name in CANONICAL_FIELDS:
        column_id = planner.rules.source.fields.column_of(name)
        if column_id is None or name in found.open_conflicts or not _is_ours(name, found, planner):
            continue
        ours, theirs = p.fields.get(name), found.values.get(name)
        sending = _readable(name, theirs, planner) or planner.sending(name, ours)
        if isinstance(sending, Hold):
            holds.append(sending)
        elif planner.stands_already(name, sending.meaning, theirs):
            continue
        else:
            cells[column_id] = sending.cell
        after[name] = ours
    if not after:
        return None
    before = {name: record.fields.get(name) for name in after}
    return Asked(Op.UPDATE, record, before, after, cells, tuple(holds))


def deletes_of(found: Candidate, planner: FieldPlanner) -> Iterator[Asked]:
    """Every row in Coda of a participation that was deleted here."""
    p, rules = found.participation, planner.rules
    if p.deleted_at is None or p.deleted_by != "warehouse" or p.merged_into or rules.deletes == "never":
        return
    bound = (found.record,) if found.record and found.row_state in ("live", "held") else ()
    rows = {record.record_id: record for record in (*found.extra_rows, *bound)}
    for record in rows.values():
        is_there = record.source == "coda" and record.deleted_at is None
        if is_there and record.source_table == rules.source.table:
            lost = {n: record.fields.get(n) for n in CANONICAL_FIELDS if rules.source.fields.column_of(n)}
            yield Asked(Op.DELETE, record, lost, {})


def fragments_of(found: Candidate, planner: FieldPlanner) -> Iterator[Asked]:
    """Rows that a write of ours left behind, and of which a person has said that they go."""
    for record in found.fragments:
        if record.deleted_at is None and record.source_table == planner.rules.source.table:
            yield Asked(Op.DELETE, record, {n: record.fields.get(n) for n in CANONICAL_FIELDS}, {})


def key_of(found: Candidate, planner: FieldPlanner) -> Asked | None:
    """Our key, where the bound row holds none or, being a copy, that of another."""
    p, column = found.participation, planner.key_column
    if column is None or not _is_alive(p) or not _is_row_of(found, planner) or found.row_state != "live":
        return None
    if holds_our_key(found):
        return None
    key = str(p.participation_id)
    before: Fields = {SYNC_ID: found.sync_id_in_row or None}
    cells = {column.id: [key] if column.is_array else key}
    return Asked(Op.KEY, found.record, before, {SYNC_ID: key}, cells)


def holds_our_key(found: Candidate) -> bool:
    """Whether the key column of the bound row holds the id of its participation."""
    return (found.sync_id_in_row or "").strip().lower() == str(found.participation.participation_id)


def _is_alive(p: Participation) -> bool:
    return p.deleted_at is None and p.merged_into is None


def _is_row_of(found: Candidate, planner: FieldPlanner) -> bool:
    """Whether the bound row is one of this source's, and may be written to now or later."""
    record = found.record
    if record is None or record.source != "coda" or record.deleted_at is not None:
        return False
    return record.source_table == planner.rules.source.table and found.row_state in ("live", "held")


def _is_ours(name: str, found: Candidate, planner: FieldPlanner) -> bool:
    """Whether a field changed here since both sides agreed, and in Coda did not."""
    base, ours, theirs = found.base or {}, found.participation.fields.get(name), found.values.get(name)
    if same(ours, theirs):
        return False
    if _readable(name, theirs, planner) is None:
        return verdict_on(base, name, ours, theirs) is Verdict.PUSH
    return not alike(base[name], ours) if name in base else not is_blank(ours)


def _readable(name: str, theirs: Value, planner: FieldPlanner) -> Hold | None:
    """Why what Coda holds must not be overwritten, None where it may."""
    column = planner.column_of(name)
    if isinstance(column, Hold):
        return column
    if isinstance(theirs, Unreadable):
        says = f"{name}: Coda holds {theirs.reason}; correct it there"
        return Hold(HoldCode.UNREADABLE_CELL, says, name)
    if name in planner.rules.natural_key and is_blank(theirs):
        says = f"{name}: a part of the natural key is blank in Coda; fill it in there"
        return Hold(HoldCode.UNREADABLE_CELL, says, name)
    return None


def _sendings(after: Fields, planner: FieldPlanner) -> tuple[dict[str, CellInput], list[Hold]]:
    cells: dict[str, CellInput] = {}
    holds: list[Hold] = []
    for name, value in after.items():
        sending = planner.sending(name, value)
        if isinstance(sending, Hold):
            holds.append(sending)
        else:
            cells[planner.rules.source.fields.column_of(name) or ""] = sending.cell
    return cells, holds
