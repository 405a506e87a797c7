"""The lines of a dump: Участие as the doc holds it, what the doc no longer holds, and lines that hands broke.

How they look in a file is in `dump_files`. Nothing is drawn but from the seed.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import BLANK, Cell, Person
from coda_pipeline.sandbox.demo_doc import DocContent
from coda_pipeline.sandbox.document import RowVersion

COLUMNS = schema.PARTICIPATION_COLUMNS
HEADERS = tuple(column.name for column in COLUMNS)
ODD_SHARES = ("1\u00a0234,56", "по факту")
Line = dict[str, Cell]
# The id of its row, and its cells by column.
Lines = Sequence[tuple[str, Line]]
Broken = Sequence[Sequence[str]]


@dataclass
class Written:
    """What was written: where, how many lines, how many of each year can be read, how many cannot."""

    path: Path
    lines: int = 0
    of_year: Counter[int] = field(default_factory=Counter)
    unreadable: int = 0

    def count(self, lines: Lines, broken: Broken) -> None:
        """Count these lines; blank ones are none."""
        for _, line in lines:
            if not any(cell not in (BLANK, ()) for cell in line.values()):
                continue
            self.lines += 1
            year = year_of(line)
            if year is None:
                self.unreadable += 1
            else:
                self.of_year[year] += 1
        self.lines += len(broken)
        self.unreadable += len(broken)


def lines_of(content: DocContent, year: int, dice: random.Random, *, dirt: bool) -> Lines:
    """The rows of Участие; with dirt, also lines of `year` that tell of what the doc no longer holds."""
    rows = list(content.rows[schema.PARTICIPATION].values())
    day = max((row.updated_at for row in rows), default=schema.MADE_AT).date()
    lines = [(row.id, _calculated(row.values, day)) for row in rows]
    return [*lines, *(_left_since(rows, year, dice) if dirt else ())]


def broken_lines(year: int) -> Broken:
    """Lines as hands and programs break them; each cannot be read, or belongs to no year."""
    return [
        ["Петрова Мария", "Склад 2.0", "Эксперт", f"31.02.{year}", *(BLANK for _ in HEADERS[4:])],
        ["Петрова Мария", "Склад 2.0", "Эксперт", "01.05.0023", *(BLANK for _ in HEADERS[4:])],
        ["Петрова Мария", "Склад 2.0", "Эксперт", "весной", *(BLANK for _ in HEADERS[4:])],
        ["Петрова Мария", "Склад 2.0", "Эксперт"],
    ]


def year_of(line: Mapping[str, Cell]) -> int | None:
    """The year of the start date, where there is one."""
    start = line.get(schema.START)
    return start.year if isinstance(start, date) else None


def _calculated(values: Mapping[str, Cell], day: date) -> Line:
    """A row with its formulas as they stood on the day of the dump."""
    line = dict(values)
    for column in COLUMNS:
        until = values.get(column.days_until) if column.days_until else None
        if isinstance(until, date) and not isinstance(until, datetime):
            line[column.id] = (until - day).days
    return line


def _left_since(rows: Sequence[RowVersion], year: int, dice: random.Random) -> list[tuple[str, Line]]:
    """Lines that the doc no longer has: people who left, activities that were closed and deleted."""
    of_year = [
        row
        for row in rows
        if year_of(row.values) == year and isinstance(row.values.get(schema.PERSON), Person)
    ]
    gone = []
    for number, row in enumerate(dice.sample(of_year, min(len(of_year), max(1, len(of_year) // 20)))):
        line = dict(row.values) | {schema.NOTE: "перенесено из старой таблицы"}
        if number % 2:
            line[schema.PERSON] = Person(f"Уволенный Сотрудник {number}")
        else:
            line[schema.PROJECT] = f"Закрытый проект {number}, этап {number % 3 + 1}"
        if number % 4 == 0:
            line[schema.SHARE] = ODD_SHARES[number // 4 % len(ODD_SHARES)]
        gone.append((f"i-Gone{year}{number:04}", line))
    return gone
