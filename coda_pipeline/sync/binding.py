"""Which row speaks for which participation: by bound row id, else by our key in the row, else by succession.

Natural keys come later (`attaching`): they depend on what reconciling has taken.
"""

from collections import defaultdict
from uuid import UUID

from coda_pipeline.sync.dedupe import survivor_at_first_sight
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_lines import is_held, is_line
from coda_pipeline.sync.dump_placing import hold, needs_a_voice, take_over
from coda_pipeline.sync.model import BaseKey, Conflict, ConflictKind, Participation, Record
from coda_pipeline.sync.reconcile import BLANK_BASE
from coda_pipeline.sync.resolve_state import State


def questions(state: State) -> frozenset[str]:
    """Rows to ask the service for: those bound to a participation whose key an unknown row shows.

    Deltas report no deletions, so a row that is live in the warehouse may be gone; whether the newcomer is a
    copy of it or its new place depends on the answer.
    """
    by_id = {str(pid): p for pid, p in state.participations.items()}
    rows = {p.row for p in state.participations.values()}
    asked = set()
    for record in state.records.values():
        holder = by_id.get((record.sync_id or "").lower())
        if holder is None or holder.row is None or record.record_id in rows or not _is_news(state, record):
            continue
        bound = state.records.get(holder.row)
        if bound is not None and bound.deleted_at is None and not is_line(bound.record_id):
            asked.add(holder.row)
    return frozenset(asked)


def _is_news(state: State, record: Record) -> bool:
    """Whether a live record is new or edited since it was resolved."""
    before = state.before.get(record.record_id)
    return record.deleted_at is None and (before is None or before.row_hash != record.row_hash)


def bind_by_row(draft: Draft) -> None:
    """A record that is the row of a participation stays it; one that came back revives its own."""
    for pid, p in draft.state.participations.items():
        row = p.row
        if row is None or row not in draft.keys or row in draft.state.gone:
            continue
        if is_line(row) and draft.state.records[row].participation_id not in (None, pid):
            continue  # it left for the participation of its live row
        draft.bound[row] = pid
        if p.deleted_at is not None and p.deleted_by != "warehouse":
            draft.change(pid, deleted_at=None, deleted_by=None)
    _bind_again(draft)


def _bind_again(draft: Draft) -> None:
    """A participation to be made again in Coda takes its former row back, should that be there after all."""
    rowless = {
        pid
        for pid, p in draft.participations.items()
        if not (p.row or is_held(p) or p.deleted_at or p.merged_into or pid in draft.state.in_flight)
    }
    former: dict[UUID, list[Record]] = defaultdict(list)
    for record_id in draft.keys if rowless else ():
        record = draft.state.records[record_id]
        pid = record.participation_id
        if pid is None or pid not in rowless or record_id in draft.bound or record_id in draft.fragments:
            continue
        if not is_line(record_id) and draft.base_of(pid, record_id) is not None:
            former[pid].append(record)
    for pid, records in former.items():
        draft.bind(survivor_at_first_sight(records).record_id, pid)


def bind_by_sync_id(draft: Draft) -> None:
    """Our key on an unknown row: the row is ours where the participation has no living one.

    A write by key that met a row just deleted in Coda has left a new row there: no move of HR's, a fragment.
    """
    candidates: dict[UUID, list[Record]] = defaultdict(list)
    by_id = {str(pid): pid for pid in draft.state.participations}
    for record_id in draft.keys:
        record = draft.state.records[record_id]
        pid = by_id.get((record.sync_id or "").lower())
        if (
            pid is None
            or record_id in draft.bound
            or _is_fragment_of(draft, record_id, pid)
            or (draft.has_key_stayed(record_id) and record.participation_id)
        ):
            continue
        candidates[pid].append(record)
    for pid, records in candidates.items():
        p = draft.participations[pid]
        if p.row is None:
            _rebind(draft, p, _nearest(draft, p, records))
        elif draft.is_dead(p.row) or is_held(p):
            if pid in draft.state.upserted:
                _ask_about(draft, p, records)
            else:
                _rebind(draft, p, _nearest(draft, p, records))


def _is_fragment_of(draft: Draft, record_id: str, pid: UUID) -> bool:
    fragment = draft.state.fragments.get(record_id)
    return fragment is not None and fragment.participation_id == pid


def _ask_about(draft: Draft, p: Participation, records: list[Record]) -> None:
    for record in records:
        draft.set_apart(record.record_id, p.participation_id)
        conflict = Conflict(
            participation_id=p.participation_id,
            record_id=record.record_id,
            kind=ConflictKind.FRAGMENT,
            field=None,
            base=None,
            warehouse=None,
            coda=None,
            cause="upserted",
            policy=draft.rules.policy,
        )
        draft.raise_conflict(conflict)


def _nearest(draft: Draft, p: Participation, records: list[Record]) -> Record:
    with_its_key = [r for r in records if draft.keys[r.record_id].natural == p.natural_key]
    return survivor_at_first_sight(with_its_key or records)


def _rebind(draft: Draft, p: Participation, record: Record) -> None:
    """The row moved, so what both sides agreed on moves with it."""
    pid = p.participation_id
    if is_held(p) and p.deleted_by != "warehouse":
        take_over(draft, pid, record)
        return
    base = draft.base_of(pid, p.row) if p.row else draft.base_of(pid, record.record_id) or BLANK_BASE
    if pid not in draft.state.creating:  # the proof knows what was sent
        draft.bases[BaseKey(pid, record.record_id)] = dict(base or {})
    draft.bind(record.record_id, pid)
    if p.deleted_by == "coda":
        draft.change(pid, deleted_at=None, deleted_by=None)


def pass_on(draft: Draft) -> None:
    """Where the row of a live participation is gone, one of its duplicates speaks for it from now on.

    So it does where the participation was to get a new row: there is one already.
    """
    heirs: dict[UUID, list[Record]] = defaultdict(list)
    for record_id in draft.keys:
        record = draft.state.records[record_id]
        is_free = record_id not in draft.bound and record_id not in draft.left
        if record.participation_id and is_free and draft.has_key_stayed(record_id):
            heirs[record.participation_id].append(record)
    for pid, records in heirs.items():
        p = draft.participations.get(pid)
        if p is None or p.deleted_at is not None or pid in draft.state.creating:
            continue
        if p.merged_into if p.row is None else not draft.is_dead(p.row):
            continue
        alive = [r for r in records if r.record_id not in draft.state.gone]
        if alive:
            _inherit(draft, p, survivor_at_first_sight(alive))


def _inherit(draft: Draft, p: Participation, heir: Record) -> None:
    pid = p.participation_id
    if is_line(heir.record_id):
        if needs_a_voice(draft, p):
            hold(draft, pid, heir)
        return
    if is_held(p):
        take_over(draft, pid, heir)
        return
    if p.row is None:
        draft.bases[BaseKey(pid, heir.record_id)] = dict(BLANK_BASE)
    draft.bind(heir.record_id, pid)
