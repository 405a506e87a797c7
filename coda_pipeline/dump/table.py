"""What every form of file gives: headers, and lines of cells under them. The forms are `*_form`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coda_pipeline.dump.encoding import FileFacts
from coda_pipeline.dump.parts import Part


class RawLine(NamedTuple):
    """One line below the header. `problem` says why it cannot be read at all; JSON knows its row's id."""

    number: int
    cells: Sequence[object]
    row_id: str | None = None
    problem: str | None = None

    def __repr__(self) -> str:
        return f"RawLine({self.number})"


class TextLines(NamedTuple):
    """Some lines of CSV: their numbers, their cells, all as many as the header's, and lines that were cut."""

    numbers: Sequence[int]
    rows: Sequence[Sequence[str]]
    broken: Sequence[RawLine]

    def __repr__(self) -> str:
        return f"TextLines({len(self.rows)})"


@dataclass(frozen=True, slots=True)
class DumpTable:
    """One table in one file; a JSON page is one of several. `doc_id`, `table_id` where the file says them.

    Lines that are not blank come as `blocks` of texts from CSV, where a hundred thousand are usual, and one
    by one as `lines`, their cells of any kind, from the other forms.
    """

    part: Part
    facts: FileFacts
    form: str  # csv | json | xlsx
    headers: tuple[str, ...]
    lines: Callable[[], Iterator[RawLine]] | None = field(default=None, repr=False, compare=False)
    blocks: Callable[[], Iterator[TextLines]] | None = field(default=None, repr=False, compare=False)
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    doc_id: str | None = None
    table_id: str | None = None

    @property
    def name(self) -> str:
        """As a person finds it."""
        return f"{self.part.name}, sheet {self.sheet}" if self.sheet else self.part.name
