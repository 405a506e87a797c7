"""What the columns with dates and shares of a dump say, from every value, and how many lines there are.

The one thing to know: each different text is heard once, in the order of the file, so that the examples in a
refusal are its first ones.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from coda_pipeline.catalog_dump import DateOrder, DecimalMark
from coda_pipeline.dump.archive import reading_zip
from coda_pipeline.dump.blocks import BLOCK_LINES
from coda_pipeline.dump.cells import text_of
from coda_pipeline.dump.columns import positions
from coda_pipeline.dump.dates import OrderEvidence
from coda_pipeline.dump.numbers import MarkEvidence
from coda_pipeline.dump.table import DumpTable

DATE_FIELDS = ("started_on", "ended_on")
DIFFERENT_TEXTS = 50_000
# What is longer is neither a date nor a number.
MAX_TELLING_CHARS = 200
# A file of more lines is read once where its beginning is clear, and twice where its end says otherwise.
SAMPLE_LINES = 10_000
Verdict = tuple[Mapping[str, DateOrder | None], DecimalMark | None]
Progress = Callable[[int, int | None], None]
Heard = tuple[int, Callable[[str], None], set[object]]


def unheard(_done: int, _total: int | None) -> None:
    """Progress of which nobody wants to know."""


@dataclass
class Survey:
    """What the tables of a dump say, of the fields in `mapped`; `line_count` without blank lines."""

    mapped: Mapping[str, str]
    orders: dict[str, OrderEvidence] = field(default_factory=dict)
    marks: MarkEvidence = field(default_factory=MarkEvidence)
    line_count: int = 0

    def __post_init__(self) -> None:
        self.orders = {name: OrderEvidence() for name in DATE_FIELDS if name in self.mapped}

    @property
    def says(self) -> Verdict:
        """The order of each column with dates, and the decimal mark; None where it is open."""
        return {name: evidence.order for name, evidence in self.orders.items()}, self.marks.mark

    def is_clear(self) -> bool:
        """Whether nothing is open so far."""
        orders, mark = self.says
        return mark is not None and all(orders.values())

    def become(self, whole: "Survey") -> None:
        """Say what another survey says, that saw the whole."""
        self.orders, self.marks, self.line_count = whole.orders, whole.marks, whole.line_count

    def listener(self, table: DumpTable) -> Callable[[int, Sequence[Sequence[object]]], None]:
        """What is to be told of the lines of a table: how many, and by column the cells that can be read."""
        places = positions(self.mapped, table.headers)
        heard: list[Heard] = [(places[name], self.orders[name].hear, set()) for name in self.orders]
        if "share" in places:
            heard.append((places["share"], self.marks.hear, set()))

        def listen(count: int, columns: Sequence[Sequence[object]]) -> None:
            for place, hear, known in heard if columns else ():
                _hear(columns[place], hear, known)
            self.line_count += count

        return listen


def surveyed(
    tables: Sequence[DumpTable],
    mapped: Mapping[str, str],
    on_progress: Progress = unheard,
    *,
    sample_lines: int = SAMPLE_LINES,
) -> tuple[Survey, bool]:
    """A first look: to the end, or until everything is clear and so many lines were seen; and which it was.

    Raises `DumpError` where a table cannot be read to its end.
    """
    survey = Survey(mapped)
    for table in tables:
        listen = survey.listener(table)
        with reading_zip(table.name):
            for count, rows in _rows(table):
                listen(count, list(zip(*rows, strict=True)))
                on_progress(survey.line_count, None)
                # JSON and XLSX are as slow to read as their lines are few: always to the end.
                if table.blocks and survey.line_count >= sample_lines and survey.is_clear():
                    return survey, False
    return survey, True


def _rows(table: DumpTable) -> Iterator[tuple[int, Sequence[Sequence[object]]]]:
    """Lines by the block: how many, and the cells of those that can be read."""
    if table.blocks is not None:
        yield from ((len(some.rows) + len(some.broken), some.rows) for some in table.blocks())
    elif table.lines is not None:
        lines = table.lines()
        while some := list(islice(lines, BLOCK_LINES)):
            yield len(some), [list(map(_hashable, raw.cells)) for raw in some if raw.problem is None]


def _hashable(cell: object) -> str | None:
    """Only texts say anything of how they are to be read."""
    return cell if isinstance(cell, str) else None


def _hear(cells: Iterable[object], hear: Callable[[str], None], known: set[object]) -> None:
    """Tell of each different text once; of those beyond the limit, again with each block."""
    for cell in dict.fromkeys(cells):
        if cell in known or not isinstance(cell, str) or len(cell) > MAX_TELLING_CHARS:
            continue
        if len(known) < DIFFERENT_TEXTS:
            known.add(cell)
        text = text_of(cell)
        if text is not None:
            hear(text)
