"""One line of a dump in canonical fields, or why it cannot be read.

A line that has no readable start date belongs to no year, and one that is broken says nothing for sure: both
are rejected. Any other cell that does not fit leaves its field unreadable, with the reason, and the line is
loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from coda_pipeline.catalog_dump import DateOrder, DecimalMark
from coda_pipeline.dump.cells import SEVERAL, inner, only_part, text_of
from coda_pipeline.dump.dates import day_in_text, day_of
from coda_pipeline.dump.numbers import share_in_text, share_of
from coda_pipeline.dump.table import RawLine

MAX_CELL_CHARS = 100_000
SHOWN_CELL_CHARS = 200
NUL = "\0"
FIELDS = ("person", "activity", "role", "ended_on", "share", "comment")
UNMAPPED = "the dump has no such column"
BLANK_START = "blank, so the line belongs to no year"


class Line(NamedTuple):
    """A line in canonical fields, as typed. `unreadable` is field -> reason, `cells` what stands there."""

    number: int
    row_id: str | None
    person_name: str | None
    person_email: str | None
    activity: str | None
    activity_row_id: str | None
    role: str | None
    started_on: date
    ended_on: date | None
    share: Decimal | None
    comment: str | None
    unreadable: Mapping[str, str]
    cells: Mapping[str, str | None]

    def __repr__(self) -> str:
        return f"Line({self.number})"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not loaded. `column` is a header, `cell` the beginning of what stands there."""

    number: int
    reason: str
    column: str | None = None
    cell: str | None = attribute(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """How the lines of one table are read: the place of each mapped field, its header, orders and mark."""

    places: Mapping[str, int]
    headers: Mapping[str, str]
    orders: Mapping[str, DateOrder]
    mark: DecimalMark

    def read(self, raw: RawLine) -> Line | Rejected:
        """Read a line whose cells are of any kind."""
        if raw.problem:
            return Rejected(raw.number, raw.problem)
        cells = {name: raw.cells[place] for name, place in self.places.items()}
        texts = {name: text_of(cell) for name, cell in cells.items()}
        broken = self._broken(raw.number, texts)
        if broken:
            return broken
        given = {name: only_part(cell)[0] for name, cell in cells.items()}
        started_on = self._day("started_on", given)
        if not isinstance(started_on, date):
            return self._without_start(raw.number, started_on, texts["started_on"])
        unreadable = {name: SEVERAL for name in ("person", "activity") if isinstance(given.get(name), list)}
        share = share_of(given.get("share"), self.mark)
        return self._line(
            raw.number,
            texts | {"row_id": raw.row_id or texts.get("row_id")},
            (started_on, self._day("ended_on", given), share),
            unreadable,
            (inner(given.get("person"), "email"), inner(given.get("activity"), "rowId")),
        )

    def read_texts(self, raw: RawLine) -> Line | Rejected:
        """As `read`, of a line of CSV: what has fences or is a list elsewhere is text here."""
        if raw.problem:
            return Rejected(raw.number, raw.problem)
        cells = {name: str(raw.cells[place]) for name, place in self.places.items()}
        broken = self._broken(raw.number, cells)
        if broken:
            return broken
        texts = {name: cell.strip() or None for name, cell in cells.items()}
        started_on = day_in_text(cells["started_on"], self.orders["started_on"])
        if not isinstance(started_on, date):
            return self._without_start(raw.number, started_on, texts["started_on"])
        ended_on = day_in_text(cells.get("ended_on", ""), self.orders.get("ended_on", "year_first"))
        share = share_in_text(cells.get("share", ""), self.mark)
        return self._line(raw.number, texts, (started_on, ended_on, share), {}, (None, None))

    def _line(
        self,
        number: int,
        texts: Mapping[str, str | None],
        values: tuple[object, object, object],
        unreadable: dict[str, str],
        identities: tuple[str | None, str | None],
    ) -> Line:
        """A line of its texts, with what does not fit as it stands."""
        started_on, ended_on, share = values
        ended_on = _or_reason(ended_on, "ended_on", unreadable)
        share = _or_reason(share, "share", unreadable)
        get = texts.get
        return Line(
            number,
            get("row_id"),
            None if "person" in unreadable else get("person"),
            identities[0] or get("person_email"),
            None if "activity" in unreadable else get("activity"),
            identities[1],
            get("role"),
            started_on,  # type: ignore[arg-type]
            ended_on,  # type: ignore[arg-type]
            share,  # type: ignore[arg-type]
            get("comment"),
            {**self.unmapped, **unreadable},
            {self.headers[name]: get(name) for name in unreadable},
        )

    @property
    def unmapped(self) -> dict[str, str]:
        """The fields that no line of this table can tell of, with the reason."""
        return {name: UNMAPPED for name in FIELDS if name not in self.places}

    def _day(self, name: str, given: Mapping[str, object]) -> date | str | None:
        cell = given.get(name)
        # The fences of a rich text are no part of it.
        cell = cell.strip("`") if isinstance(cell, str) else cell
        return day_of(cell, self.orders.get(name, "year_first"))

    def _broken(self, number: int, texts: Mapping[str, str | None]) -> Rejected | None:
        for name, text in texts.items():
            if text and NUL in text:
                shown = text.replace(NUL, "�")[:SHOWN_CELL_CHARS]
                return Rejected(number, "a zero byte in the cell", self.headers[name], shown)
            if text and len(text) > MAX_CELL_CHARS:
                reason = f"{len(text):,} characters in one cell"
                return Rejected(number, reason, self.headers[name], text[:SHOWN_CELL_CHARS])
        return None

    def _without_start(self, number: int, reason: object, cell: str | None) -> Rejected:
        said = reason if isinstance(reason, str) else BLANK_START
        return Rejected(number, said, self.headers["started_on"], cell[:SHOWN_CELL_CHARS] if cell else None)


def _or_reason(value: object, name: str, unreadable: dict[str, str]) -> object:
    if isinstance(value, str):
        unreadable[name] = value
        return None
    return value
