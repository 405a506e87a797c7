"""What became of one row that was sent: judged, field by field, by what the table shows after a read. Pure.

| the field reads as | it is |
|---|---|
| sent | verified, at any time |
| before | waiting; after the time-out rejected: accepted, but not applied |
| anything else, and the read is surely later than our write | edited by people meanwhile |
| anything else, otherwise | unclear: after the time-out both sides are compared as if nothing had been sent |

The one thing to know: a snapshot may be older than the write. So an edit is believed to be later than ours
only where the write is known to be applied and the read reaches beyond that moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime, timedelta
from enum import StrEnum

from coda_pipeline.sync.model import Fields, Unreadable, Value
from coda_pipeline.sync.normalize import same
from coda_pipeline.sync.plan_model import SYNC_ID, Op, Write, WriteState
from coda_pipeline.sync.reconcile import BLANK_BASE

# Whether what was sent and what is read mean the same: field, sent, read.
SameMeaning = Callable[[str, Value, Value], bool]

GONE = "the row is gone from Coda"
NEVER_ARRIVED = "it never arrived, as far as can be told; planned again"
NOT_APPLIED = "accepted but not applied"
NO_ROW = "accepted, but no row with our key appeared"
MADE_AND_DELETED = "the new row was deleted in Coda"
NOT_DELETED = "accepted, but the row is still there"
UNCLEAR = "edited in Coda before it was known to be applied; both values are compared again"


class FieldOutcome(StrEnum):
    """What became of one field that was sent."""

    VERIFIED = "verified"
    EDITED = "edited_meanwhile"
    REJECTED = "rejected"
    BEFORE = "before"  # open: nothing has happened to it yet
    UNCLEAR = "unclear"  # open: another value, which may be older than ours


@dataclass(frozen=True, slots=True)
class RowSight:
    """A row as last read: all canonical fields and our key. `passed`: versions seen since the write."""

    row_id: str
    fields: Fields = attribute(repr=False)
    is_deleted: bool = False
    deleted_at: datetime | None = None
    passed: tuple[Fields, ...] = attribute(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the last read shows of one write.

    `row` is the row it was sent to, for a create the row with our key. `read_at` is when that read began,
    `as_of` the snapshot it saw.
    """

    row: RowSight | None
    as_of: datetime
    read_at: datetime


