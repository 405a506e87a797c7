"""The barest client of the sandbox: what goes over the wire, nothing interpreted."""

from types import TracebackType
from typing import Any, Self

import requests

from coda_pipeline.sandbox.schema import PARTICIPATION
from coda_pipeline.sandbox.server import SandboxServer


class Api:
    """Requests with a token, relative to the sandbox's base URL."""

    def __init__(self, sandbox: SandboxServer, token: str | None = None) -> None:
        self.base_url = sandbox.base_url
        self.doc = f"/docs/{sandbox.doc_id}"
        self.table = f"{self.doc}/tables/{PARTICIPATION}"
        self.rows = f"{self.table}/rows"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token or sandbox.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self.base_url + path, timeout=10, **options)

    def get(self, path: str, **params: object) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        answer = self.ask(method, path, **options)
        return answer.status_code, answer.json()

    def all_rows(self, path: str | None = None, **params: object) -> list[dict[str, Any]]:
        page = self.get(path or self.rows, **params)
        rows = list(page["items"])
        while "nextPageToken" in page:
            page = self.get(path or self.rows, pageToken=page["nextPageToken"])
            rows += page["items"]
        return rows

    def values(self, row_id: str, **params: object) -> dict[str, Any]:
        return self.get(f"{self.rows}/{row_id}", **{"valueFormat": "rich", **params})["values"]
