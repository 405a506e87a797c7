"""A dump for one year: which table of which file it is, how it is to be read, and its lines.

A first pass looks at every value of the columns with dates and shares; of a long CSV only at its beginning,
and then the second pass looks on: where the whole says otherwise, the dump is read again. All passes stream,
so memory does not grow with the files. Writing is in `warehouse.dump`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coda_pipeline.catalog_dump import DateOrder, DecimalMark, DumpEntry
from coda_pipeline.dump.archive import reading_zip
from coda_pipeline.dump.blocks import Block, blocks_of
from coda_pipeline.dump.columns import positions, refuse_unmapped
from coda_pipeline.dump.csv_form import csv_tables
from coda_pipeline.dump.dates import OrderEvidence
from coda_pipeline.dump.json_form import column_names, json_tables, refuse_missing_pages
from coda_pipeline.dump.lines import Reader
from coda_pipeline.dump.numbers import MarkEvidence
from coda_pipeline.dump.parts import Part
from coda_pipeline.dump.survey import SAMPLE_LINES, Progress, Survey, surveyed, unheard
from coda_pipeline.dump.table import DumpTable
from coda_pipeline.dump.xlsx_form import xlsx_tables
from coda_pipeline.errors import DumpError


@dataclass(frozen=True, slots=True)
class Dump:
    """What is read for one year, and how: `orders` by field.

    `survey` has seen every line where `is_surveyed`, else the first ones; then `blocks` shows it the whole.
    """

    year: int
    entry: DumpEntry
    tables: tuple[DumpTable, ...]
    orders: Mapping[str, DateOrder]
    mark: DecimalMark
    survey: Survey
    is_surveyed: bool

    def blocks(self, on_progress: Progress = unheard) -> Iterator[Block]:
        """Every line that is not blank, read or rejected."""
        whole = Survey(self.entry.columns.mapped)
        done, expected = 0, self._expected_lines
        for table in self.tables:
            listen = _nobody if self.is_surveyed else whole.listener(table)
            with reading_zip(table.name):
                for block in blocks_of(table, self._reader(table), listen):
                    yield block
                    done += block.line_count
                    on_progress(done, expected)
        on_progress(done, done)
        if not self.is_surveyed:
            self.survey.become(whole)

    def settled(self) -> "Dump":
        """This dump once its lines were read, or as it is to be read again where its end says otherwise.

        Raises `DumpError` where the whole leaves open what the beginning had settled.
        """
        found = _settled(self.survey, self.entry, self.tables, self.year)
        return self if (found.orders, found.mark) == (self.orders, self.mark) else found

    @property
    def _expected_lines(self) -> int:
        if self.is_surveyed:
            return self.survey.line_count
        return sum(table.facts.line_breaks for table in self.tables)

    def _reader(self, table: DumpTable) -> Reader:
        mapped = self.entry.columns.mapped
        return Reader(positions(mapped, table.headers), mapped, self.orders, self.mark)


def open_dump(
    parts: Sequence[Part],
    entry: DumpEntry,
    year: int,
    on_progress: Progress = unheard,
    *,
    sample_lines: int = SAMPLE_LINES,
) -> Dump:
    """Find the table of Участие among the files and settle how to read it.

    Raises `DumpError` where there is no such table or more than one, a mapped column is missing, no line is
    there, or the order of dates or the decimal mark could be either.
    """
    tables = _chosen(parts, entry, f"participation.dump.{year}")
    survey, is_surveyed = surveyed(tables, entry.columns.mapped, on_progress, sample_lines=sample_lines)
    if not survey.line_count:
        message = f"{_names(tables)} has a header and no line below it. Nothing was loaded."
        raise DumpError(message)
    return _settled(survey, entry, tables, year, is_surveyed=is_surveyed)


def _settled(
    survey: Survey, entry: DumpEntry, tables: tuple[DumpTable, ...], year: int, *, is_surveyed: bool = True
) -> Dump:
    where = f"participation.dump.{year}"
    orders: dict[str, DateOrder] = {
        name: _order(name, heard, entry, tables, where) for name, heard in survey.orders.items()
    }
    mark = _mark(survey.marks, entry, tables, where)
    return Dump(year, entry, tables, orders, mark, survey, is_surveyed)


def _nobody(_count: int, _columns: Sequence[Sequence[object]]) -> None:
    """Nobody listens."""


def _chosen(parts: Sequence[Part], entry: DumpEntry, where: str) -> tuple[DumpTable, ...]:
    pages = [part for part in parts if part.ending == ".json"]
    tables = [table for part in parts for table in _tables_in(part, entry, pages)]
    mapped = entry.columns.mapped
    fitting = [t for t in tables if len(positions(mapped, t.headers)) == len(mapped)]
    if not fitting:
        if not tables:
            message = f"No table is in {', '.join(p.name for p in parts[:5])}. Nothing was loaded."
            raise DumpError(message)
        best = max(tables, key=lambda t: len(positions(mapped, t.headers)))
        refuse_unmapped(mapped, best.headers, file=best.name, where=where)
    for table in fitting:
        refuse_unmapped(mapped, table.headers, file=table.name, where=where)
    _refuse_several(fitting, where)
    if fitting[0].form == "json":
        chosen = {table.part.name for table in fitting}
        refuse_missing_pages(part for part in pages if part.name in chosen)
    return tuple(fitting)


def _tables_in(part: Part, entry: DumpEntry, pages: Sequence[Part]) -> list[DumpTable]:
    with reading_zip(part.name):
        return _tables_by_ending(part, entry, pages)


def _tables_by_ending(part: Part, entry: DumpEntry, pages: Sequence[Part]) -> list[DumpTable]:
    if part.ending == ".json":
        # Pages of listColumns lie beside those of rows, in one folder or ZIP.
        return json_tables(part, column_names(p for p in pages if p.claim == part.claim))
    if part.ending == ".xlsx":
        return xlsx_tables(part)
    return csv_tables(part, entry)


def _refuse_several(tables: Sequence[DumpTable], where: str) -> None:
    """Pages of one table are one; anything else claims the year twice."""
    claims = {
        (t.form, t.table_id, None if t.part.claim == t.part.name else t.part.claim)
        if t.form == "json"
        else (t.form, t.name, None)
        for t in tables
    }
    if len(claims) > 1:
        message = (
            f"{len(claims)} tables could be the one of {where}: {_names(tables)}. Leave one of them in the "
            f"folder, or make {where}.files say which. Nothing was loaded."
        )
        raise DumpError(message)


def _order(
    name: str, evidence: OrderEvidence, entry: DumpEntry, tables: Sequence[DumpTable], where: str
) -> DateOrder:
    order = entry.dates or evidence.order
    if order is None:
        first, *rest = evidence.examples
        examples = f"{first} and {rest[0]}" if rest else first
        message = (
            f"In column «{entry.columns.mapped[name]}» of {_names(tables)} day and month cannot be told "
            f"apart: {examples}. Set `dates: day_first` or `dates: month_first` under {where}. "
            "Nothing was loaded."
        )
        raise DumpError(message)
    return order


def _mark(evidence: MarkEvidence, entry: DumpEntry, tables: Sequence[DumpTable], where: str) -> DecimalMark:
    mark = entry.decimal or evidence.mark
    if mark is None:
        first, *rest = evidence.examples
        examples = f"{first} and {rest[0]}" if rest else first
        message = (
            f"In column «{entry.columns.mapped['share']}» of {_names(tables)} the decimal mark cannot be "
            f'told: {examples}. Set `decimal` to "," or "." under {where}. Nothing was loaded.'
        )
        raise DumpError(message)
    return mark


def _names(tables: Sequence[DumpTable]) -> str:
    return ", ".join(table.name for table in tables[:5])
