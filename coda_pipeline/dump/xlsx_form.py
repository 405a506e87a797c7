"""XLSX: people open the CSV in Excel and save that. Sheets are read row by row, values only, no formulas."""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from coda_pipeline.dump.archive import checked_members
from coda_pipeline.dump.encoding import digest_of
from coda_pipeline.dump.parts import Part
from coda_pipeline.dump.table import DumpTable, RawLine
from coda_pipeline.errors import DumpError


def xlsx_tables(part: Part) -> list[DumpTable]:
    """Every sheet that has a header. Raises `DumpError` for what Excel could not open either."""
    with part.open() as stream, _in_words(part):
        checked_members(stream, part.name)
    facts = digest_of(part)
    with _workbook(part) as book:
        sheets = [(sheet.title, _header(sheet)) for sheet in book.worksheets]
    return [
        DumpTable(part, facts, "xlsx", header, _lines_of(part, title, len(header)), sheet=title)
        for title, header in sheets
        if header
    ]


def _lines_of(part: Part, title: str, width: int) -> Any:
    def lines() -> Iterator[RawLine]:
        with _workbook(part) as book:
            filled = _filled_rows(book[title])
            next(filled, None)
            for number, cells in filled:
                yield RawLine(number, (*cells[:width], *(None for _ in range(width - len(cells)))))

    return lines


def _header(sheet: Any) -> tuple[str, ...]:
    _, cells = next(_filled_rows(sheet), (0, ()))
    header = ["" if cell is None else str(cell) for cell in cells]
    while header and not header[-1].strip():
        header.pop()
    return tuple(header)


def _filled_rows(sheet: Any) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Rows that hold anything, with their numbers: Excel keeps a million rows that were only formatted."""
    # What a program wrote down as the size of the sheet is at times wrong.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            yield number, cells


@contextmanager
def _workbook(part: Part) -> Iterator[Any]:
    with part.open() as stream, _in_words(part), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles that openpyxl does not know matter to no value
        book = load_workbook(stream, read_only=True, data_only=True)
        try:
            yield book
        finally:
            with suppress(AttributeError):
                book.close()


@contextmanager
def _in_words(part: Part) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, SyntaxError):
        message = (
            f"The file {part.name} is no XLSX, or cut off. Save it again from Excel, or as CSV in UTF-8; "
            "nothing was loaded."
        )
        raise DumpError(message) from None
