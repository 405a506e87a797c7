"""JSON pages as `listRows` gives them (reference/coda-api.md section 6.2), under column ids or column names.

Where the cells are by column id, a page of `listColumns` beside it gives the names. The one thing to know: a
page is read whole, so one that is larger than any page of Coda is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from coda_pipeline.dump.cells import text_of
from coda_pipeline.dump.encoding import digest_of
from coda_pipeline.dump.parts import Part
from coda_pipeline.dump.table import DumpTable, RawLine
from coda_pipeline.errors import DumpError

MAX_PAGE_BYTES = 32 << 20
_DOC_AND_TABLE = re.compile(r"/docs/([^/?#]+)/tables/([^/?#]+)/rows/")


def json_tables(part: Part, names: Mapping[str, str]) -> list[DumpTable]:
    """The page of rows in a file; none where it holds something else. `names` is column id -> name."""
    items = items_of(part)
    if items is None or not all(isinstance(item.get("values"), Mapping) for item in items):
        return []
    ids = tuple(dict.fromkeys(key for item in items for key in item["values"]))
    found = _DOC_AND_TABLE.search(str(items[0].get("href", ""))) if items else None
    doc_id, table_id = (found[1], found[2]) if found else (None, None)

    def lines() -> Iterator[RawLine]:
        for number, item in enumerate(items_of(part) or (), start=1):
            row_id = item.get("id")
            cells = [item["values"].get(key) for key in ids]
            if any(text_of(cell) for cell in cells):
                yield RawLine(number, cells, row_id if isinstance(row_id, str) else None)

    headers = tuple(names.get(key, key) for key in ids)
    facts = digest_of(part)
    return [
        DumpTable(part, facts, "json", headers, lines, encoding="utf-8", doc_id=doc_id, table_id=table_id)
    ]


def column_names(parts: Iterable[Part]) -> dict[str, str]:
    """Column id -> name, by the pages of `listColumns` among the files."""
    names: dict[str, str] = {}
    for part in parts:
        for item in items_of(part) or ():
            if isinstance(item.get("id"), str) and isinstance(item.get("name"), str) and "values" not in item:
                names[item["id"]] = item["name"]
    return names


def refuse_missing_pages(parts: Iterable[Part]) -> None:
    """Raise `DumpError` where every page names a next one: the last was not saved."""
    pages = [page for part in parts if isinstance(page := _content(part), dict) and "items" in page]
    if pages and all(page.get("nextPageToken") for page in pages):
        message = (
            "The dump is cut: each of its JSON pages names a next page, so the last one is missing. Dump the "
            "table again; nothing was loaded."
        )
        raise DumpError(message)


def items_of(part: Part) -> list[Any] | None:
    """The objects of a page, None where the file is no page. Raises `DumpError` for broken JSON."""
    content = _content(part)
    items = content.get("items") if isinstance(content, dict) else content
    is_page = isinstance(items, list) and all(isinstance(item, dict) for item in items)
    return items if is_page else None


def _content(part: Part) -> Any:
    if part.size_bytes > MAX_PAGE_BYTES:
        message = (
            f"The JSON file {part.name} has {part.size_bytes / 1e6:,.0f} MB, more than any page of Coda: "
            "dump the table in pages of 500 rows, or as CSV. Nothing was loaded."
        )
        raise DumpError(message)
    with part.open() as stream:
        body = stream.read()
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        message = f"The file {part.name} is no JSON, or cut off. Dump it again; nothing was loaded."
        raise DumpError(message) from None
