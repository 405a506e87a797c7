"""Every answer that refuses, in the one error body of section 2."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NoReturn

import orjson

ROW_UNKNOWN = "Could not find a row with the specified ID or name."
TABLE_UNKNOWN = "Could not find a table with the specified ID or name."
COLUMN_UNKNOWN = "Could not find a column with the specified ID or name."
BAD_PAGE_TOKEN = "Invalid pageToken."  # noqa: S105
STALE = "Doc is not yet up to date."
DOC_DELETED = "Doc has been deleted."
SORT_OF_HIDDEN = (
    "Natural sorting is only available for visible rows. Remove visibleOnly=false or change sortBy."
)
TOO_LARGE = "request entity too large"


class Refusal(Exception):  # noqa: N818 - what the API says, not a failure of the sandbox
    """An answer of 4xx or 5xx. `issues` adds the undeclared `codaType` and `codaDetail` (section 2)."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        issues: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.phrase = HTTPStatus(status).phrase
        self.text = message or self.phrase
        self.issues = issues
        self.headers = dict(headers or {})
        super().__init__(self.text)

    def body(self) -> bytes:
        """The error body."""
        body: dict[str, object] = {
            "statusCode": self.status,
            "statusMessage": self.phrase,
            "message": self.text,
        }
        if self.issues:
            body["codaType"] = "RequestSchemaValidationFailed"
            body["codaDetail"] = {"issues": [{"message": issue} for issue in self.issues]}
        return orjson.dumps(body)


def refuse(message: str, *issues: str) -> NoReturn:
    """Refuses with 400; with issues the body carries `codaDetail`."""
    raise bad_request(message, *issues)


def bad_request(message: str, *issues: str) -> Refusal:
    """400; with issues it carries `codaDetail`."""
    return Refusal(400, message, issues=issues)


def unauthorized() -> Refusal:
    """401."""
    return Refusal(401)


def forbidden() -> Refusal:
    """403."""
    return Refusal(403)


def not_found(message: str | None = None) -> Refusal:
    """404."""
    return Refusal(404, message)


def too_many_requests(retry_after_s: float | None = None) -> Refusal:
    """429, as a rule without a word on when to come back (section 3)."""
    headers = {} if retry_after_s is None else {"Retry-After": str(max(1, round(retry_after_s + 0.5)))}
    return Refusal(429, headers=headers)
