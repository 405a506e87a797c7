"""Dumps that the sandbox writes: what Coda exports and what people make of it, believable to the cell."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import orjson
import pytest

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.demo_doc import DocContent, demo_content
from coda_pipeline.sandbox.dump_files import FORMS, DumpForm, write_dump, write_dumps
from coda_pipeline.sandbox.dump_lines import HEADERS

ROWS = 600


@pytest.fixture(scope="module")
def doc() -> DocContent:
    return demo_content("demo", ROWS, 2023, date(2025, 6, 1))


def cells(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV as Coda exports it, by header."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_a_cell_is_exported_as_it_is_displayed(doc: DocContent, tmp_path: Path) -> None:
    lines = cells(write_dump(doc, tmp_path, "csv", name="Участие", year=2024).path)
    assert tuple(lines[0]) == HEADERS
    shown = {header: {line[header] for line in lines if line[header]} for header in HEADERS}
    assert {"50%", "100%", "1 234,56".replace(" ", "\u00a0")} <= shown["Доля"]
    assert any(cell.endswith(",00 ₽") and "\u00a0" in cell for cell in shown["Оклад"])
    assert shown["Подтверждено"] == {"true", "false"}
    assert "удалённо,срочно" in shown["Метки"] or any("," in cell for cell in shown["Метки"])
    assert any(cell.lstrip("-").isdigit() for cell in shown["Дней до конца"])
    assert not any("@" in cell for line in lines for cell in line.values() if cell)
    assert not any(row_id in cell for row_id in ("i-Project0001", "i-Person0001") for cell in shown["Проект"])


def test_the_dirt_of_real_exports_is_there(doc: DocContent, tmp_path: Path) -> None:
    lines = cells(write_dump(doc, tmp_path, "csv", name="Участие", year=2024).path)
    starts = [line["Дата начала"] for line in lines]
    assert {"31.02.2024", "01.05.0023", "весной"} <= set(starts)
    assert any("\n" in line.values() for line in lines)
    assert any("\n" in (line["Комментарий"] or "").strip() for line in lines)
    assert any(set(line.values()) <= {"", "\n"} for line in lines)
    assert any(None in line.values() for line in lines), "no line is cut off"
    assert {"до конца года", "бессрочно"} & {line["Дата окончания"] for line in lines}


def test_each_form_is_what_it_says(doc: DocContent, tmp_path: Path) -> None:
    found = {form: one.path for form, year, one in write_dumps(doc, tmp_path) if year == 2023}
    assert set(found) == set(FORMS)
    assert len({path.parent for path in found.values()}) == len(FORMS)
    excel = found["excel"].read_bytes()
    assert excel.startswith(b"sep=;\r\n" + "Сотрудник;Проект;".encode("cp1251"))
    assert b"?" in excel, "windows-1251 has no sign for an emoji"
    assert found["tsv"].read_bytes().startswith("\ufeffСотрудник\tПроект\t".encode())
    with zipfile.ZipFile(found["zip"]) as archive:
        assert {"Участие.csv", "Сотрудники.csv", "__MACOSX/._Участие.csv"} <= set(archive.namelist())
    with zipfile.ZipFile(found["xlsx"]) as book:
        assert "xl/workbook.xml" in book.namelist()
    pages = sorted(found["json"].glob("rows-*.json"))
    assert len(pages) == 2
    first = orjson.loads(pages[0].read_bytes())
    assert first["nextPageToken"]
    assert first["items"][0]["href"].startswith(f"https://coda.io/apis/v1/docs/{schema.HR_DOC_ID}/")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_seed_writes_the_same_dump_always(form: DumpForm, doc: DocContent, tmp_path: Path) -> None:
    first, again, other = (
        _content(write_dump(doc, tmp_path / str(n), form, name="a", year=2024, seed=seed).path)
        for n, seed in enumerate((1, 1, 2))
    )
    assert first == again != other


def _content(path: Path) -> list[bytes]:
    return [found.read_bytes() for found in (sorted(path.iterdir()) if path.is_dir() else [path])]
