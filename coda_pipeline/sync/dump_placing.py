"""Where lines of a dump go: to the participation of their live row or of their key, else they found one.

A live row takes a held participation over: what the line said was only a base and is replaced without
conflict, blanks included. A line revives what a deletion in Coda ended, and never what was deleted here. The
steps of `resolve` call this module.
"""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.dedupe import survivor_at_first_sight
from coda_pipeline.sync.deletions import edits_since
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_lines import DUMP, edits_of, is_held, is_line, live_row_of, said, said_in_coda
from coda_pipeline.sync.model import BaseKey, Outcome, Participation, Record
from coda_pipeline.sync.normalize import alike, readable

HERE = "warehouse"
SUPPRESSED = "deleted here; no dump brings it back"
SAME_AS_ROW = "the same as a live row"
SAME_AS_BORN_HERE = "the same as one born in the warehouse"
SAME_LINE = "another line of the dump says the same"


def take_over(draft: Draft, pid: UUID, record: Record) -> None:
    """A live row speaks for a held participation: its values are taken, but for fields edited here.

    One that was deleted here stays deleted: the row is its own now, and waits to be deleted like any.
    """
    taken, before = readable(draft.values_of(record.record_id)), draft.participations[pid].fields
    if draft.participations[pid].deleted_by == HERE:
        draft.bind(record.record_id, pid)
        draft.change(pid, source=record.source)
        if draft.base_of(pid, record.record_id) is None:
            draft.bases[BaseKey(pid, record.record_id)] = taken
        return
    base, edited = said(draft, pid), edits_of(draft, pid)
    fields = {n: before.get(n) if n in edited else taken[n] for n in CANONICAL_FIELDS}
    draft.bind(record.record_id, pid)
    draft.change(pid, fields=fields, source=record.source, deleted_at=None, deleted_by=None)
    agreed = {n: base.get(n) if n in edited else taken[n] for n in CANONICAL_FIELDS}
    draft.bases[BaseKey(pid, record.record_id)] = agreed
    if any(not alike(fields[n], before.get(n)) for n in draft.rules.natural_key):
        draft.moved.add(pid)


def hold(draft: Draft, pid: UUID, record: Record) -> None:
    """A line speaks for a participation. What a live row said, and what was edited here, stays."""
    p, values = draft.participations[pid], readable(draft.values_of(record.record_id))
    if is_line(p.row):
        kept = edits_of(draft, pid) | said_in_coda(draft, pid)
        fields = {n: p.fields.get(n) if n in kept else values[n] for n in CANONICAL_FIELDS}
    else:
        fields = p.fields
    draft.bind(record.record_id, pid)
    draft.change(pid, fields=fields, source=DUMP, deleted_at=None, deleted_by=None)
    draft.bases[BaseKey(pid, record.record_id)] = values


def rows_take_their_lines(draft: Draft) -> None:
    """A live row whose own line holds a participation speaks for it from now on, and one that came back.

    Where equals of that row come with it, the one that speaks for them does. Where the row belongs elsewhere
    already, the line leaves what it held.
    """
    held = [line for line in _lines(draft) if line.record_id in draft.bound]
    equals = _free_rows_by_key(draft) if held else {}
    for line in held:
        row, pid = live_row_of(line, draft.rules.tables), draft.bound[line.record_id]
        if row is None or row not in draft.keys or not _has_place(draft, row):
            continue
        if _is_free(draft, row):
            free = [r for r in equals[draft.keys[row].natural] if _is_free(draft, r.record_id)]
            is_deleted = draft.participations[pid].deleted_by == HERE
            take_over(draft, pid, draft.state.records[row] if is_deleted else survivor_at_first_sight(free))
        elif (draft.bound.get(row) or draft.state.records[row].participation_id) != pid:
            del draft.bound[line.record_id]
            draft.left.add(line.record_id)
    if any(is_held(p) for p in draft.participations.values()):
        _take_over_those_back(draft)


def _take_over_those_back(draft: Draft) -> None:
    """Rows that came back take what a line held for them; of several, the one that speaks at first sight."""
    back: dict[UUID, list[Record]] = defaultdict(list)
    for record_id in draft.keys:
        record, before = draft.state.records[record_id], draft.state.before.get(record_id)
        p = draft.participations.get(record.participation_id) if record.participation_id else None
        is_back = before is not None and before.deleted_at is not None and not is_line(record_id)
        if p is not None and is_back and is_held(p) and _is_free(draft, record_id):
            back[p.participation_id].append(record)
    for pid, records in back.items():
        take_over(draft, pid, survivor_at_first_sight(records))


