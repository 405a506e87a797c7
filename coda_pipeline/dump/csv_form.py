"""CSV as Coda exports it and as people save it from Excel: delimiter, header, and lines with their numbers.

The delimiter is the one that finds the mapped headers in the first line. A line that has not as many cells as
the header has was cut by an unquoted delimiter or line break, and is not read by guessing.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from operator import itemgetter

from coda_pipeline.catalog_dump import DumpEntry
from coda_pipeline.dump.columns import is_same_header
from coda_pipeline.dump.encoding import examine
from coda_pipeline.dump.parts import Part
from coda_pipeline.dump.table import DumpTable, RawLine, TextLines
from coda_pipeline.errors import DumpError

DELIMITERS = (",", ";", "\t")
# A cell of Coda holds some ten thousand letters; 10 MB in one are an accident, more an open quote.
MAX_CELL_CHARS = 100_000
MAX_FIELD_CHARS = 64 << 20
# Few enough that a block of long cells is small, many enough that a block costs nothing by itself.
BLOCK_LINES = 500
SEPARATOR_LINE = "sep="
QUOTE = '"'
# Longer cells are left to the csv module, which makes fewer copies of them.
MAX_SPLIT_CHARS = 1 << 22
# The cells of some records, and how many lines of the file they are.
Rows = tuple[list[list[str]], int]
_FIRST = itemgetter(0)


def csv_tables(part: Part, entry: DumpEntry) -> list[DumpTable]:
    """The table of a CSV file; none where it has no header. Raises `DumpError`."""
    facts = examine(part, entry.encoding)
    delimiter = entry.delimiter or _delimiter_of(part, facts.encoding, list(entry.columns.mapped.values()))
    header = _header(part, facts.encoding, delimiter)
    if not header:
        return []

    def blocks() -> Iterator[TextLines]:
        return _blocks(part, facts.encoding, delimiter)

    return [
        DumpTable(part, facts, "csv", header, blocks=blocks, encoding=facts.encoding, delimiter=delimiter)
    ]


def _delimiter_of(part: Part, encoding: str, wanted: list[str]) -> str:
    """The delimiter that finds most of the wanted headers, then the one that gives most columns."""

    def rank(delimiter: str) -> tuple[int, int]:
        header = _header(part, encoding, delimiter)
        return sum(any(is_same_header(w, h) for h in header) for w in wanted), len(header)

    return max(DELIMITERS, key=rank)


def _header(part: Part, encoding: str, delimiter: str) -> tuple[str, ...]:
    with _text_of(part, encoding) as text:
        return tuple(_first_cells(csv.reader(text, delimiter=delimiter)))


def _first_cells(records: Iterable[list[str]]) -> list[str]:
    return next((cells for cells in records if not _is_above_header(cells)), [])


def _blocks(part: Part, encoding: str, delimiter: str) -> Iterator[TextLines]:
    """The lines below the header, by the block."""
    with _text_of(part, encoding) as text:
        records = csv.reader(text, delimiter=delimiter)
        width = len(_first_cells(records))
        above = records.line_num
        while lines := list(islice(text, BLOCK_LINES)):
            rows, count = _split(lines, delimiter) or _parsed(lines, text, delimiter)
            if count == len(rows) and _are_whole(rows, width):
                yield TextLines(range(above + 1, above + count + 1), rows, ())
            else:
                yield _sorted_out(rows, width, above)
            above += count


def _split(lines: list[str], delimiter: str) -> Rows | None:
    """The cells of lines that are no more than cells and delimiters; None where the csv module has to look.

    Splitting takes a third of the time of the csv module, and most lines have nothing quoted.
    """
    whole = "".join(lines)
    if QUOTE in whole or len(whole) > MAX_SPLIT_CHARS:
        return None
    ending = "\r\n" if "\r" in whole else "\n"
    *texts, rest = whole.split(ending)
    if rest or len(texts) != len(lines):
        return None
    return [text.split(delimiter) for text in texts], len(lines)


def _parsed(lines: list[str], below: Iterator[str], delimiter: str) -> Rows:
    """As many records as there are lines, with those from `below` into which a cell goes on."""
    records = csv.reader(chain(lines, below), delimiter=delimiter)
    return list(islice(records, len(lines))), records.line_num


def _are_whole(rows: list[list[str]], width: int) -> bool:
    """Whether each has as many cells as the header, and something in the first: nearly always."""
    return set(map(len, rows)) == {width} and all(map(str.strip, map(_FIRST, rows)))


def _sorted_out(rows: list[list[str]], width: int, above: int) -> TextLines:
    """Lines of as many cells as the header, and those that were cut; `above` is the last line before them."""
    numbers, whole, broken = [], [], []
    for cells in rows:
        number = above + 1
        above = number + sum(map(_breaks_in, cells))
        if _is_blank(cells):
            continue
        if len(cells) == width:
            numbers.append(number)
            whole.append(cells)
        else:
            problem = f"{len(cells)} cells, where the header has {width}"
            broken.append(RawLine(number, cells, None, problem))
    return TextLines(numbers, whole, broken)


def _breaks_in(cell: str) -> int:
    """How many times a cell goes on in the next line of the file."""
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


def _is_blank(cells: list[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)


def _is_above_header(cells: list[str]) -> bool:
    """Blank lines, and the one that tells Excel the delimiter."""
    return _is_blank(cells) or cells[0].lower().startswith(SEPARATOR_LINE)


@contextmanager
def _text_of(part: Part, encoding: str) -> Iterator[Iterator[str]]:
    """Every line of a file, with its end as it stands."""
    with part.open() as raw, _fields_up_to(MAX_FIELD_CHARS), _in_words(part):
        yield io.TextIOWrapper(raw, encoding=encoding, newline="")


@contextmanager
def _fields_up_to(chars: int) -> Iterator[None]:
    """The csv module's limit is one of the process: 128 KB unless told."""
    before = csv.field_size_limit(max(chars, csv.field_size_limit()))
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def _in_words(part: Part) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        # Not the error's own text: it quotes the file.
        message = (
            f"The file {part.name} is not in {error.encoding} throughout. Remove `encoding` from its year "
            "under participation.dump to have it detected, or export it again as UTF-8."
        )
        raise DumpError(message) from None
    except UnicodeError:
        message = f"The file {part.name} cannot be read in its encoding. Export it again as UTF-8."
        raise DumpError(message) from None
    except csv.Error as error:
        message = (
            f"The file {part.name} is no CSV throughout: {error}. Most often a quote was opened and never "
            "closed. Nothing was loaded."
        )
        raise DumpError(message) from None
