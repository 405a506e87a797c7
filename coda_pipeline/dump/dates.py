"""Days as people and programs write them, and in which order a column has day and month.

The order is a fact of a whole column: one value in which the first number is over 12 settles it. Where no
value does, or some say one and some the other, it is not guessed. Between dots it is day, month, year.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from coda_pipeline.catalog_dump import FIRST_YEAR, LAST_YEAR, DateOrder

MONTHS = 12
DAYS = 31
CENTURY = 2000
NOT_A_DATE = "text that is not a date"
NO_SUCH_DAY = "there is no such day"
A_NUMBER = "a number that is not a date"

_TIME = r"(?:[T ,]+\d{1,2}:\d{2}.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-./](\d{{1,2}})[-./](\d{{1,2}}){_TIME}")
_NUMBERS = re.compile(rf"(\d{{1,2}})([-./])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_DAY_WORD = re.compile(rf"(\d{{1,2}})[ .-]+([^\W\d_]{{3,}})[ .,-]+(\d{{4}})(?: ?(?:г|года)\.?)?{_TIME}")
_WORD_DAY = re.compile(rf"([^\W\d_]{{3,}})[ .]+(\d{{1,2}}),? +(\d{{4}}){_TIME}")
_STEMS = (
    ("янв", "jan"), ("фев", "feb"), ("мар", "mar"), ("апр", "apr"), ("май", "may"), ("июн", "jun"),
    ("июл", "jul"), ("авг", "aug"), ("сен", "sep"), ("окт", "oct"), ("ноя", "nov"), ("дек", "dec"),
)  # fmt: skip
_MONTH_OF = {stem: number for number, stems in enumerate(_STEMS, start=1) for stem in stems} | {"мая": 5}


@dataclass
class OrderEvidence:
    """What the values of one column say about the order, with examples of each."""

    day_first: str | None = None
    month_first: str | None = None
    open: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """Take one value into account."""
        says = order_of(text)
        if says == "day_first":
            self.day_first = self.day_first or text
        elif says == "month_first":
            self.month_first = self.month_first or text
        elif says == "either" and len(self.open) < 2 and text not in self.open:  # noqa: PLR2004
            self.open.append(text)

    @property
    def order(self) -> DateOrder | None:
        """The order, None where it stays open. Where no value has one, any will do."""
        if self.day_first and self.month_first:
            return None
        if self.day_first or self.month_first:
            return "day_first" if self.day_first else "month_first"
        return None if self.open else "year_first"

    @property
    def examples(self) -> list[str]:
        """Two values for which the order matters."""
        contradicting = [text for text in (self.day_first, self.month_first) if text]
        return contradicting if len(contradicting) > 1 else self.open


@lru_cache(maxsize=65536)
def order_of(text: str) -> str | None:
    """What one value says: day_first, month_first, either, or None where it says nothing."""
    found = _NUMBERS.fullmatch(text.strip())
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    if MONTHS < first <= DAYS and second <= MONTHS:
        return "day_first"
    if MONTHS < second <= DAYS and first <= MONTHS:
        return "month_first"
    if first > MONTHS or second > MONTHS or first == second:
        return None
    return "day_first" if found[2] == "." else "either"


def day_of(cell: object, order: DateOrder) -> date | str | None:
    """The day in a cell, None where it is blank, or in words why it is none."""
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if cell is None:
        return None
    return day_in_text(cell, order) if isinstance(cell, str) else A_NUMBER


@lru_cache(maxsize=65536)
def day_in_text(text: str, order: DateOrder) -> date | str | None:
    """As `day_of`, of a text. Times of day are left out: the day is the one that the person sees."""
    written = text.strip()
    if not written:
        return None
    parts = _parts_of(written, order)
    if parts is None:
        return NOT_A_DATE
    try:
        return _plausible(date(*parts))
    except ValueError:
        return NO_SUCH_DAY


def _parts_of(text: str, order: DateOrder) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMBERS.fullmatch(text):
        if order == "year_first" and found[1] != found[3] and order_of(text) is not None:
            return None
        day, month = (found[3], found[1]) if order == "month_first" else (found[1], found[3])
        year = int(found[4]) + (CENTURY if len(found[4]) == 2 else 0)  # noqa: PLR2004
        return year, int(month), int(day)
    if found := _DAY_WORD.fullmatch(text):
        return _with_month(found[3], found[2], found[1])
    if found := _WORD_DAY.fullmatch(text):
        return _with_month(found[3], found[1], found[2])
    return None


def _with_month(year: str, word: str, day: str) -> tuple[int, int, int] | None:
    month = _MONTH_OF.get(word.lower()[:3])
    return (int(year), month, int(day)) if month else None


def _plausible(day: date) -> date | str:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    return f"the year {day.year:04} is not between {FIRST_YEAR} and {LAST_YEAR}"
