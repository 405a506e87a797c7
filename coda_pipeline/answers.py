"""Bytes of an HTTP answer to an `Outcome`: JSON or not, the service's words, how long it asks to wait.

Pure. What differs between services is gathered in a `Dialect`; Coda's is the default. Not here: sending (see
`http`), judging (see `retry`, `refusals`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import orjson
from pydantic import SecretStr

from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.refusals import Refusal, clean_words, error_for
from coda_pipeline.retry import Outcome

# A pair of surrogates (kept), one alone (replaced), or another escape (kept; maybe a backslash).
ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."
)


def outcome_of(status: int, headers: Mapping[str, str], content: bytes, token: SecretStr) -> Outcome:
    """What a whole answer amounts to. 2xx without a usable JSON object is a failure."""
    if status >= HTTPStatus.BAD_REQUEST:
        return Outcome(
            status,
            retry_after_s=retry_after_s(headers),
            words=clean_words(_message_of(content), token.get_secret_value()),
        )
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(status, failure="redirect")
    try:
        body = loads(content)
    except ValueError:
        is_html = "html" in headers.get("Content-Type", "") or content.lstrip()[:1] == b"<"
        return Outcome(status, failure="html" if is_html else "broken")
    if not isinstance(body, dict):
        return Outcome(status, failure="no_object")
    return Outcome(status, body=body)


def bearer(token: SecretStr) -> str:
    """The Authorization header of most services."""
    return f"Bearer {token.get_secret_value()}"


@dataclass(frozen=True)
class Dialect:
    """How a service speaks: where the token goes, what an answer amounts to, what a refusal means.

    `authorization` gives the header's value; an empty one sends no header.
    """

    service: str = "Coda"
    authorization: Callable[[SecretStr], str] = bearer
    outcome_of: Callable[[int, Mapping[str, str], bytes, SecretStr], Outcome] = outcome_of
    error_for: Callable[[Refusal], CodaPipelineError] = error_for


def loads(content: bytes) -> object:
    """JSON of any origin. Half an emoji (a lone surrogate, which no database stores) becomes U+FFFD.

    Raises ValueError for what is not JSON.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        repaired = ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], content)
        if repaired == content:
            raise
        return orjson.loads(repaired)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, given as a number or as a date; None where it is absent or makes no sense."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _date(value)
    if until is None:
        return None
    # The service's own clock, where it tells it: ours may be wrong.
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _message_of(content: bytes) -> object:
    """`message` of the one error body that the service has; None for any other body."""
    try:
        body = loads(content)
    except ValueError:
        return None
    return body.get("message") if isinstance(body, dict) else None
