"""Asks the CODING sandbox as a stranger would: plain requests, no client of the project."""

from typing import Any, Self

import requests

from coda_pipeline.sandbox.coding.config import PROJECT
from coda_pipeline.sandbox.coding.server import CodingSandboxServer


class Api:
    """Questions to one sandbox with its token."""

    def __init__(self, sandbox: CodingSandboxServer) -> None:
        self._url = sandbox.base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self.headers = {"Authorization": f"token {sandbox.token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def answer(self, action: str, *, query: str = "", **body: Any) -> requests.Response:
        """The whole answer; with `query` the action is named there and not in the body."""
        content = body if query else {"Action": action, **body}
        url = f"{self._url}/open-api{query}"
        return self._session.post(url, json=content, headers=self.headers, timeout=5)

    def ask(self, action: str, **body: Any) -> dict[str, Any]:
        """What is inside of the envelope, about the configured project."""
        return self.answer(action, **{"ProjectName": PROJECT, **body}).json()["Response"]

    def error(self, action: str, **body: Any) -> str:
        """The code of the error inside."""
        return self.ask(action, **body)["Error"]["Code"]

    def issues(self, **body: Any) -> list[dict[str, Any]]:
        """One page of the list of issues, all types, ascending by code."""
        wanted = {"IssueType": "ALL", "PageNumber": 1, "PageSize": 500, "SortValue": "ASC"}
        return self.ask("DescribeIssueListWithPage", **{**wanted, "ShowSubIssues": True, **body})["Data"][
            "List"
        ]

    def person(self, path: str, method: str = "POST", /, **body: Any) -> requests.Response:
        """A request under `/_sandbox/coding/`."""
        return self._session.request(method, f"{self._url}/_sandbox/coding/{path}", json=body, timeout=5)
