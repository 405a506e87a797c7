"""What it means that one side has deleted: a tombstone, rows that wait to be deleted, or a question.

Deleted on one side and edited on the other waits for a person under every policy. A participation that was
deleted here takes those that merged into it along: they stay merged, and nothing revives them.
"""

from uuid import UUID

from coda_pipeline.sync.conflict_slots import ConflictSlot
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_lines import DUMP, edits_of, is_line
from coda_pipeline.sync.model import Conflict, ConflictKind, Fields, Participation, Record
from coda_pipeline.sync.normalize import same
from coda_pipeline.sync.reconcile import edited_here, edited_in_coda

CAME_BACK = "came_back"


def is_buried_with(draft: Draft, pid: UUID, natural: str | None) -> bool:
    """Whether it merged into one that was deleted here and, with this natural key, is still its equal.

    A key that is blank is no other key.
    """
    merged_into = draft.participations[pid].merged_into
    survivor = draft.participations.get(merged_into) if merged_into else None
    if survivor is None or survivor.deleted_by != "warehouse":
        return False
    return (
        natural in (None, survivor.natural_key) or natural == draft.identified(survivor.participation_id)[1]
    )


def judge_deleted_here(draft: Draft, p: Participation, row: str, base: Fields, values: Fields) -> None:
    """Deleted here and edited in Coda wait for a person; deleted here alone is a matter of the plan."""
    if p.deleted_by in ("coda", DUMP) or is_line(row):
        return
    slot = ConflictSlot(p.participation_id, ConflictKind.DELETED_HERE, None, row)
    before, standing = draft.state.before.get(row), draft.open.get(slot)
    if edited_in_coda(base, values):
        draft.raise_conflict(_deletion(draft, p, row, ConflictKind.DELETED_HERE))
    elif before is not None and before.deleted_at is not None:
        draft.raise_conflict(_deletion(draft, p, row, ConflictKind.DELETED_HERE, cause=CAME_BACK))
    elif standing is not None and standing.cause != CAME_BACK:
        draft.close_conflict(slot, "superseded")


def judge_duplicate(draft: Draft, p: Participation, record: Record) -> None:
    """The same for a row without a participation, and so a base, of its own: edited since the last look."""
    before = draft.state.before.get(record.record_id)
    is_deleted = p.deleted_by == "warehouse" or p.participation_id in draft.buried
    if not is_deleted or is_line(record.record_id) or before is None or before.row_hash == record.row_hash:
        return
    if any(not same(before.fields.get(name), value) for name, value in record.fields.items()):
        draft.raise_conflict(_deletion(draft, p, record.record_id, ConflictKind.DELETED_HERE))


def mourn(draft: Draft, p: Participation, row: str) -> None:
    """The row is gone and nobody inherits: a tombstone, unless a person has to say so."""
    pid = p.participation_id
    if _has_fragment(draft, pid):
        return
    is_buried = is_buried_with(draft, pid, p.natural_key)
    if not is_buried and edits_since(draft, pid, row):
        draft.raise_conflict(_deletion(draft, p, row, ConflictKind.DELETED_IN_CODA))
        return
    by = "warehouse" if is_buried else DUMP if is_line(row) else "coda"
    draft.change(pid, deleted_at=draft.now, deleted_by=by)
    for slot in draft.slots[pid]:
        draft.close_conflict(slot, "superseded")


def edits_since(draft: Draft, pid: UUID, row: str) -> frozenset[str]:
    """The fields that were edited here since the row, or the line that holds it, spoke."""
    if is_line(row):
        return edits_of(draft, pid)
    return edited_here(draft.base_of(pid, row) or {}, draft.participations[pid].fields)


def close_outlived(draft: Draft) -> None:
    """Close questions that have answered themselves: the row in question is gone, back, or someone else's."""
    for slot, conflict in draft.open.items():
        p = draft.participations.get(slot.participation_id)
        if p is not None and _is_outlived(draft, p, conflict):
            draft.close_conflict(slot, "superseded")


def _is_outlived(draft: Draft, p: Participation, conflict: Conflict) -> bool:
    pid, row = p.participation_id, conflict.record_id
    match conflict.kind:
        case ConflictKind.FRAGMENT:
            return draft.is_dead(row)
        case ConflictKind.DELETED_HERE:
            is_deleted = p.deleted_by == "warehouse" or pid in draft.buried
            is_its_row = pid in (draft.bound.get(row), draft.attached.get(row))
            return not is_deleted or draft.is_dead(row) or (row in draft.keys and not is_its_row)
        case ConflictKind.DELETED_IN_CODA:
            return p.row is None or p.deleted_at is not None or _has_fragment(draft, pid)
        case _:
            return False


def _has_fragment(draft: Draft, pid: UUID) -> bool:
    return pid in draft.fragments.values()


def _deletion(
    draft: Draft, p: Participation, row: str, kind: ConflictKind, *, cause: str = "both_changed"
) -> Conflict:
    return Conflict(
        participation_id=p.participation_id,
        record_id=row,
        kind=kind,
        field=None,
        base=None,
        warehouse=None,
        coda=None,
        cause=cause,
        policy=draft.rules.policy,
    )
