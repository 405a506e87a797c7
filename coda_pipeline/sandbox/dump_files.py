"""Dumps of the demo doc as files, as people come by them, with the dirt of real exports.

The forms are those of reference/coda-api.md section 10: the CSV that Coda exports, what Excel makes of it on
a Russian computer, a tab-separated copy, pages of `listRows`, XLSX, and a ZIP of several. Which lines there
are is in `dump_lines`; how many of each year, the answer says.
"""

import csv
import io
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

import orjson
from openpyxl import Workbook

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import BLANK, Cell, Person, RowRef, Styled
from coda_pipeline.sandbox.demo_doc import DocContent
from coda_pipeline.sandbox.dump_lines import (
    COLUMNS,
    HEADERS,
    Broken,
    Line,
    Lines,
    Written,
    broken_lines,
    lines_of,
)
from coda_pipeline.sandbox.links import Links

DumpForm = Literal["csv", "excel", "tsv", "json", "xlsx", "zip"]
FORMS: tuple[DumpForm, ...] = ("csv", "excel", "tsv", "json", "xlsx", "zip")
YEARS = (2023, 2024)
PAGE_ROWS = 500
# The blank cells of some lines are exported as lone line breaks.
LONE_BREAK_EVERY = 97


def write_dump(
    content: DocContent,
    folder: Path,
    form: DumpForm,
    *,
    name: str,
    year: int,
    seed: int = 1,
    dirt: bool = True,
) -> Written:
    """Write the table Участие as it was, into a file (or folder) of that name without its ending.

    With dirt, some lines of `year` tell of what the doc no longer holds, and some cannot be read.
    """
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    lines = lines_of(content, year, dice, dirt=dirt)
    broken = broken_lines(year) if dirt and form != "json" else ()
    folder.mkdir(parents=True, exist_ok=True)
    written = Written(_WRITERS[form](content, lines, folder / name, broken))
    written.count(lines, broken)
    return written


def write_dumps(content: DocContent, folder: Path) -> list[tuple[DumpForm, int, Written]]:
    """Dumps of both past years in every form, each form in a folder of its own, to be CODA_DUMP_DIR."""
    return [
        (form, year, write_dump(content, folder / form, form, name=f"uchastie-{year}", year=year))
        for form in FORMS
        for year in YEARS
    ]


def _shown(content: DocContent, line: Line) -> list[str]:
    return [_text(content, column.kind, line.get(column.id, BLANK)) for column in COLUMNS]


