"""One part of a long list, by its number. Pure."""

import math
from dataclasses import dataclass

MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of `total` things is shown; `number` counts from 1."""

    number: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        """How many things come before."""
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        """The number of the last part, 1 where there is nothing."""
        return max(1, math.ceil(self.total / self.size))

    @property
    def first_shown(self) -> int:
        """The place of the first thing shown, counted from 1."""
        return min(self.offset + 1, self.total)

    @property
    def last_shown(self) -> int:
        """The place of the last thing shown."""
        return min(self.offset + self.size, self.total)


def paging(asked: str | None, *, size: int, total: int) -> Paging:
    """The part that was asked for; the nearest there is where that says nothing."""
    is_number = asked is not None and asked.isascii() and asked.isdigit() and len(asked) <= len(str(MAX_PAGE))
    number = int(asked or "1") if is_number else 1
    return Paging(min(max(1, number), Paging(1, size, total).last), size, total)
