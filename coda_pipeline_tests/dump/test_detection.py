"""Encoding, delimiter, decimal mark and order of dates come from the file, or from the configuration."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.dump.dates import OrderEvidence, day_in_text
from coda_pipeline.dump.lines import Line
from coda_pipeline.dump.numbers import MarkEvidence, share_in_text
from coda_pipeline_tests.dump.files import HEADER, LINE, csv_text, line, one, opened, read, save, zipped


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_encoding_and_delimiter_are_found(folder: Path, encoding: str, delimiter: str) -> None:
    save(folder, csv_text(LINE, delimiter=delimiter), encoding=encoding)
    table = opened(folder).tables[0]
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    found = one(folder)
    assert (found.person_name, found.activity, found.comment) == (LINE[0], LINE[1], LINE[6])
    assert (found.started_on, found.ended_on) == (date(2024, 3, 1), date(2024, 12, 31))
    assert found.share == Decimal("0.5")


def test_columns_come_in_any_order_with_others_between_them(folder: Path) -> None:
    order = (6, 3, 0, 5, 1, 2, 4)
    header = ["Оклад", *(HEADER[n].upper() + " " for n in order)]
    cells = ["100000", *(LINE[n] for n in order)]
    save(folder, "\n".join([";".join(header), ";".join(cells)]))
    found = one(folder)
    assert found[2:] == one_of(folder, csv_text(LINE))[2:]
    assert "100000" not in str(tuple(found))


def one_of(folder: Path, content: str) -> Line:
    save(folder, content)
    return one(folder)


def test_a_line_break_in_quotes_is_part_of_the_cell_and_lines_keep_their_numbers(folder: Path) -> None:
    quoted = line(comment='"первая\nвторая"')
    save(folder, csv_text(quoted, LINE))
    first, second = read(folder)
    assert isinstance(first, Line)
    assert (first.number, first.comment) == (2, "первая\nвторая")
    assert second.number == 4


def test_a_lone_line_break_is_a_blank(folder: Path) -> None:
    save(folder, csv_text(line(comment='"\n"', share="")))
    assert (one(folder).comment, one(folder).share) == (None, None)


def test_the_line_that_tells_excel_the_delimiter_is_no_header(folder: Path) -> None:
    save(folder, "sep=;\r\n" + csv_text(LINE))
    assert one(folder).person_name == LINE[0]


def test_what_is_set_overrules_what_is_detected(folder: Path) -> None:
    save(folder, csv_text(line(started_on="03/04/2024", ended_on="", share="1,000")), encoding="cp866")
    settings = {"encoding": "cp866", "delimiter": ";", "decimal": ",", "dates": "month_first"}
    found = one(folder, **settings)
    assert (found.started_on, found.share, found.role) == (date(2024, 3, 4), Decimal(1), "аналитик")


def test_one_value_settles_the_order_of_its_column(folder: Path) -> None:
    save(folder, csv_text(line(started_on="03/04/2024"), line(started_on="25/04/2024")))
    assert [found.started_on for found in read(folder) if isinstance(found, Line)] == [
        date(2024, 4, 3),
        date(2024, 4, 25),
    ]


def test_the_table_is_found_among_the_tables_of_a_zip(folder: Path) -> None:
    members = {"Проекты.csv": "Название\nСклад\n", "Участие.csv": csv_text(LINE), "notes.md": "# не таблица"}
    save(folder, zipped({name: text.encode() for name, text in members.items()}), "uchastie-2024.zip")
    dump = opened(folder)
    assert [table.name for table in dump.tables] == ["uchastie-2024.zip/Участие.csv"]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2024-03-01", "year_first", date(2024, 3, 1)),
        ("2024-03-01T00:00:00.000+03:00", "year_first", date(2024, 3, 1)),
        ("2024-03-01 00:00:00", "day_first", date(2024, 3, 1)),
        ("01.03.2024", "day_first", date(2024, 3, 1)),
        ("1.3.24", "day_first", date(2024, 3, 1)),
        ("03/01/2024", "month_first", date(2024, 3, 1)),
        ("01.03.2024 10:30", "day_first", date(2024, 3, 1)),
        ("1 марта 2024 г.", "year_first", date(2024, 3, 1)),
        ("Mar 1, 2024", "year_first", date(2024, 3, 1)),
        ("5 мая 2024", "year_first", date(2024, 5, 5)),
        ("Dec 2024", "day_first", "text that is not a date"),
        ("29.02.2023", "day_first", "there is no such day"),
        ("", "day_first", None),
    ],
)
def test_days_are_read_as_people_write_them(text: str, order: str, expected: object) -> None:
    assert day_in_text(text, order) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("0,5", ",", Decimal("0.5")),
        ("0.5", ".", Decimal("0.5")),
        ("50%", ".", Decimal("0.5")),
        ("12,5 %", ",", Decimal("0.125")),
        ("12,5\u00a0%", ",", Decimal("0.125")),
        ("0,\u202f5", ",", Decimal("0.5")),
        ("1,0", ",", Decimal("1.0")),
        (",5", ",", Decimal("0.5")),
        ("1", ".", Decimal(1)),
        ("R$ 1", ".", "text that is not a number"),
        ("", ",", None),
    ],
)
def test_shares_are_read_as_people_write_them(text: str, mark: str, expected: object) -> None:
    assert share_in_text(text, mark) == expected  # type: ignore[arg-type]


@given(st.lists(st.dates(date(1990, 1, 1), date(2060, 12, 31)), min_size=1), st.booleans())
def test_the_order_is_found_or_left_open_but_never_wrong(days: list[date], is_day_first: bool) -> None:
    form = "%d/%m/%Y" if is_day_first else "%m/%d/%Y"
    texts = [f"{day:{form}}" for day in days]
    evidence = OrderEvidence()
    for text in texts:
        evidence.hear(text)
    if evidence.order is not None and evidence.order != "year_first":
        assert [day_in_text(text, evidence.order) for text in texts] == days
    elif evidence.order is None:
        assert evidence.examples
    else:
        assert all(day.day == day.month for day in days)


@given(st.lists(st.decimals(0, 1, places=2), min_size=1), st.sampled_from([",", "."]))
def test_the_mark_is_found_wherever_shares_have_one(shares: list[Decimal], mark: str) -> None:
    texts = [str(share).replace(".", mark) for share in shares]
    evidence = MarkEvidence()
    for text in texts:
        evidence.hear(text)
    assert evidence.mark == mark
    assert [share_in_text(text, evidence.mark) for text in texts] == shares
