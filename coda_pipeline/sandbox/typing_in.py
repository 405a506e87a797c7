"""How a value that somebody types in, or sends, becomes a cell (section 7).

Nothing is ever refused here: what cannot be understood stays in the cell as literal text, as in Coda.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from coda_pipeline.sandbox.cells import BLANK, Cell, Link, Person, RowRef, Scalar, is_blank
from coda_pipeline.sandbox.document import Column, DocState

ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?$")
# Taken month-first whatever was meant (section 7).
SLASHED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})$")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")


class People:
    """Who the doc knows. The first of two namesakes answers to their name."""

    def __init__(self, people: Sequence[Person] = ()) -> None:
        self._by_email: dict[str, Person] = {}
        self._by_name: dict[str, Person] = {}
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        """Makes a person known."""
        if person.email:
            self._by_email.setdefault(person.email.casefold(), person)
        self._by_name.setdefault(person.name, person)

    def find(self, text: str) -> Person | None:
        """The person with this e-mail or exactly this name."""
        return self._by_email.get(text.casefold()) or self._by_name.get(text)


def cell_from(
    value: object, column: Column, state: DocState, people: People, *, is_parsed: bool = True
) -> Cell:
    """The cell that a sent value makes. Lists may nest one level and come out flat."""
    if isinstance(value, list | tuple):
        flat = [part for item in value for part in (item if isinstance(item, list | tuple) else [item])]
        parts = [_scalar_from(part, column, state, people, is_parsed=is_parsed) for part in flat]
        return tuple(part for part in parts if not is_blank(part))
    cell = _scalar_from(value, column, state, people, is_parsed=is_parsed)
    return (cell,) if column.is_array and not is_blank(cell) else cell


def _scalar_from(
    value: object, column: Column, state: DocState, people: People, *, is_parsed: bool
) -> Scalar:
    if not isinstance(value, str | int | float | bool):
        return str(value)
    if not is_parsed or value == BLANK:
        return value
    if column.kind == "person":
        return people.find(str(value)) or str(value)
    if column.kind == "lookup":
        return _relation_from(str(value), column, state)
    return PARSERS.get(column.kind, _text_from)(value, column)


def _text_from(value: str | float | bool, _column: Column) -> Scalar:
    return value if isinstance(value, str) else _text_of(value)


def _link_from(value: str | float | bool, _column: Column) -> Scalar:
    return Link(str(value), str(value))


def _checkbox_from(value: str | float | bool, _column: Column) -> Scalar:
    return {"true": True, "false": False}.get(value.casefold(), value) if isinstance(value, str) else value


def _text_of(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _number_from(value: str | float | bool, column: Column) -> Scalar:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if column.kind == "percent" and text.endswith("%") and NUMBER.match(text[:-1]):
        return float(text[:-1]) / 100
    if not NUMBER.match(text):
        return value
    return float(text) if "." in text else int(text)


def _date_from(value: str | float | bool, column: Column) -> Scalar:
    if not isinstance(value, str):
        return value
    try:
        if column.kind == "dateTime" and "T" in value:
            return datetime.fromisoformat(value)
        if found := ISO_DATE.match(value):
            return date(*(int(part) for part in found.groups()))
        if found := SLASHED_DATE.match(value):
            month, day, year = (int(part) for part in found.groups())
            return date(year, month, day)
    except ValueError:
        return value
    return value


def _relation_from(text: str, column: Column, state: DocState) -> Scalar:
    target = state.tables.get(column.target_id or "")
    if target is None:
        return text
    if text in target.rows:
        return RowRef(target.meta.id, text)
    display = target.meta.display.id
    # Two rows of one name: which of them matches is arbitrary (section 5).
    match = next((row.id for row in target.rows.values() if row.values.get(display) == text), None)
    return RowRef(target.meta.id, match) if match else text


PARSERS: Mapping[str, Callable[[str | float | bool, Column], Scalar]] = {
    **dict.fromkeys(("number", "percent", "currency", "slider", "scale"), _number_from),
    **dict.fromkeys(("date", "dateTime"), _date_from),
    "checkbox": _checkbox_from,
    "link": _link_from,
}
