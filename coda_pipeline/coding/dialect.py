"""How CODING speaks: its three ways to send a token, its envelope, and what its refusals mean.

Facts: reference/coding-api.md sections 1 and 2. Pure. Not here: whether an ambiguous refusal is a dead
token, a missing scope or a deleted record, which takes further questions (see `asking`).

The one thing to know: CODING answers 200 to everything, with an error inside, and one code means several
things. A refusal is classified by code and message together.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from pydantic import SecretStr

from coda_pipeline import answers, refusals
from coda_pipeline.answers import Dialect, bearer
from coda_pipeline.catalog_coding import AuthKind
from coda_pipeline.errors import (
    CodaPipelineError,
    MissingScopeError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    RetriableError,
    ServiceError,
    TokenRefusedError,
)
from coda_pipeline.refusals import Refusal, clean_words
from coda_pipeline.retry import Outcome, RetryPolicy

# The window of the limit is one second; what blocks for longer is another program.
POLICY = RetryPolicy(limited_waits_s=(1, 2, 5, 15, 30))
# What the transport must know of a code: whether the same request may succeed later.
STATUS_OF: Mapping[str, HTTPStatus] = {
    "RequestLimitExceeded": HTTPStatus.TOO_MANY_REQUESTS,
    "InternalError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ResourceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
# Quotation marks of Chinese texts, addresses and long numbers: what is in a message may be a person's.
PERSONAL = re.compile(r"“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|【[^】]*】|[^\s@]+@[^\s@]+|\d{6,}")
TOKEN_IS_DEAD = re.compile(r"authorization invalid|user not found", re.IGNORECASE)
# "Resource not found", as recorded from an import job.
NOT_FOUND = re.compile(r"资源未找到|不存在|not[ _]?found|not[ _]?exist", re.IGNORECASE)
MEANS_NO_SCOPE = frozenset({"UnauthorizedOperation", "OperationDenied"})


def dialect_for(auth: AuthKind) -> Dialect:
    """How to speak with CODING with a token of that kind."""
    return Dialect("CODING", AUTHORIZATIONS[auth], outcome_of, error_for)


def outcome_of(status: int, headers: Mapping[str, str], content: bytes, token: SecretStr) -> Outcome:
    """What a whole answer amounts to; `body` is what is inside of the envelope."""
    outcome = answers.outcome_of(status, headers, content, token)
    if outcome.failure is not None:
        return outcome
    body = outcome.body if outcome.body is not None else _object_in(content)
    response = body.get("Response")
    error = response.get("Error") if isinstance(response, dict) else None
    if error:
        return _refused(outcome, error, token)
    if outcome.body is None:
        return outcome
    if not isinstance(response, dict):
        return Outcome(status, failure="foreign")
    return Outcome(status, body=response)


def _object_in(content: bytes) -> Mapping[str, object]:
    try:
        body = answers.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(outcome: Outcome, error: object, token: SecretStr) -> Outcome:
    fields = error if isinstance(error, dict) else {}
    code = fields.get("Code")
    code = code if isinstance(code, str) and CODE.fullmatch(code) else "an error without a code"
    words = _words(fields.get("Message"), token.get_secret_value())
    status = STATUS_OF.get(code, outcome.status if outcome.body is None else HTTPStatus.BAD_REQUEST)
    return replace(outcome, status=status, body=None, code=code, words=words)


def _words(message: object, secret: str) -> str:
    """The message without token and persons; cut last, so that no half of an address is left over."""
    if not isinstance(message, str):
        return ""
    return clean_words(PERSONAL.sub("…", message.replace(secret, "…")), secret)


def error_for(refusal: Refusal) -> CodaPipelineError:
    """The error for a request that is given up. `NotFoundError` may still be a dead token: ask on."""
    outcome = refusal.outcome
    if outcome.failure is not None:
        return refusals.error_for(refusal)
    if outcome.is_transient:
        return _later(refusal)
    if _is_dead_token(outcome):
        return token_refused(refusal.owner.setting, f"{_refused_call(refusal)}.")
    if outcome.code in MEANS_NO_SCOPE or outcome.status == HTTPStatus.FORBIDDEN:
        return MissingScopeError(
            f"{_refused_call(refusal)}: the token in {refusal.owner} may not do this. Give it the scope."
        )
    if outcome.status == HTTPStatus.NOT_FOUND or _is_not_found(outcome):
        return NotFoundError(f"{_refused_call(refusal)}: CODING knows no {refusal.call.subject}.")
    return RequestRefusedError(
        f"{_refused_call(refusal)}; trying again changes nothing.",
        service_words=outcome.words,
        service_code=outcome.code,
    )


def token_refused(setting: str, reason: str) -> TokenRefusedError:
    """The token is wrong, expired or revoked."""
    return TokenRefusedError(
        f"CODING refused the token in {setting}: it is wrong, expired or revoked. {reason} Make a new one in "
        "CODING under personal settings > access tokens, or connect again."
    )


def _is_dead_token(outcome: Outcome) -> bool:
    return (
        outcome.status == HTTPStatus.UNAUTHORIZED
        or outcome.code == "AuthFailure"
        or TOKEN_IS_DEAD.search(outcome.words) is not None
    )


def _is_not_found(outcome: Outcome) -> bool:
    is_ambiguous = outcome.code == "InvalidParameterValue" and NOT_FOUND.search(outcome.words) is not None
    return outcome.code == "ResourceNotFound" or is_ambiguous


def _later(refusal: Refusal) -> RetriableError:
    tried = f"{_refused_call(refusal)}, {refusal.attempts} attempt(s)"
    if refusal.outcome.is_limited:
        return RateLimitedError(
            f"{tried}: too many requests. Other programs may be using the team's limit; stop them or run "
            "again later."
        )
    return ServiceError(f"{tried}. Run again later.")


def _refused_call(refusal: Refusal) -> str:
    outcome = refusal.outcome
    said = f": {outcome.words}" if outcome.words else ""
    return f"{refusal.call}, for {refusal.call.subject}, was refused ({outcome.code or outcome.status}{said})"


def _as_token(token: SecretStr) -> str:
    return f"token {token.get_secret_value()}"


def _as_basic(token: SecretStr) -> str:
    return f"Basic {b64encode(token.get_secret_value().encode()).decode()}"


AUTHORIZATIONS: Mapping[AuthKind, Callable[[SecretStr], str]] = {
    "token": _as_token,
    "bearer": bearer,
    "basic": _as_basic,
}