@dataclass(frozen=True, slots=True)
class WriteJudgement:
    """A write with what became of it; `state` is its own where it stays open.

    `base` holds the values to which the base moves. `overwritten` are edits of people, seen after the write
    went out, that it replaced.
    """

    write: Write
    state: WriteState
    fields: Mapping[str, FieldOutcome] = attribute(default_factory=dict)
    base: Fields = attribute(default_factory=dict, repr=False)
    row_id: str | None = None
    reason: str | None = None
    overwritten: Fields = attribute(default_factory=dict, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it is not decided yet."""
        return self.state in (WriteState.SENT, WriteState.CONFIRMED)

    def fields_that_are(self, outcome: FieldOutcome) -> tuple[str, ...]:
        """The fields with this outcome, in order."""
        return tuple(name for name, found in self.fields.items() if found is outcome)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing speaks against sending it once more: every field reads as before or as sent."""
        return self.is_open and FieldOutcome.UNCLEAR not in self.fields.values()


def judge(write: Write, sight: Sight, is_same: SameMeaning, *, timeout_s: float) -> WriteJudgement:
    """Judge one open write by what the last read shows."""
    is_late = sight.read_at >= (write.confirmed_at or write.sent_at) + timedelta(seconds=timeout_s)
    if write.op is Op.DELETE:
        return _judge_delete(write, sight, is_same, is_late=is_late)
    if sight.row is None or sight.row.is_deleted:
        return _judge_without_row(write, sight, is_late=is_late)
    return _judge_fields(write, sight.row, sight, is_same, is_late=is_late)


def _judge_delete(write: Write, sight: Sight, is_same: SameMeaning, *, is_late: bool) -> WriteJudgement:
    row = sight.row
    if row is None or row.is_deleted:
        seen = row.fields if row is not None else {}
        lost = {
            name: seen[name]
            for name, before in write.before.items()
            if name in seen and not is_same(name, before, seen[name])
        }
        return WriteJudgement(write, WriteState.VERIFIED, row_id=write.row_id, overwritten=lost)
    if not is_late:
        return WriteJudgement(write, write.state, row_id=write.row_id)
    return _given_up(write, NOT_DELETED)


def _judge_without_row(write: Write, sight: Sight, *, is_late: bool) -> WriteJudgement:
    if write.op is not Op.CREATE:
        return WriteJudgement(write, WriteState.SUPERSEDED, row_id=write.row_id, reason=GONE)
    if sight.row is not None:
        return _rejected(write, MADE_AND_DELETED)
    return _given_up(write, NO_ROW) if is_late else WriteJudgement(write, write.state)


def _judge_fields(
    write: Write, row: RowSight, sight: Sight, is_same: SameMeaning, *, is_late: bool
) -> WriteJudgement:
    # A row with our key is proof that a create was applied.
    is_applied = write.op is Op.CREATE or (
        write.confirmed_at is not None and sight.as_of >= write.confirmed_at
    )
    found = {
        name: _outcome_of(name, sent, row.fields.get(name), write, is_same, is_applied=is_applied)
        for name, sent in write.after.items()
    }
    waiting = {FieldOutcome.BEFORE, FieldOutcome.UNCLEAR} & set(found.values())
    if waiting and not is_late:
        return WriteJudgement(write, write.state, found, row_id=row.row_id)
    if waiting and write.request_id is None and write.op is not Op.CREATE:
        return WriteJudgement(write, WriteState.SUPERSEDED, found, row_id=row.row_id, reason=NEVER_ARRIVED)
    return _closed(write, row, found, is_same)


def _closed(
    write: Write, row: RowSight, found: Mapping[str, FieldOutcome], is_same: SameMeaning
) -> WriteJudgement:
    late = FieldOutcome.REJECTED
    fields = {name: late if outcome is FieldOutcome.BEFORE else outcome for name, outcome in found.items()}
    agreed = {n for n, outcome in fields.items() if outcome in (FieldOutcome.VERIFIED, FieldOutcome.EDITED)}
    base = {name: write.after[name] for name in agreed if name != SYNC_ID}
    if write.op is Op.CREATE:
        base = {**BLANK_BASE, **base}
    state, reason = WriteState.VERIFIED, None
    if FieldOutcome.UNCLEAR in fields.values():
        state, reason = WriteState.SUPERSEDED, UNCLEAR
    if late in fields.values():
        state, reason = WriteState.REJECTED, NOT_APPLIED
    return WriteJudgement(
        write,
        state,
        fields,
        base,
        row_id=row.row_id,
        reason=reason,
        overwritten=_overwritten(write, row, fields, is_same),
    )


def _outcome_of(
    name: str, sent: Value, read: Value, write: Write, is_same: SameMeaning, *, is_applied: bool
) -> FieldOutcome:
    before = write.before.get(name)
    # To the letter first: a small change means the same to a column that rounds, and must not pass for sent.
    is_unchanged = same(before, read) and not same(sent, read)
    if not is_unchanged and is_same(name, sent, read):
        return FieldOutcome.VERIFIED
    # A cell that cannot be read says nothing of an edit: the column may just be away.
    if is_unchanged or isinstance(read, Unreadable) or is_same(name, before, read):
        return FieldOutcome.BEFORE
    return FieldOutcome.EDITED if is_applied else FieldOutcome.UNCLEAR


def _overwritten(
    write: Write, row: RowSight, fields: Mapping[str, FieldOutcome], is_same: SameMeaning
) -> dict[str, Value]:
    """What people had typed, as seen between the write and its proof, where our value stands now."""
    found: dict[str, Value] = {}
    for name, outcome in fields.items():
        if outcome is not FieldOutcome.VERIFIED or name == SYNC_ID:
            continue
        known = (write.before.get(name), write.after[name])
        for version in row.passed:
            seen = version.get(name)
            if not isinstance(seen, Unreadable) and not any(is_same(name, value, seen) for value in known):
                found[name] = seen
    return found


def _given_up(write: Write, reason: str) -> WriteJudgement:
    """After the time-out: what Coda had accepted is rejected, what it never answered is planned again."""
    if write.request_id is None:
        return WriteJudgement(write, WriteState.SUPERSEDED, row_id=write.row_id, reason=NEVER_ARRIVED)
    return _rejected(write, reason)


def _rejected(write: Write, reason: str) -> WriteJudgement:
    fields = dict.fromkeys(write.after, FieldOutcome.REJECTED)
    return WriteJudgement(write, WriteState.REJECTED, fields, row_id=write.row_id, reason=reason)
