"""Small dumps written by hand, and reading them without a database."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from coda_pipeline.catalog_dump import DumpEntry
from coda_pipeline.dump.blocks import COLUMNS as COLUMNS_READ
from coda_pipeline.dump.blocks import Block
from coda_pipeline.dump.lines import Line, Rejected
from coda_pipeline.dump.parts import parts_of
from coda_pipeline.dump.reading import Dump, open_dump

YEAR = 2024
COLUMNS = {
    "person": "Сотрудник",
    "activity": "Проект",
    "role": "Роль",
    "started_on": "Дата начала",
    "ended_on": "Дата окончания",
    "share": "Доля",
    "comment": "Комментарий",
}
HEADER = tuple(COLUMNS.values())
LINE = ("Анна Белова", "Обучение", "аналитик", "01.03.2024", "31.12.2024", "0,5", "всё по плану")


def entry(**settings: Any) -> DumpEntry:
    """An entry that finds `uchastie-2024*`."""
    return DumpEntry.model_validate({"files": "uchastie-2024*", "columns": COLUMNS} | settings)


def line(**cells: str) -> tuple[str, ...]:
    """A good line with some cells changed."""
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, LINE, strict=True))


def csv_text(*lines: Sequence[str], delimiter: str = ";") -> str:
    """A header and lines, no cell of which needs quotes."""
    return "\n".join(delimiter.join(cells) for cells in (HEADER, *lines)) + "\n"


def save(
    folder: Path, content: str | bytes, name: str = "uchastie-2024.csv", encoding: str = "utf-8"
) -> Path:
    """A file in the folder."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


def opened(folder: Path, **settings: Any) -> Dump:
    """The dump as it would be read. Raises what reading it raises."""
    given = entry(**settings)
    return open_dump(parts_of(folder, given.files), given, YEAR)


def read(folder: Path, **settings: Any) -> list[Line | Rejected]:
    """Every line of the dump, in the order of the file."""
    found = [line for block in opened(folder, **settings).blocks() for line in lines_of(block)]
    return sorted(found, key=lambda line: line.number)


def lines_of(block: Block) -> Iterator[Line | Rejected]:
    """The lines of a block, one by one."""
    for at, number in enumerate(block.numbers):
        texts = {name: values[at] for name, values in block.columns.items()}
        yield Line(number, **{name: _typed(name, texts.get(name)) for name in COLUMNS_READ})
    yield from block.rejected


def _typed(name: str, text: str | None) -> Any:
    if name in {"unreadable", "cells"}:
        return orjson.loads(text) if text else {}
    if name in {"started_on", "ended_on"}:
        return text and date.fromisoformat(text)
    return text and Decimal(text) if name == "share" else text


def one(folder: Path, **settings: Any) -> Line:
    """The only line of the dump, which must be readable."""
    (found,) = read(folder, **settings)
    assert isinstance(found, Line), found
    return found
