"""Which issues need their details read, from which day on to ask, and when to list them all. Pure.

CODING tells changes by `UpdatedAt`, in whole seconds, and filters by whole days (reference/coding-api.md
sections 3.1 and 8). So a poll asks from a day before the last change seen, and drops what it knows.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from coda_pipeline.coding.days import day_of
from coda_pipeline.coding.models import IssueRef
from coda_pipeline.warehouse.coding.cursors import CodingCursor
from coda_pipeline.warehouse.coding.known import KnownRecord


def codes_to_read(
    listed: Iterable[IssueRef], known: Mapping[int, KnownRecord], *, settle_s: float
) -> list[int]:
    """The codes whose details must be read: new, changed, back from the dead, or not settled.

    Not settled is a version that was read within `settle_s` of its `UpdatedAt`: another edit in that same
    second would not show. A list that is older than what is stored comes from a stale replica.
    """
    return [ref.code for ref in listed if _is_wanted(ref, known.get(ref.code), timedelta(seconds=settle_s))]


def _is_wanted(ref: IssueRef, stored: KnownRecord | None, settle: timedelta) -> bool:
    if stored is None or not stored.is_live or stored.updated_at is None:
        return True
    if ref.updated_at != stored.updated_at:
        return ref.updated_at > stored.updated_at
    return stored.read_at < stored.updated_at + settle


def window_start(high_water: datetime, *, overlap_days: int) -> date:
    """The day, as CODING counts days, from which a poll asks for changes."""
    return day_of(high_water) - timedelta(days=overlap_days)


def moved_mark(high_water: datetime | None, listed: Iterable[IssueRef]) -> datetime | None:
    """The mark after a listing that was read to its end: the latest change ever seen."""
    return max([*([high_water] if high_water else []), *(ref.updated_at for ref in listed)], default=None)


def is_sweep_due(cursor: CodingCursor, *, now: datetime, every: timedelta) -> bool:
    """Whether all are to be listed: never done, asked for by a hook that found nothing, or long ago."""
    return cursor.last_sweep_at is None or _is_sweep_asked(cursor) or now - cursor.last_sweep_at >= every


def is_poll_due(cursor: CodingCursor, *, now: datetime, every: timedelta) -> bool:
    """Whether a slow poll behind webhooks has its turn."""
    return cursor.last_read_at is None or _is_sweep_asked(cursor) or now - cursor.last_read_at >= every


def _is_sweep_asked(cursor: CodingCursor) -> bool:
    if cursor.sweep_asked_at is None:
        return False
    return cursor.last_sweep_at is None or cursor.sweep_asked_at >= cursor.last_sweep_at
