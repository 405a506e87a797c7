"""Lines of a dump as they are written: many at once, by column, every value as text that PostgreSQL reads.

A hundred thousand lines of CSV hold a few thousand different texts, so each is read once; the few lines with
a cell that does not fit are left to `lines`, which says why. The one thing to know: both ways read alike.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import orjson

from coda_pipeline.catalog_dump import DateOrder, DecimalMark
from coda_pipeline.dump.dates import day_in_text
from coda_pipeline.dump.lines import MAX_CELL_CHARS, NUL, Line, Reader, Rejected
from coda_pipeline.dump.numbers import share_in_text
from coda_pipeline.dump.remembered import Remembered
from coda_pipeline.dump.table import DumpTable, RawLine, TextLines

BLOCK_LINES = 500
# No text that can be stored holds a zero byte.
ODD = NUL
# The columns of a mapped field, where it is named otherwise.
COLUMN_OF = {"person": "person_name"}
COLUMNS = (
    "row_id",
    "person_name",
    "person_email",
    "activity",
    "activity_row_id",
    "role",
    "started_on",
    "ended_on",
    "share",
    "comment",
    "unreadable",
    "cells",
)
Texts = Sequence[str | None]
Columns = Mapping[str, Texts]
Listener = Callable[[int, Sequence[Sequence[object]]], None]


class Block(NamedTuple):
    """Some lines of one table. A column that is missing in `columns` is blank throughout.

    `unreadable` and `cells` of a line are JSON; days are ISO, numbers have a point.
    """

    table: DumpTable
    numbers: Sequence[int]
    columns: Columns
    rejected: Sequence[Rejected]

    def __repr__(self) -> str:
        return f"Block({len(self.numbers)} lines, {len(self.rejected)} rejected)"

    @property
    def line_count(self) -> int:
        """How many lines of the file these are."""
        return len(self.numbers) + len(self.rejected)


def blocks_of(table: DumpTable, reader: Reader, listen: Listener) -> Iterator[Block]:
    """The lines of a table, read. Tells `listen` of those of CSV: how many, and their cells by column."""
    if table.blocks is None:
        lines = map(reader.read, table.lines() if table.lines else ())
        while some := list(islice(lines, BLOCK_LINES)):
            yield _transposed(table, some)
        return
    columns = _TextColumns(reader, listen)
    for texts in table.blocks():
        yield from columns.read(table, texts)


class _TextColumns:
    """The mapped columns of a CSV file, and the different texts of each."""

    def __init__(self, reader: Reader, listen: Listener) -> None:
        self._reader, self._listen = reader, listen
        self._columns = [
            (COLUMN_OF.get(name, name), place, Remembered[str, str | None](_reading(name, reader)))
            for name, place in reader.places.items()
        ]
        self._unmapped = _json(reader.unmapped)

    def read(self, table: DumpTable, texts: TextLines) -> Iterator[Block]:
        """One block of what can be read at once, and one of the lines that need a second look."""
        found: dict[str, list[str | None]] = {}
        odd: set[int] = set()
        cells = list(zip(*texts.rows, strict=True))
        for column, place, values in self._columns if cells else ():
            found[column] = read = list(map(values.__getitem__, cells[place]))
            if ODD in read:
                odd.update(at for at, value in enumerate(read) if value == ODD)
        self._listen(len(texts.rows) + len(texts.broken), cells)
        if odd or texts.broken:
            raws = chain(texts.broken, (RawLine(texts.numbers[at], texts.rows[at]) for at in sorted(odd)))
            yield _transposed(table, list(map(self._reader.read_texts, raws)))
        numbers = texts.numbers
        if odd:
            kept = [at for at in range(len(numbers)) if at not in odd]
            numbers = [numbers[at] for at in kept]
            found = {column: [values[at] for at in kept] for column, values in found.items()}
        if self._unmapped:
            found["unreadable"] = [self._unmapped] * len(numbers)
        if numbers:
            yield Block(table, numbers, found, ())


def _reading(name: str, reader: Reader) -> Callable[[str], str | None]:
    """How a cell of a field becomes text: `ODD` where the line needs a second look."""
    if name == "started_on":
        return partial(_start, order=reader.orders[name])
    if name == "ended_on":
        return partial(_end, order=reader.orders[name])
    return partial(_share, mark=reader.mark) if name == "share" else _text


def _text(cell: str) -> str | None:
    if len(cell) > MAX_CELL_CHARS or NUL in cell:
        return ODD
    return cell.strip() or None


def _start(cell: str, order: DateOrder) -> str | None:
    return _end(cell, order) or ODD


def _end(cell: str, order: DateOrder) -> str | None:
    day = day_in_text(cell, order) if _text(cell) != ODD else ODD
    if day is None:
        return None
    return day.isoformat() if isinstance(day, date) else ODD


def _share(cell: str, mark: DecimalMark) -> str | None:
    share = share_in_text(cell, mark) if _text(cell) != ODD else ODD
    if share is None:
        return None
    return str(share) if isinstance(share, Decimal) else ODD


def _transposed(table: DumpTable, lines: Sequence[Line | Rejected]) -> Block:
    good = [line for line in lines if isinstance(line, Line)]
    rejected = [line for line in lines if isinstance(line, Rejected)]
    columns = {name: [_shown(getattr(line, name)) for line in good] for name in COLUMNS}
    return Block(table, [line.number for line in good], columns, rejected)


def _shown(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _json(value) if isinstance(value, Mapping) else str(value)


def _json(content: Mapping[str, str | None]) -> str | None:
    return orjson.dumps(content).decode() if content else None
