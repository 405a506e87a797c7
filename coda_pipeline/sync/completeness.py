"""Was a table read completely? The judgement over the attempts of one full read, as a pure function.

A listing alone proves nothing: pages are taken one after another while people work in the table. What proves
it is the table's own row count, before and after, or a second listing with the same rows (design section 5).
Reading itself is in `full_read`; what follows for vanished rows is in `guard`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# The first reading and two more: a table that still moves then is kept as it was read last.
MAX_MOVED_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """One listing of a table; `before` and `after` are its own row count.

    `rows` counts distinct row ids, `digest` is equal for two listings of the same ids in whatever order.
    """

    before: int
    rows: int
    digest: str
    after: int

    @property
    def has_moved(self) -> bool:
        """Rows came or went while the pages were read."""
        return self.before != self.after

    @property
    def is_confirmed(self) -> bool:
        """The table counts as many rows as were listed, before and after."""
        return self.before == self.rows == self.after


class Verdict(StrEnum):
    """What the attempts so far allow."""

    COMPLETE = "complete"
    """Every row was read: what is missing has vanished."""
    READ_AGAIN = "read_again"
    """Not settled yet: another listing is needed."""
    MOVED = "moved"
    """The table kept moving: keep what was read, delete nothing."""
    SHORT = "short"
    """Twice the same rows, and not as many as the table counts: keep, delete only what answers 404 itself."""
    INCOMPLETE = "incomplete"
    """Two listings differ although the table stood still: nothing may be merged."""


def judge(attempts: Sequence[Attempt], *, is_count_trusted: bool = True) -> Verdict:
    """The verdict on one or more attempts, oldest first. There are never more than six.

    Where the row count is not to be trusted, two listings in a row with the same ids are the proof.
    """
    last = attempts[-1]
    previous = attempts[-2] if len(attempts) > 1 else None
    if not is_count_trusted:
        if previous is not None and previous.digest == last.digest:
            return Verdict.COMPLETE
        return _again_unless_used_up(len(attempts))
    if last.is_confirmed:
        return Verdict.COMPLETE
    if last.has_moved:
        return _again_unless_used_up(sum(attempt.has_moved for attempt in attempts))
    if previous is None or previous.has_moved:
        return Verdict.READ_AGAIN
    return Verdict.SHORT if previous.digest == last.digest else Verdict.INCOMPLETE


def _again_unless_used_up(moved: int) -> Verdict:
    return Verdict.READ_AGAIN if moved < MAX_MOVED_ATTEMPTS else Verdict.MOVED
