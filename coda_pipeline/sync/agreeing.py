"""Each participation against its row: takes, bases, conflicts. What a deletion means is in `deletions`."""

from uuid import UUID

from coda_pipeline.sync.deletions import is_buried_with, judge_deleted_here, mourn
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_lines import unsaid_by
from coda_pipeline.sync.model import BaseKey, Conflict, ConflictKind, Fields, Participation
from coda_pipeline.sync.normalize import alike
from coda_pipeline.sync.reconcile import reconcile


def agree_all(draft: Draft) -> None:
    """Reconcile every participation of the state with its row, or with the news that the row is gone."""
    for pid, p in list(draft.participations.items()):
        row = draft.participations[pid].row
        if row is None:
            continue
        if draft.bound.get(row) == pid:
            if _is_in_flight(draft, pid, row):
                continue
            if not draft.rules.is_recheck and _is_quiet(draft, p, row):
                draft.quiet.add(pid)
            else:
                agree(draft, pid, row)
        elif draft.is_dead(row) and p.deleted_at is None:
            mourn(draft, p, row)


def _is_in_flight(draft: Draft, pid: UUID, row: str) -> bool:
    """Whether what was sent to this row, or makes it, is not proved yet: its values mean nothing so far."""
    stored = draft.state.participations.get(pid)
    return pid in draft.state.in_flight and stored is not None and stored.row in (row, None)


def _is_quiet(draft: Draft, p: Participation, row: str) -> bool:
    """Whether neither side moved since the last resolve, so that there is nothing to judge."""
    stored = draft.state.participations.get(p.participation_id)
    return stored is p and p.version == p.resolved_version and draft.is_settled(row)


def agree(draft: Draft, pid: UUID, row: str, *, cause: str | None = None) -> None:
    """Reconcile one participation with its row."""
    p, values = draft.participations[pid], draft.values_of(row)
    base = draft.base_of(pid, row)
    if p.deleted_at is not None or is_buried_with(draft, pid, draft.keys[row].natural):
        judge_deleted_here(draft, p, row, base or {}, values)
        return
    former = draft.old_rows.get(pid)
    cause = cause or ("survivor_changed" if former and base is None else "both_changed")
    shown_base = base if base is not None else (draft.base_of(pid, former) if former else None) or {}
    result = reconcile(
        base or {},
        p.fields,
        values,
        key_fields=draft.rules.natural_key,
        policy=draft.rules.policy,
        unsaid=unsaid_by(draft, pid, row),
    )
    draft.bases[BaseKey(pid, row)] = result.base
    for found in result.conflicts:
        conflict = Conflict(
            participation_id=pid,
            record_id=row,
            kind=ConflictKind.FIELD,
            field=found.field,
            base=shown_base.get(found.field),
            warehouse=found.warehouse,
            coda=found.coda,
            cause=cause,
            policy=draft.rules.policy,
            outcome=found.outcome,
        )
        draft.raise_conflict(conflict)
    _close_others(draft, pid, {found.field for found in result.conflicts}, result.base, p.fields)
    if result.takes:
        draft.change(pid, fields={**p.fields, **result.takes})
        if any(name in result.takes for name in draft.rules.natural_key):
            draft.moved.add(pid)


def _close_others(draft: Draft, pid: UUID, still: set[str], base: Fields, warehouse: Fields) -> None:
    """Open conflicts that the two sides have settled by themselves."""
    for slot in (s for s in draft.slots[pid] if s.record_id is None):
        if slot.kind is not ConflictKind.FIELD:
            draft.close_conflict(slot, "superseded")
        elif slot.field is not None and slot.field not in still:
            is_agreed = slot.field in base and alike(base[slot.field], warehouse.get(slot.field))
            draft.close_conflict(slot, "agreed" if is_agreed else "superseded")


def agree_first_time(draft: Draft, pid: UUID, row: str, base: Fields, *, cause: str) -> None:
    """Reconcile a participation with a row that was just bound to it."""
    draft.bases[BaseKey(pid, row)] = dict(base)
    agree(draft, pid, row, cause=cause)


def start_from(draft: Draft, pid: UUID, row: str, fields: Fields) -> None:
    """A new participation starts in agreement with its row."""
    draft.bases[BaseKey(pid, row)] = fields