def has_place_by_row(draft: Draft, record: Record) -> bool:
    """Whether a line goes to the participation of its live row, whatever its key."""
    row = live_row_of(record, draft.rules.tables)
    return row is not None and record.record_id not in draft.bound and _has_place(draft, row)


def place_by_row(draft: Draft) -> None:
    """Lines whose row is known join that row's participation; of a row that is gone, they speak for it."""
    for line in _lines(draft):
        row = live_row_of(line, draft.rules.tables)
        if row is None or not has_place_by_row(draft, line):
            continue
        pid = draft.bound.get(row) or draft.attached.get(row) or _last_of(draft, row)
        if pid is None:
            continue
        if needs_a_voice(draft, draft.participations[pid]):
            hold(draft, pid, line)
            draft.natural[pid] = draft.natural_key_of(pid)
        else:
            draft.attached[line.record_id] = pid


def may_stay(draft: Draft, record: Record) -> bool:
    """Whether a line stays where it was attached: not with one that ended, which it revives instead."""
    if record.source != DUMP:
        return True
    p = draft.participations.get(record.participation_id) if record.participation_id else None
    has_ended = p is not None and p.deleted_at is not None and p.deleted_by != HERE
    return not has_ended and not has_place_by_row(draft, record)


def place_beside(draft: Draft, pid: UUID, records: list[Record]) -> list[Record]:
    """Let a record speak for a participation where a line is concerned; those that are left to be attached.

    A live record takes a held one over; lines alone speak only where nothing else does.
    """
    p = draft.participations[pid]
    live = [r for r in records if r.source != DUMP]
    if live and is_held(p):
        winner = survivor_at_first_sight(live)
        take_over(draft, pid, winner)
        if p.row in draft.keys:
            draft.attached[p.row] = pid
    elif not live and needs_a_voice(draft, p):
        winner = survivor_at_first_sight(records)
        hold(draft, pid, winner)
    else:
        return records
    return [r for r in records if r is not winner]


def outcome_of_line(draft: Draft, record_id: str, pid: UUID) -> tuple[Outcome, str | None]:
    """What became of a complete line: twin of what is live or deleted here, else survivor or duplicate."""
    p = draft.participations[pid]
    target = draft.participations.get(p.merged_into, p) if p.merged_into else p
    if target.deleted_by == HERE:
        return Outcome.TWIN, SUPPRESSED
    if not is_line(target.row):
        return Outcome.TWIN, SAME_AS_ROW if target.row else SAME_AS_BORN_HERE
    if draft.bound.get(record_id) == pid and p.merged_into is None:
        return Outcome.SURVIVOR, None
    return Outcome.DUPLICATE, SAME_LINE


def _lines(draft: Draft) -> list[Record]:
    records = draft.state.records
    return [records[record_id] for record_id in draft.keys if is_line(record_id)]


def _is_free(draft: Draft, row: str) -> bool:
    """Whether a live row is there and complete, and neither speaks for nor is a duplicate of anything."""
    if row not in draft.keys or row in draft.bound or row in draft.state.gone:
        return False
    is_attached = draft.state.records[row].participation_id is not None and draft.has_key_stayed(row)
    return draft.keys[row].natural is not None and not is_attached


def _free_rows_by_key(draft: Draft) -> Mapping[str | None, list[Record]]:
    found: dict[str | None, list[Record]] = defaultdict(list)
    for record_id, keys in draft.keys.items():
        if not is_line(record_id) and _is_free(draft, record_id):
            found[keys.natural].append(draft.state.records[record_id])
    return found


def _has_place(draft: Draft, row: str) -> bool:
    """Whether a live row, or one that is gone, has a participation, or is about to get one."""
    if row in draft.keys and row not in draft.state.gone:
        return row in draft.bound or draft.keys[row].natural is not None
    return _last_of(draft, row) is not None


def needs_a_voice(draft: Draft, p: Participation) -> bool:
    """Whether nothing speaks for a participation that was not deleted here, nor only born here.

    Where its row is gone from Coda while it was edited here, a person is asked first.
    """
    if p.deleted_by == HERE:
        return False
    if p.row is None or p.deleted_at is not None:
        return p.deleted_at is not None or p.source == DUMP
    return draft.is_dead(p.row) and (is_line(p.row) or not edits_since(draft, p.participation_id, p.row))


def _last_of(draft: Draft, row: str) -> UUID | None:
    """The participation that a row which is gone was part of last."""
    record = draft.state.records.get(row)
    pid = record.participation_id if record is not None else None
    return pid if pid in draft.participations else None
