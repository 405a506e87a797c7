"""What cannot be read is refused with a message that says what to do, or rejected by line with a reason."""

import zipfile
from pathlib import Path

import pytest

from coda_pipeline.dump.lines import Line, Rejected
from coda_pipeline.errors import DumpError
from coda_pipeline_tests.dump.files import HEADER, LINE, csv_text, line, opened, read, save, zipped


def refused(folder: Path, **settings: object) -> str:
    with pytest.raises(DumpError) as error:
        list(opened(folder, **settings).blocks())
    return str(error.value)


def rejected(folder: Path, **settings: object) -> Rejected:
    *good, bad = read(folder, **settings)
    assert good
    assert all(isinstance(found, Line) for found in good)
    assert isinstance(bad, Rejected)
    return bad


# --- whole files: nothing is loaded


def test_a_missing_file_is_told_with_what_is_there(folder: Path) -> None:
    save(folder, csv_text(LINE), "uchastie-2025.csv")
    assert "there is: uchastie-2025.csv" in refused(folder)


def test_an_empty_file_is_refused(folder: Path) -> None:
    save(folder, b"")
    assert "uchastie-2024.csv is empty" in refused(folder)


def test_a_header_alone_is_refused(folder: Path) -> None:
    save(folder, csv_text())
    assert "no line below it" in refused(folder)


def test_another_table_is_refused_with_its_columns(folder: Path) -> None:
    save(folder, "Название,Бюджет\nСклад 2.0,100\n")
    message = refused(folder)
    assert "may be another table" in message
    assert "«Название», «Бюджет»" in message


def test_a_renamed_column_is_refused_with_a_suggestion(folder: Path) -> None:
    save(folder, csv_text(LINE).replace("Дата начала", "Дата начала участия"))
    message = refused(folder)
    assert "participation.dump.2024.columns.started_on: no column «Дата начала»" in message
    assert "perhaps it is now «Дата начала участия»" in message


def test_a_column_that_is_there_twice_is_refused(folder: Path) -> None:
    save(folder, csv_text(LINE).replace("Комментарий", "Роль"), "uchastie-2024.csv")
    assert "two columns named «Роль»" in refused(
        folder,
        columns=dict(zip(("person", "activity", "role", "started_on"), HEADER, strict=False)),
    )


def test_two_files_that_claim_one_year_are_refused_by_name(folder: Path) -> None:
    save(folder, csv_text(LINE), "uchastie-2024.csv")
    save(folder, csv_text(LINE), "uchastie-2024 (1).csv")
    assert "uchastie-2024 (1).csv, uchastie-2024.csv" in refused(folder)


