"""What a cell of the doc may hold, before any rendering.

A cell is a text, a number, a bool, a date, an aware datetime, one of the values below, or a tuple of those
for a column that holds several. A blank cell is `""`, or simply absent from its row. How a cell looks over
HTTP is in `cell_formats`, how typed-in text becomes a cell is in `typing_in`.
"""

from dataclasses import dataclass
from datetime import date, datetime

BLANK = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person; one without an e-mail is known by name only."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RowRef:
    """A relation to a row of another table."""

    table_id: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Image:
    """A hosted picture."""

    name: str
    url: str
    width: int = 400
    height: int = 400


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its text."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Formatted text, as Markdown."""

    markdown: str


Scalar = str | int | float | bool | date | datetime | Person | RowRef | Image | Link | Styled
Cell = Scalar | tuple[Scalar, ...]


def is_blank(cell: Cell) -> bool:
    """Whether a cell shows nothing."""
    return cell in (BLANK, ())
