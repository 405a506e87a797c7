"""A local HTTP server with pre-rendered pages and no limits: what the speed of reading is measured against.

Runs in a process of its own (`serving`), so that neither side takes time from the other's interpreter. It
speaks just enough of Coda's API for one doc: each table is named by its size, and `delta-<k>` as a sync token
brings k rows.
"""

import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

import orjson

DOC = "BenchDoc01"
PAGE_ROWS = 500
LOGIN = "bench@example.com"
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("c-person", "Сотрудник", "person"),
    ("c-project", "Проект", "lookup"),
    ("c-role", "Роль", "select"),
    ("c-start", "Дата начала", "date"),
    ("c-end", "Дата окончания", "date"),
    ("c-share", "Доля", "percent"),
    ("c-note", "Комментарий", "text"),
    ("c-sync", "Ключ синхронизации", "text"),
    ("c-hours", "Часы", "number"),
    ("c-pay", "Надбавка", "currency"),
    ("c-done", "Подтверждено", "checkbox"),
    ("c-tags", "Метки", "select"),
)


def table_id(rows: int) -> str:
    """The id of the table that has so many rows."""
    return f"grid-bench{rows}"


def row_of(n: int, edition: int = 0) -> dict[str, object]:
    """The n-th row, as the service would show it; another edition has another comment and a later change."""
    project, person = n % 400, n % 9000
    link = f"https://coda.io/d/_d{DOC}"
    return {
        "id": f"i-{n:010d}",
        "type": "row",
        "href": f"https://coda.io/apis/v1/docs/{DOC}/tables/grid-bench/rows/i-{n:010d}",
        "name": f"Запись {n}",
        "index": n,
        "browserLink": f"{link}#_tugrid-bench/_rui-{n:010d}",
        "createdAt": "2024-02-01T09:00:00.000Z",
        "updatedAt": f"2024-02-01T09:{edition:02d}:00.000Z",
        "values": {
            "c-person": {
                "@context": "http://schema.org/",
                "@type": "Person",
                "name": f"Иванова Мария {person}",
                "email": f"maria.ivanova{person}@example.com",
            },
            "c-project": {
                "@context": "http://schema.org/",
                "@type": "StructuredValue",
                "additionalType": "row",
                "name": f"Проект «Обучение {project}»",
                "rowId": f"i-project{project}",
                "url": f"{link}#_tugrid-projects/_rui-project{project}",
                "tableId": "grid-projects",
                "tableUrl": f"{link}#_tugrid-projects",
            },
            "c-role": "```аналитик```",
            "c-start": f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}T00:00:00.000+03:00",
            "c-end": "" if n % 3 else "2024-12-31T00:00:00.000+03:00",
            "c-share": (n % 10 + 1) / 10,
            "c-note": f"```Согласовано с руководителем, строка {n}, редакция {edition}```",
            "c-sync": "",
            "c-hours": n % 160,
            "c-pay": {
                "@context": "http://schema.org/",
                "@type": "MonetaryAmount",
                "currency": "RUB",
                "amount": n * 10,
            },
            "c-done": n % 2 == 0,
            "c-tags": ["```удалённо```", "```ведущий```"] if n % 4 == 0 else [],
        },
    }


class Pages:
    """The bodies of one table, rendered beforehand."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.bodies = [self._page(start, rows, token="", edition=0) for start in range(0, rows, PAGE_ROWS)]
        self._deltas: dict[tuple[int, int], bytes] = {}

    def delta(self, changed: int, start: int) -> bytes:
        """The page of a delta of `changed` rows that begins at `start`."""
        key = (changed, start)
        if key not in self._deltas:
            self._deltas[key] = self._page(start, changed, token=f"delta-{changed}:", edition=1)
        return self._deltas[key]

    def _page(self, start: int, rows: int, *, token: str, edition: int) -> bytes:
        end = min(start + PAGE_ROWS, rows)
        page: dict[str, object] = {
            "items": [row_of(n, edition) for n in range(start, end)],
            "href": "https://coda.io/apis/v1",
            "nextSyncToken": "delta-0",
        }
        if end < rows:
            page["nextPageToken"] = f"{token}{end}"
        return orjson.dumps(page)


class Answers(BaseHTTPRequestHandler):
    """Answers of the server; `tables` is set by `serve`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tables: dict[str, Pages]

    def do_GET(self) -> None:
        """Answer from what was rendered."""
        url = urlsplit(self.path)
        parameters = {key: values[0] for key, values in parse_qs(url.query).items()}
        found = re.search(r"/tables/([^/]+)(/columns|/rows)?$", url.path)
        body = self._of_table(found[1], found[2], parameters) if found else orjson.dumps(_user())
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _of_table(self, table: str, part: str | None, parameters: dict[str, str]) -> bytes:
        pages = self.tables[table]
        if part is None:
            return orjson.dumps(_table(table, pages.rows))
        if part == "/columns":
            return orjson.dumps({"items": [_column(*column) for column in COLUMNS]})
        delta, _, start = parameters.get("pageToken", "").rpartition(":")
        token = delta or parameters.get("syncToken", "")
        if token:
            return pages.delta(int(token.removeprefix("delta-")), int(start or 0))
        return pages.bodies[int(start or 0) // PAGE_ROWS]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
        """Say nothing."""


def _user() -> dict[str, object]:
    return {
        "name": "Bench",
        "loginId": LOGIN,
        "type": "user",
        "scoped": False,
        "tokenName": "bench",
        "href": "",
    }


def _table(table: str, rows: int) -> dict[str, object]:
    link = f"https://coda.io/d/_d{DOC}#_tu{table}"
    return {
        "id": table,
        "type": "table",
        "tableType": "table",
        "href": f"https://coda.io/apis/v1/docs/{DOC}/tables/{table}",
        "browserLink": link,
        "name": "Участие",
        "parent": {"id": "canvas-1", "type": "page", "href": "", "browserLink": link, "name": "HR"},
        "displayColumn": {"id": "c-note", "type": "column", "href": ""},
        "rowCount": rows,
        "sorts": [],
        "layout": "default",
        "createdAt": "2024-01-01T00:00:00.000Z",
        "updatedAt": "2024-01-01T00:00:00.000Z",
    }


def _column(column: str, name: str, kind: str) -> dict[str, object]:
    return {
        "id": column,
        "type": "column",
        "href": "",
        "name": name,
        "format": {"type": kind, "isArray": column == "c-tags"},
    }


def _serve(sizes: tuple[int, ...], ready: Connection) -> None:
    Answers.tables = {table_id(rows): Pages(rows) for rows in sizes}
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        ready.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def serving(*sizes: int) -> Iterator[str]:
    """The base URL of a server with a table of each size, in its own process while the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(sizes, theirs), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/apis/v1"
    finally:
        server.terminate()
        server.join()