def _text(content: DocContent, kind: str, cell: Cell) -> str:  # noqa: PLR0911 - one a kind of cell
    """A cell as the column's format shows it."""
    if isinstance(cell, tuple):
        return ",".join(_text(content, kind, part) for part in cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(kind, cell)
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    if isinstance(cell, Person):
        return cell.name
    if isinstance(cell, RowRef):
        return _title(content, cell)
    return cell.markdown if isinstance(cell, Styled) else str(cell)


def _number(kind: str, number: float) -> str:
    if kind == "percent":
        return f"{number * 100:g}".replace(".", ",") + "%"
    if kind == "currency":
        return f"{number:,.2f} ₽".replace(",", "\u00a0").replace(".", ",")
    return f"{number:g}".replace(".", ",")


def _title(content: DocContent, cell: RowRef) -> str:
    row = content.rows[cell.table_id].get(cell.row_id)
    return str(row.values.get(schema.TITLE, BLANK)) if row else BLANK


Writer = Callable[[DocContent, Lines, Path, Broken], Path]


def _csv_text(content: DocContent, lines: Lines, broken: Broken, delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(HEADERS)
    # Blank rows of the table come as lines of delimiters.
    for number, (_, line) in enumerate(lines, start=1):
        shown = _shown(content, line)
        if number % LONE_BREAK_EVERY == 0:
            shown = [cell or "\n" for cell in shown]
        writer.writerow(shown)
    writer.writerows(broken)
    return text.getvalue()


def _as_csv(content: DocContent, lines: Lines, path: Path, broken: Broken) -> Path:
    return _saved(path, ".csv", _csv_text(content, lines, broken, ",").encode())


def _as_excel(content: DocContent, lines: Lines, path: Path, broken: Broken) -> Path:
    """Excel on a Russian computer: semicolons, windows-1251, signs that it lacks as question marks."""
    text = _csv_text(content, lines, broken, ";")
    return _saved(path, ".csv", f"sep=;\r\n{text}".encode("cp1251", errors="replace"))


def _as_tsv(content: DocContent, lines: Lines, path: Path, broken: Broken) -> Path:
    return _saved(path, ".tsv", _csv_text(content, lines, broken, "\t").encode("utf-8-sig"))


def _as_zip(content: DocContent, lines: Lines, path: Path, broken: Broken) -> Path:
    """A dump of the whole doc: a CSV for each table, under the table's name."""
    found = path.with_name(path.name + ".zip")
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Участие.csv", _csv_text(content, lines, broken, ","))
        for table in content.tables:
            if table.id not in (schema.PARTICIPATION, schema.ACTIVE):
                archive.writestr(
                    f"{table.name}.csv", "\r\n".join([",".join(c.name for c in table.columns), ""])
                )
        archive.writestr("__MACOSX/._Участие.csv", b"\0\0")
    return found


def _as_xlsx(content: DocContent, lines: Lines, path: Path, broken: Broken) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Участие")
    sheet.append(HEADERS)
    for _, line in lines:
        cells = [line.get(column.id, BLANK) for column in COLUMNS]
        native = [isinstance(cell, int | float | date) for cell in cells]
        shown = _shown(content, line)
        sheet.append(
            [cell if keep else text or None for cell, keep, text in zip(cells, native, shown, strict=True)]
        )
    for cells in broken:
        sheet.append([text or None for text in cells])
    book.create_sheet("Лист2")
    found = path.with_name(path.name + ".xlsx")
    book.save(found)
    return found


def _as_json(content: DocContent, lines: Lines, path: Path, _broken: Broken) -> Path:
    """A folder of pages as `listRows` gives them in the rich form, and one of `listColumns`."""
    path.mkdir(parents=True, exist_ok=True)
    links = Links("https://coda.io/apis/v1", content.doc_id)
    columns = [{"id": column.id, "type": "column", "name": column.name} for column in COLUMNS]
    (path / "columns.json").write_bytes(orjson.dumps({"items": columns}))
    pages = [lines[at : at + PAGE_ROWS] for at in range(0, len(lines), PAGE_ROWS)]
    for number, page in enumerate(pages, start=1):
        body = {"items": [_row(content, links, row_id, line) for row_id, line in page]}
        if number < len(pages):
            body["nextPageToken"] = f"page-{number}"  # type: ignore[assignment]
        (path / f"rows-{number:04}.json").write_bytes(orjson.dumps(body))
    return path


def _row(content: DocContent, links: Links, row_id: str, line: Line) -> dict[str, object]:
    values = {column.id: _rich(content, line.get(column.id, BLANK)) for column in COLUMNS}
    href = links.row(schema.PARTICIPATION, row_id)
    return {"id": row_id, "type": "row", "href": href, "values": values}


def _rich(content: DocContent, cell: Cell) -> object:
    if isinstance(cell, tuple):
        return [_rich(content, part) for part in cell]
    if isinstance(cell, Person):
        return {"@type": "Person", "name": cell.name, **({"email": cell.email} if cell.email else {})}
    if isinstance(cell, RowRef):
        return {
            "@type": "StructuredValue",
            "additionalType": "row",
            "name": _title(content, cell),
            "rowId": cell.row_id,
        }
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}T00:00:00.000+03:00"
    if isinstance(cell, int | float):
        return cell
    text = cell.markdown if isinstance(cell, Styled) else str(cell)
    return f"```{text}```" if text else BLANK


def _saved(path: Path, ending: str, body: bytes) -> Path:
    found = path.with_name(path.name + ending)
    found.write_bytes(body)
    return found


_WRITERS: dict[DumpForm, Writer] = {
    "csv": _as_csv,
    "excel": _as_excel,
    "tsv": _as_tsv,
    "json": _as_json,
    "xlsx": _as_xlsx,
    "zip": _as_zip,
}
