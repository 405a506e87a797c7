"""What a failed request means to a person: the error of the right kind, in words.

Pure: an outcome goes in, an error comes out. No token, cell or person is in it, but for the login of the
token's owner, which a person needs to know whose token to renew. Not here: sending (see `http`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from coda_pipeline.budget import Kind
from coda_pipeline.errors import (
    CodaPipelineError,
    ConfigurationError,
    NotFoundError,
    PageTimeoutError,
    ProtocolError,
    RateLimitedError,
    RequestRefusedError,
    ServiceError,
    TokenError,
)
from coda_pipeline.retry import Failure, Outcome

MAX_WORDS_CHARS = 200
QUOTED = re.compile(r"""(["`])[^"`]*\1|«[^»]*»|(?<!\w)'[^']*'(?!\w)""")

WORDS_FOR: dict[Failure, str] = {
    "not_sent": "no connection could be made",
    "untrusted": "the certificate of the service could not be verified",
    "dropped": "the connection broke before the whole answer was there",
    "timed_out": "no whole answer came in time",
    "broken": "the answer is no valid JSON",
    "html": "the answer is a web page",
    "no_object": "the answer is JSON, but not an object",
    "foreign": "the answer is JSON of another interface",
    "redirect": "the answer is a redirect",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `subject` says in words what it is about; a `page_of_rows` is not repeated on a 504.

    `name` stands for it in messages where many operations share one path.
    """

    method: str
    path: str
    subject: str
    kind: Kind = "read"
    repeatable: bool = True
    page_of_rows: bool = False
    params: dict[str, str | int] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    name: str = ""

    def __str__(self) -> str:
        """Method and path, or the name; parameters and body may hold cells."""
        return self.name or f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Whose token is used: the setting that holds it, and the login once the service has told it."""

    setting: str
    login: str | None = None

    def __str__(self) -> str:
        """As a message names it."""
        return f"{self.login} ({self.setting})" if self.login else self.setting


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is given up: what was asked, what came back last, of whom, by whom, how often."""

    call: Call
    outcome: Outcome
    service: str
    owner: TokenOwner
    attempts: int = 1

    @property
    def said(self) -> str:
        """The service's own words as a last sentence."""
        return f" It said: {self.outcome.words}" if self.outcome.words else ""


def clean_words(words: object, secret: str) -> str:
    """The service's message without the token, without quoted text (it may be a cell), cut to 200 letters."""
    if not isinstance(words, str):
        return ""
    text = QUOTED.sub("…", " ".join(words.replace(secret, "…").split()))
    return text if len(text) <= MAX_WORDS_CHARS else text[:MAX_WORDS_CHARS] + "…"


def error_for(refusal: Refusal) -> CodaPipelineError:
    """The error for a request that is given up, by what the caller can do about it."""
    if refusal.outcome.failure is not None:
        return _for_failure(refusal, refusal.outcome.failure)
    if refusal.outcome.status in ERRORS_BY_STATUS:
        return ERRORS_BY_STATUS[refusal.outcome.status](refusal)
    if refusal.outcome.is_transient:
        return _service_failed(refusal, f"answered {refusal.outcome.status}")
    return RequestRefusedError(
        f"{refusal.service} refused {refusal.call}, for {refusal.call.subject} ({refusal.outcome.status}); "
        f"trying again changes nothing.{refusal.said}",
        service_words=refusal.outcome.words,
    )


def _unauthorized(refusal: Refusal) -> TokenError:
    return TokenError(
        f"{refusal.service} refused the token of {refusal.owner} (401) on {refusal.call}: it is wrong, "
        f"expired or revoked. Make a new one in the account settings of {refusal.service} and set "
        f"{refusal.owner.setting}.{refusal.said}"
    )


def _forbidden(refusal: Refusal) -> TokenError:
    return TokenError(
        f"The token of {refusal.owner} may not do this (403): {refusal.call}, for {refusal.call.subject}. "
        f"Share it with that user, or use a token whose restrictions allow it.{refusal.said}"
    )


def _not_found(refusal: Refusal) -> NotFoundError:
    return NotFoundError(
        f"{refusal.service} knows no {refusal.call.subject}, or the token of {refusal.owner} cannot see it "
        f"({refusal.outcome.status} on {refusal.call}). Check the ids in the configuration; "
        f"`coda-pipeline discover` lists what this token sees.{refusal.said}"
    )


def _limited(refusal: Refusal) -> RateLimitedError:
    asked_s = refusal.outcome.retry_after_s
    asked = "" if asked_s is None else f", at last asking for {asked_s:.0f} s"
    return RateLimitedError(
        f"{refusal.service} answered 429 to {refusal.call}, {refusal.attempts} attempt(s){asked}. Other "
        f"programs may be using the budget of {refusal.owner}; stop them or run again later."
    )


ERRORS_BY_STATUS: dict[int, Callable[[Refusal], CodaPipelineError]] = {
    HTTPStatus.UNAUTHORIZED: _unauthorized,
    HTTPStatus.FORBIDDEN: _forbidden,
    HTTPStatus.NOT_FOUND: _not_found,
    HTTPStatus.GONE: _not_found,
    HTTPStatus.TOO_MANY_REQUESTS: _limited,
}


def _for_failure(refusal: Refusal, failure: Failure) -> CodaPipelineError:
    reason = WORDS_FOR[failure]
    if failure == "untrusted":
        return ConfigurationError(
            f"Nothing was sent to {refusal.service} for {refusal.call}: {reason}. Behind a proxy that "
            "re-encrypts, set REQUESTS_CA_BUNDLE to its certificate."
        )
    unusable = (
        f"{refusal.service}'s answer to {refusal.call}, for {refusal.call.subject}, is of no use: {reason}"
    )
    if failure in {"html", "no_object", "foreign", "redirect"}:
        return ProtocolError(
            f"{unusable}. Check the base URL, and that no proxy or login page answers in its place."
        )
    if failure == "broken":
        return ProtocolError(
            f"{unusable}, {refusal.attempts} attempt(s). Nothing was taken from it; run again later."
        )
    return _service_failed(refusal, reason)


def _service_failed(refusal: Refusal, reason: str) -> ServiceError:
    call, outcome = refusal.call, refusal.outcome
    text = (
        f"{refusal.service} failed on {call}, for {call.subject}: {reason}, {refusal.attempts} attempt(s)."
        f"{refusal.said}"
    )
    if call.page_of_rows and (outcome.failure == "timed_out" or outcome.status == HTTPStatus.GATEWAY_TIMEOUT):
        return PageTimeoutError(f"{text} Only smaller pages from the start can help.")
    if not call.repeatable and not outcome.is_unapplied:
        return ServiceError(
            f"{text} It was not repeated, because it may have been applied: look in {refusal.service} "
            "before you run it again."
        )
    return ServiceError(f"{text} Run again later.")
