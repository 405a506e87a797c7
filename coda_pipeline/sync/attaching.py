"""Records without a participation of their own: they stay attached, join by natural key, or found a new one.

Runs after reconciling, when it is known which key each participation has now.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from coda_pipeline.sync.agreeing import agree, agree_first_time, start_from
from coda_pipeline.sync.dedupe import JOINED, Claim, reason_against, survivor_at_first_sight, survivor_of
from coda_pipeline.sync.deletions import is_buried_with, judge_duplicate
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_graves import Graves, place_at_grave
from coda_pipeline.sync.dump_lines import is_line
from coda_pipeline.sync.dump_placing import has_place_by_row, may_stay, place_beside
from coda_pipeline.sync.model import Participation, Record
from coda_pipeline.sync.normalize import readable
from coda_pipeline.sync.reconcile import BLANK_BASE


def name_all(draft: Draft) -> None:
    """Work out the natural key of every live participation as it is now."""
    for pid, p in list(draft.participations.items()):
        if p.deleted_at is not None:
            continue
        if pid in draft.quiet and p.row is not None and p.natural_key == draft.keys[p.row].natural:
            draft.natural[pid] = p.natural_key
        else:
            draft.natural[pid] = draft.natural_key_of(pid)
    for pid in [pid for pid in draft.natural if is_buried_with(draft, pid, draft.natural[pid])]:
        draft.buried.add(pid)
        del draft.natural[pid]


def keep_attached(draft: Draft) -> None:
    """A duplicate stays with its participation until their keys part by an edit in Coda.

    Its own key changed, or Coda moved the participation's key away from it (decision 2). One that waits to be
    deleted with its participation, and is edited, is a matter for a person.
    """
    for record_id in draft.keys:
        record = draft.state.records[record_id]
        pid = record.participation_id
        if record_id in draft.bound or pid is None or not draft.has_key_stayed(record_id):
            continue
        is_left_behind = pid in draft.moved and draft.natural.get(pid) != draft.keys[record_id].natural
        if pid in draft.participations and not is_left_behind and may_stay(draft, record):
            draft.attached[record_id] = pid
            judge_duplicate(draft, draft.participations[pid], record)


def place_the_rest(draft: Draft) -> None:
    """Every other complete record joins the live participation of its key, or founds one with its equals."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record_id, keys in draft.keys.items():
        record = draft.state.records[record_id]
        if keys.natural is None or record_id in draft.bound or record_id in draft.attached:
            continue
        if not has_place_by_row(draft, record):
            groups[keys.natural].append(record)
    holders, graves = _live_by_key(draft), None
    for natural, records in groups.items():
        are_lines = all(is_line(record.record_id) for record in records)
        if natural not in holders and are_lines:
            graves = graves or Graves(draft)
        if natural in holders:
            _place(draft, records, holders[natural])
        elif are_lines and graves and (found := graves.of(natural, records[0])):
            place_at_grave(draft, records, found)
        else:
            _found(draft, natural, records)


def _live_by_key(draft: Draft) -> dict[str, list[UUID]]:
    holders: dict[str, list[UUID]] = defaultdict(list)
    for pid, natural in draft.natural.items():
        if natural is not None:
            holders[natural].append(pid)
    return holders


def _place(draft: Draft, records: list[Record], holders: Iterable[UUID]) -> None:
    pid = survivor_of(claim_of(draft, pid) for pid in holders)
    left = place_beside(draft, pid, records)
    p = draft.participations[pid]
    if len(left) < len(records) and p.row in draft.bound and not is_line(p.row):
        agree(draft, pid, p.row, cause="born_on_both_sides")
    is_spoken_for = pid in draft.state.creating if p.row is None else not draft.is_dead(p.row)
    if is_spoken_for or all(is_line(record.record_id) for record in left):
        _attach(draft, pid, left)
        return
    winner = survivor_at_first_sight(records)
    is_born_here = p.row is None
    draft.bind(winner.record_id, pid)
    _attach(draft, pid, [r for r in records if r is not winner], to=winner)
    base = BLANK_BASE if is_born_here else {}
    cause = "born_on_both_sides" if is_born_here else "survivor_changed"
    agree_first_time(draft, pid, winner.record_id, base, cause=cause)


def claim_of(draft: Draft, pid: UUID) -> Claim:
    """How a live participation stands among those of its key."""
    p = draft.participations[pid]
    stored = draft.state.participations.get(pid)
    is_bound = p.row is not None and not is_line(p.row) and not draft.is_dead(p.row)
    has_changed = stored is None or stored.natural_key != draft.natural[pid]
    is_fresh = is_line(p.row) or (stored is not None and is_line(stored.row))
    fresh = draft.state.records.get(p.row or "") if is_fresh else None
    return Claim(p, is_bound=is_bound, has_key_changed=has_changed, fresh=fresh)


def _attach(draft: Draft, pid: UUID, records: Iterable[Record], *, to: Record | None = None) -> None:
    for record in records:
        draft.attached[record.record_id] = pid
        draft.reasons[record.record_id] = reason_against(to, record) if to else JOINED


def _found(draft: Draft, natural: str, records: list[Record]) -> None:
    """A new participation, with the survivor at first sight as its row."""
    winner = survivor_at_first_sight(records)
    fields = readable(draft.values_of(winner.record_id))
    p = Participation(
        participation_id=draft.new_id(),
        version=1,
        fields=fields,
        source=winner.source,
        source_table=winner.source_table,
        coda_row_id=winner.row_id,
        created_at=draft.now,
    )
    draft.participations[p.participation_id] = p
    draft.bound[winner.record_id] = p.participation_id
    draft.natural[p.participation_id] = natural
    start_from(draft, p.participation_id, winner.record_id, fields)
    if len(records) > 1:
        _attach(draft, p.participation_id, [r for r in records if r is not winner], to=winner)
