"""Live participations that share a natural key become one, and every record gets its last word.

The others are merged into the one that survives, never deleted, and come back when the keys differ again. A
record is a survivor, a duplicate, a twin or incomplete.
"""

from uuid import UUID

from coda_pipeline.sync.attaching import claim_of
from coda_pipeline.sync.dedupe import JOINED, MADE_EQUAL, survivor_of
from coda_pipeline.sync.draft import Draft, Keys
from coda_pipeline.sync.dump_lines import edits_of, is_held
from coda_pipeline.sync.dump_placing import outcome_of_line
from coda_pipeline.sync.model import Conflict, ConflictKind, Outcome, Record, Unreadable
from coda_pipeline.sync.normalize import alike, is_blank

FRAGMENT_ASKED = "left by a write to a row that was just deleted in Coda; `coda-pipeline conflicts list` asks"
FRAGMENT_GOES = "left by a write to a row that was just deleted in Coda; it is to be deleted"
# The first fields of a record are the row's, the rest is what was decided of it.
UNDECIDED = Record._fields.index("participation_id")


def merge_all(draft: Draft) -> None:
    """Set and clear `merged_into` by the natural keys as they are now."""
    first: dict[str, UUID] = {}
    shared: dict[str, list[UUID]] = {}
    for pid, natural in draft.natural.items():
        if natural is not None and first.setdefault(natural, pid) is not pid:
            shared.setdefault(natural, [first[natural]]).append(pid)
    for members in shared.values():
        survivor = survivor_of(claim_of(draft, pid) for pid in members)
        for pid in members:
            _merge(draft, pid, survivor)
    for natural, pid in first.items():
        if draft.participations[pid].merged_into is not None and natural not in shared:
            _merge(draft, pid, pid)


def _merge(draft: Draft, pid: UUID, survivor: UUID) -> None:
    p = draft.participations[pid]
    target = None if pid == survivor else survivor
    if target is None and p.merged_into is not None and _follows_into_grave(draft, pid, p.merged_into):
        return
    if p.merged_into == target:
        return
    if p.merged_into is not None:
        _close_merge(draft, p.merged_into, pid)
    draft.change(pid, merged_into=target)
    if target is not None and (p.row is None or is_held(p)):
        _note_differences(draft, pid, target)


def _follows_into_grave(draft: Draft, pid: UUID, target: UUID) -> bool:
    """One without a row of its own was part of what it merged into, and goes where that goes."""
    buried, p = draft.participations.get(target), draft.participations[pid]
    is_rowless = p.row is None or (is_held(p) and buried is not None and buried.deleted_by == "warehouse")
    return (
        is_rowless
        and buried is not None
        and buried.deleted_at is not None
        and buried.natural_key == draft.natural[pid]
    )


def _merge_name(pid: UUID) -> str:
    return f"participation:{pid}"


def _note_differences(draft: Draft, pid: UUID, survivor: UUID) -> None:
    """What was written here into the one that merges is never lost silently: a person decides."""
    p, ours = draft.participations[pid], draft.participations[survivor].fields
    written_here = edits_of(draft, pid) if is_held(p) else p.fields.keys()
    for name, value in p.fields.items():
        if (
            name not in written_here
            or name in draft.rules.natural_key
            or is_blank(value)
            or alike(value, ours.get(name))
        ):
            continue
        conflict = Conflict(
            participation_id=survivor,
            record_id=_merge_name(pid),
            kind=ConflictKind.FIELD,
            field=name,
            base=None,
            warehouse=value,
            coda=ours.get(name),
            cause="merged",
            policy="ask",
        )
        draft.raise_conflict(conflict)


def _close_merge(draft: Draft, survivor: UUID, pid: UUID) -> None:
    for slot in draft.slots[survivor]:
        if slot.record_id == _merge_name(pid):
            draft.close_conflict(slot, "superseded")


def outcomes(draft: Draft) -> dict[str, Record]:
    """Every record with what became of it. A deleted one keeps its participation, in case it returns."""
    decided: dict[str, Record] = {}
    for record_id, record in draft.state.records.items():
        if record_id not in draft.keys:
            decided[record_id] = _as_deleted(record)
            continue
        keys = draft.keys[record_id]
        pid = draft.bound.get(record_id) or draft.attached.get(record_id) or draft.fragments.get(record_id)
        outcome, reason = _outcome_of(draft, record, pid)
        decided[record_id] = _with_outcome(record, keys, pid, outcome, reason)
    return decided


def _with_outcome(
    record: Record, keys: Keys, participation_id: UUID | None, outcome: Outcome, reason: str | None
) -> Record:
    """The record with what was decided of it; itself where nothing differs, since most records stand."""
    decided = (participation_id, outcome, reason, *keys)
    stored = (record.participation_id, record.outcome, record.reason, record.person_key, record.activity_key)
    if decided == (*stored, record.natural_key, record.is_ambiguous):
        return record
    return Record._make((*record[:UNDECIDED], participation_id, outcome, reason, *keys))


def _as_deleted(record: Record) -> Record:
    if record.outcome is None and not record.is_ambiguous:
        return record
    return record._replace(outcome=None, reason=None, is_ambiguous=False)


def _outcome_of(draft: Draft, record: Record, pid: UUID | None) -> tuple[Outcome, str | None]:
    record_id = record.record_id
    if record_id in draft.fragments:
        return Outcome.INCOMPLETE, _fragment_reason(draft, record_id)
    if draft.keys[record_id].natural is None:
        return Outcome.INCOMPLETE, _what_is_missing(draft, record)
    if record.source == "dump" and pid is not None:
        return outcome_of_line(draft, record_id, pid)
    if record_id in draft.bound and pid is not None:
        is_merged = draft.participations[pid].merged_into is not None
        return (Outcome.DUPLICATE, MADE_EQUAL) if is_merged else (Outcome.SURVIVOR, None)
    return Outcome.DUPLICATE, draft.reasons.get(record_id) or record.reason or JOINED


def _fragment_reason(draft: Draft, record_id: str) -> str:
    fragment = draft.state.fragments.get(record_id)
    return FRAGMENT_ASKED if fragment is None or fragment.outcome is None else FRAGMENT_GOES


def _what_is_missing(draft: Draft, record: Record) -> str:
    """In words: which fields of the key are blank or cannot be read."""
    parts = []
    for name in draft.rules.natural_key:
        value = record.fields.get(name)
        if isinstance(value, Unreadable):
            parts.append(f"{name}: {value.reason}")
        elif is_blank(value):
            parts.append(f"{name}: blank")
    return "; ".join(parts) or "a key field says nothing"
