"""Which of several equals speaks for them. Deletes nothing, on either side; every choice has a reason."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from coda_pipeline.sync.model import Participation, Record
from coda_pipeline.sync.normalize import is_blank, is_unreadable

LONG_AGO = datetime.min.replace(tzinfo=UTC)

EARLIER_CHANGE = "earlier change than the survivor"
LESS_FILLED = "changed at the same time, fewer fields filled"
LARGER_ROW_ID = "equal in all, larger row id"
JOINED = "came after the participation had its row"
MADE_EQUAL = "its key was made equal to that of an older participation"


def filled(record: Record) -> int:
    """How many fields say something."""
    return sum(not is_blank(v) and not is_unreadable(v) for v in record.fields.values())


def _rank(record: Record) -> tuple[bool, float, int, str]:
    # What is live speaks before what a dump says.
    return (
        record.source == "dump",
        -(record.updated_at or LONG_AGO).timestamp(),
        -filled(record),
        record.record_id,
    )


def survivor_at_first_sight(records: Collection[Record]) -> Record:
    """The latest change, then the most filled, then the smallest row id, in whatever order they come."""
    return min(records, key=_rank) if len(records) > 1 else next(iter(records))


def reason_against(survivor: Record, record: Record) -> str:
    """Why, at first sight, `record` is the duplicate and not `survivor`."""
    ours, theirs = _rank(record)[1:], _rank(survivor)[1:]
    if ours[0] != theirs[0]:
        return EARLIER_CHANGE if ours[0] > theirs[0] else JOINED
    if ours[1] != theirs[1]:
        return LESS_FILLED if ours[1] > theirs[1] else JOINED
    return LARGER_ROW_ID


@dataclass(frozen=True, slots=True)
class Claim:
    """A live participation that shares its key with others.

    `fresh` is the record that speaks for it, where that has no history: a line of a dump, or a row that has
    just taken the place of one.
    """

    participation: Participation
    is_bound: bool
    has_key_changed: bool
    fresh: Record | None = None


def survivor_of(claims: Iterable[Claim]) -> UUID:
    """Which of the live participations of one key stays.

    The one with a row, whose key did not change, that survived before, created earlier, smallest row id.
    """
    return min(claims, key=_claim_rank).participation.participation_id


def _claim_rank(claim: Claim) -> tuple[object, ...]:
    p = claim.participation
    return (
        not claim.is_bound,
        # As at first sight, whenever their keys came to be alike.
        (0,) if claim.fresh is None else (1, *_rank(claim.fresh)),
        claim.has_key_changed,
        p.merged_into is not None,
        p.created_at or LONG_AGO,
        p.coda_row_id or "",
        str(p.participation_id),
    )
