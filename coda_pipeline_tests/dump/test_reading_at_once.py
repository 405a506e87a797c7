"""Lines of CSV are read many at once: as if each had been read by itself, whatever stands in their cells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from coda_pipeline.catalog import parse_catalog
from coda_pipeline.dump.blocks import blocks_of
from coda_pipeline.dump.csv_form import csv_tables
from coda_pipeline.dump.encoding import FileFacts
from coda_pipeline.dump.lines import Reader
from coda_pipeline.dump.parts import Part, parts_of
from coda_pipeline.dump.reading import Dump, open_dump
from coda_pipeline.dump.table import DumpTable, RawLine, TextLines
from coda_pipeline.errors import DumpError
from coda_pipeline.sync.dump_load import load_dump
from coda_pipeline_tests.dump.files import COLUMNS, HEADER, LINE, YEAR, csv_text, entry, line, lines_of, save
from coda_pipeline_tests.dump.test_loading import content

PLACES = {name: place for place, name in enumerate(COLUMNS)}
DAYS = ["01.03.2024", " 5.3.24", "2023-12-31", "31.02.2024", "весной", "01.05.0023", "", "\n"]
SHARES = ["0,5", "50 %", "1", "0", "1 234,56", "-1", "половина", " ", "0,333"]
TEXTS = ["Анна Белова", " Анна ", "", "\\N", "a\tb\\", "```x```", "я" * 100_001, "а\0б", "\u202f"]
cells = st.tuples(
    *(st.sampled_from(TEXTS),) * 3, st.sampled_from(DAYS), st.sampled_from(DAYS), st.sampled_from(SHARES),
    st.sampled_from(TEXTS),
)  # fmt: skip


@given(
    st.lists(cells, max_size=6),
    st.sampled_from([COLUMNS, {k: v for k, v in COLUMNS.items() if k != "share"}]),
)
@example([], COLUMNS)
def test_lines_read_at_once_are_those_read_one_by_one(
    rows: list[tuple[str, ...]], mapped: dict[str, str]
) -> None:
    places = {name: PLACES[name] for name in mapped}
    reader = Reader(places, mapped, {"started_on": "day_first", "ended_on": "day_first"}, ",")
    given_lines = [RawLine(number, cells) for number, cells in enumerate(rows, start=2)]
    block = TextLines(range(2, len(rows) + 2), rows, ())
    part = Part("a.csv", "a.csv", 1, lambda: (_ for _ in ()).throw(AssertionError))
    table = DumpTable(part, FileFacts(1, "", "utf-8"), "csv", HEADER, blocks=lambda: iter([block]))
    found = [
        line for block in blocks_of(table, reader, lambda _count, _columns: None) for line in lines_of(block)
    ]
    assert sorted(found, key=lambda line: line.number) == [reader.read_texts(raw) for raw in given_lines]


@given(
    st.lists(st.lists(st.sampled_from(["а", "", " ", '"', "б\nв", "г\r\nд", "е\rж"]), min_size=1, max_size=3))
)
def test_lines_keep_the_numbers_that_an_editor_shows(tmp_path_factory: Any, rows: list[list[str]]) -> None:
    folder = tmp_path_factory.mktemp("numbers")
    written, numbers, above = ["раз;два;три"], [], 1
    for row in rows:
        quoted = ";".join('"' + cell.replace('"', '""') + '"' for cell in row)
        written.append(quoted)
        if any(cell.strip() for cell in row):
            numbers.append(above + 1)
        above += 1 + len(quoted.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1
    save(folder, "\n".join(written))
    (table,) = csv_tables(parts_of(folder, "*.csv")[0], entry(delimiter=";"))
    assert table.blocks
    found = [n for some in table.blocks() for n in (*some.numbers, *(raw.number for raw in some.broken))]
    assert sorted(found) == numbers


def starting(folder: Path, *starts: str) -> Dump:
    """A dump of lines with these start dates, of which the first is looked at before it is read."""
    save(folder, csv_text(*(line(started_on=start, ended_on="") for start in starts)))
    given_entry = entry()
    return open_dump(parts_of(folder, given_entry.files), given_entry, YEAR, sample_lines=1)


def read_through(dump: Dump) -> Sequence[object]:
    return [
        found.started_on for block in dump.blocks() for found in lines_of(block) if hasattr(found, "role")
    ]


def many(start: str) -> list[str]:
    """More lines than are looked at first."""
    return [start] * 600


def test_what_the_end_of_a_long_file_says_counts_as_much_as_its_beginning(folder: Path) -> None:
    dump = starting(folder, *many("2024-05-06"), "03/04/2024", "25/04/2024")
    assert dump.orders["started_on"] == "year_first"
    read_through(dump)
    settled = dump.settled()
    assert settled.orders["started_on"] == "day_first"
    assert [str(day) for day in read_through(settled)[-2:]] == ["2024-04-03", "2024-04-25"]
    assert settled.settled() is settled
    assert settled.survey.line_count == 602


@pytest.mark.parametrize("last", ["04/25/2024", "04/03/2024"])
def test_a_long_file_whose_end_leaves_the_order_open_is_refused(folder: Path, last: str) -> None:
    dump = starting(folder, *many("25/04/2024" if last == "04/25/2024" else "2024-05-06"), last)
    read_through(dump)
    with pytest.raises(DumpError, match="day and month cannot be told apart"):
        dump.settled()


def test_a_long_file_whose_end_says_otherwise_is_loaded_as_the_whole_says(
    engine: Engine, folder: Path
) -> None:
    starts = ["2024-05-06"] * 10_500 + ["03/04/2024", "25/04/2024"]
    save(folder, csv_text(*(line(started_on=start, ended_on="") for start in starts)))
    catalog = parse_catalog(content(), source="test")
    report = load_dump(engine, catalog, YEAR, folder, run_id="one")
    assert (report.input_lines, report.loaded, report.rejected, report.replaced) == (10_502, 10_502, 0, 0)
    assert report.dates["started_on"] == "day_first"
    with engine.connect() as conn:
        query = text("select count(distinct line_id), max(started_on)::text from raw.participation_dump")
        assert tuple(conn.execute(query).one()) == (10_502, "2024-05-06")


def test_texts_that_mean_something_to_copy_arrive_as_they_stand(engine: Engine, folder: Path) -> None:
    notes = ["\\N", "\\.", "a\tb", "a\\tb", '"кавычки"', "\\", "раз\nдва\r\nтри"]
    quoted = ['"' + note.replace('"', '""') + '"' for note in notes]
    save(folder, csv_text(*(line(comment=note) for note in quoted)))
    load_dump(engine, parse_catalog(content(), source="test"), YEAR, folder, run_id="a\\b")
    with engine.connect() as conn:
        found = conn.execute(text("select comment, run_id from raw.participation_dump order by line_number"))
        assert [tuple(row) for row in found] == [(note, "a\\b") for note in notes]


def test_thousands_of_rejected_lines_among_others_are_all_kept(engine: Engine, folder: Path) -> None:
    bad = line(started_on="когда-нибудь " + "x" * 300)
    save(folder, csv_text(*[LINE, bad] * 4000))
    report = load_dump(engine, parse_catalog(content(), source="test"), YEAR, folder, run_id="one")
    assert (report.loaded, report.rejected, report.is_accounted_for) == (4000, 4000, True)
    with engine.connect() as conn:
        assert (
            conn.scalar(text("select count(distinct line_number) from raw.participation_dump_rejected"))
            == 4000
        )