def test_a_cut_zip_is_refused(folder: Path) -> None:
    body = zipped({"Участие.csv": csv_text(*[LINE] * 500).encode()})
    save(folder, body[: len(body) // 2], "uchastie-2024.zip")
    assert "cut off or broken" in refused(folder)


def test_a_zip_with_a_damaged_member_is_refused(folder: Path) -> None:
    body = bytearray(zipped({"Участие.csv": csv_text(*[line(comment=str(n)) for n in range(500)]).encode()}))
    body[len(body) // 2] ^= 0xFF
    save(folder, bytes(body), "uchastie-2024.zip")
    assert "cut off or broken" in refused(folder)


def test_a_bomb_is_refused_before_it_is_unpacked(folder: Path) -> None:
    save(folder, zipped({"Участие.csv": b"\n" * (60 << 20)}), "uchastie-2024.zip")
    assert "as a bomb does" in refused(folder)


@pytest.mark.parametrize("name", ["../../out.csv", "/etc/out.csv", "..\\out.csv", "C:/out.csv"])
def test_a_path_outside_of_the_zip_is_refused(folder: Path, name: str) -> None:
    save(folder, zipped({name: csv_text(LINE).encode()}), "uchastie-2024.zip")
    assert "leads outside" in refused(folder)


def test_an_encrypted_zip_is_refused(folder: Path) -> None:
    path = save(folder, zipped({"Участие.csv": csv_text(LINE).encode()}), "uchastie-2024.zip")
    body = bytearray(path.read_bytes())
    central = body.rindex(zipfile.stringCentralDir)
    body[6] |= 1
    body[central + 8] |= 1
    path.write_bytes(bytes(body))
    assert "without a password" in refused(folder)


def test_mixed_encodings_are_refused_with_the_lines(folder: Path) -> None:
    first, second = csv_text(LINE).encode(), (";".join(LINE) + "\n").encode("cp1251")
    save(folder, first + second)
    message = refused(folder)
    assert "mixes encodings" in message
    assert "line 1 is UTF-8, line 3 is not" in message


@pytest.mark.parametrize("encoding", ["koi8_r", "cp866", "mac_cyrillic"])
def test_another_encoding_is_refused_with_what_it_looks_like(folder: Path, encoding: str) -> None:
    save(folder, csv_text(LINE), encoding=encoding)
    message = refused(folder)
    assert f"looks like {encoding}" in message
    assert "set `encoding` for this year" in message


def test_a_western_encoding_is_not_taken_for_a_russian_one(folder: Path) -> None:
    save(folder, "Größe;Señor Núñez\nMüller;José\n", encoding="cp1252")
    assert "it is none of the usual ones" in refused(folder)


def test_a_wrong_encoding_that_was_set_is_told(folder: Path) -> None:
    save(folder, csv_text(LINE), encoding="cp1251")
    assert "is not in utf-8 throughout" in refused(folder, encoding="utf-8")


def test_a_binary_file_is_refused(folder: Path) -> None:
    save(folder, bytes(range(256)) * 4 + b"\0" * 500)
    assert "full of zero bytes" in refused(folder)


def test_a_quote_that_is_never_closed_is_refused_or_rejected_but_never_read_as_cells(folder: Path) -> None:
    save(folder, csv_text(LINE) + '"Анна;Обучение\n' + ";".join(LINE) + "\n")
    assert "cells, where the header has 7" in rejected(folder).reason


def test_broken_json_is_refused(folder: Path) -> None:
    save(folder, '{"items": [', "uchastie-2024.json")
    assert "no JSON, or cut off" in refused(folder)


def test_json_without_its_last_page_is_refused(folder: Path) -> None:
    values = ", ".join(f'"{h}": "{c}"' for h, c in zip(HEADER, LINE, strict=True))
    page = '{"items": [{"id": "i-1", "values": {%s}}], "nextPageToken": "x"}'
    save(folder, page % values, "uchastie-2024.json")
    assert "the last one is missing" in refused(folder)


def test_a_file_that_is_no_xlsx_is_refused(folder: Path) -> None:
    save(folder, csv_text(LINE), "uchastie-2024.xlsx")
    assert "cut off or broken" in refused(folder)


def test_dates_that_could_be_either_are_refused_with_two_examples(folder: Path) -> None:
    save(folder, csv_text(line(started_on="03/04/2024"), line(started_on="05/06/2024")))
    message = refused(folder)
    assert "«Дата начала»" in message
    assert "03/04/2024 and 05/06/2024" in message
    assert "dates: day_first" in message


def test_dates_of_both_orders_in_one_column_are_refused(folder: Path) -> None:
    save(folder, csv_text(line(started_on="13/04/2024"), line(started_on="04/13/2024")))
    assert "13/04/2024 and 04/13/2024" in refused(folder)


def test_a_decimal_mark_that_could_be_either_is_refused(folder: Path) -> None:
    save(folder, csv_text(line(share="1,234"), line(share="5,678")))
    message = refused(folder)
    assert "«Доля»" in message
    assert "1,234 and 5,678" in message


# --- single lines: the others are loaded


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31.02.2024", "there is no such day"),
        ("01.05.0023", "the year 0023 is not between 1900 and 2200"),
        ("0023-05-01", "the year 0023 is not between 1900 and 2200"),
        ("весной", "text that is not a date"),
        ("45292", "text that is not a date"),
        ("  ", "blank, so the line belongs to no year"),
    ],
)
def test_a_line_without_a_start_date_is_rejected_with_its_cell(folder: Path, cell: str, reason: str) -> None:
    save(folder, csv_text(LINE, line(started_on=cell)))
    bad = rejected(folder)
    assert (bad.number, bad.column, bad.reason) == (3, "Дата начала", reason)
    assert bad.cell == (cell.strip() or None)


def test_a_line_with_a_zero_byte_is_rejected(folder: Path) -> None:
    save(folder, csv_text(*[LINE] * 9, line(comment="а\0б")))
    bad = rejected(folder)
    assert (bad.number, bad.column, bad.reason) == (11, "Комментарий", "a zero byte in the cell")
    assert "\0" not in (bad.cell or "")


def test_a_cell_of_ten_megabytes_is_rejected_and_cut(folder: Path) -> None:
    save(folder, csv_text(LINE, line(comment="x" * 10_000_000)))
    bad = rejected(folder)
    assert bad.reason == "10,000,000 characters in one cell"
    assert len(bad.cell or "") == 200


def test_a_line_that_was_cut_is_rejected(folder: Path) -> None:
    save(folder, csv_text(LINE, LINE[:3]))
    assert rejected(folder).reason == "3 cells, where the header has 7"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1 234,56", "a share over 1; write half of the time as 0.5 or 50 %"),
        ("1\u00a0234,56", "a share over 1; write half of the time as 0.5 or 50 %"),
        ("1\u202f234,56", "a share over 1; write half of the time as 0.5 or 50 %"),
        ("-0,5", "a share below 0"),
        ("половина", "text that is not a number"),
    ],
)
def test_a_share_that_is_none_leaves_the_line_without_it(folder: Path, cell: str, reason: str) -> None:
    save(folder, csv_text(LINE, line(share=cell)))
    _, found = read(folder)
    assert isinstance(found, Line)
    assert (found.share, found.unreadable) == (None, {"share": reason})
    assert found.cells["Доля"] == cell


def test_an_end_date_that_is_text_leaves_the_line_without_it(folder: Path) -> None:
    save(folder, csv_text(LINE, line(ended_on="до конца года")))
    _, found = read(folder)
    assert isinstance(found, Line)
    assert found.unreadable == {"ended_on": "text that is not a date"}
