"""Shares as people and programs write them: `0,5`, `0.5`, `50 %`, `1 234,56`; and a column's decimal mark.

The mark is a fact of a whole column: `1,234` alone could be either, and is then not guessed.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from coda_pipeline.catalog_dump import DecimalMark

THOUSAND_DIGITS = 3
PERCENT = 100
NOT_A_NUMBER = "text that is not a number"
BELOW_0 = "a share below 0"
OVER_1 = "a share over 1; write half of the time as 0.5 or 50 %"
_SPACES = re.compile(r"[\s'’]+")
_NUMBER = re.compile(r"-?\d[\d.,]*|-?[.,]\d+")


@dataclass
class MarkEvidence:
    """What the values of one column say about the decimal mark, with examples of each."""

    comma: str | None = None
    point: str | None = None
    open: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """Take one value into account."""
        says = mark_of(text)
        if says == ",":
            self.comma = self.comma or text
        elif says == ".":
            self.point = self.point or text
        elif says == "either" and len(self.open) < 2 and text not in self.open:  # noqa: PLR2004
            self.open.append(text)

    @property
    def mark(self) -> DecimalMark | None:
        """The mark, None where it stays open. Where no value has one, any will do."""
        if self.comma and self.point:
            return None
        if self.comma or self.point:
            return "," if self.comma else "."
        return None if self.open else "."

    @property
    def examples(self) -> list[str]:
        """Two values for which the mark matters."""
        contradicting = [text for text in (self.comma, self.point) if text]
        return contradicting if len(contradicting) > 1 else self.open


@lru_cache(maxsize=65536)
def mark_of(text: str) -> str | None:
    """What one value says: `,`, `.`, either, or None where it says nothing."""
    number = _bare(text)
    if not _NUMBER.fullmatch(number):
        return None
    comma, point = number.count(","), number.count(".")
    if comma and point:
        return "," if number.rfind(",") > number.rfind(".") else "."
    if not comma and not point:
        return None
    mark, other = (",", ".") if comma else (".", ",")
    if comma + point > 1:
        return other
    whole, _, rest = number.partition(mark)
    is_grouping = len(rest) == THOUSAND_DIGITS and whole.strip("-").strip("0") != ""
    return "either" if is_grouping else mark


def share_of(cell: object, mark: DecimalMark) -> Decimal | str | None:
    """The share in a cell, None where it is blank, or in words why it is none."""
    if cell is None:
        return None
    if isinstance(cell, str):
        return share_in_text(cell, mark)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return NOT_A_NUMBER
    return _within(Decimal(repr(cell)))


@lru_cache(maxsize=65536)
def share_in_text(text: str, mark: DecimalMark) -> Decimal | str | None:
    """As `share_of`, of a text."""
    number = _bare(text)
    if not number:
        return None
    if not _NUMBER.fullmatch(number):
        return NOT_A_NUMBER
    plain = number.replace("." if mark == "," else ",", "").replace(",", ".")
    try:
        share = Decimal(plain)
    except InvalidOperation:
        return NOT_A_NUMBER
    return _within(share / PERCENT if text.rstrip().endswith("%") else share)


def _bare(text: str) -> str:
    return _SPACES.sub("", text).rstrip("%")


def _within(share: Decimal) -> Decimal | str:
    if not share.is_finite():
        return NOT_A_NUMBER
    if share < 0:
        return BELOW_0
    return OVER_1 if share > 1 else share
