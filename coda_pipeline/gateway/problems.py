"""Refusals as RFC 9457 problem documents, in the caller's language, and what becomes of exceptions.

Nothing of an exception's own text goes out: a database quotes the row that it refused. A defect gets a
number, which the log has too.
"""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from coda_pipeline.gateway.words import Lang, language, problem_words

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:coda-pipeline:problem:"
logger = logging.getLogger(__name__)
_LOCKED = {"55P03", "40001", "40P01"}
_TIMED_OUT = "57014"
_GONE = ("57P", "08", "53")


class ProblemError(Exception):
    """A refusal: status, code of `words.PROBLEMS`, and what goes along with it."""

    def __init__(
        self, status: int, code: str, *, headers: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        self.status, self.code, self.values = status, code, values
        self.headers = dict(headers or {})
        super().__init__(code)


def problem(
    status: int, code: str, lang: Lang, *, headers: Mapping[str, str] | None = None, **values: Any
) -> JSONResponse:
    """The answer for a refusal. Values are members of the document too."""
    content = {
        "type": f"{TYPE}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": problem_words(code, lang, **values),
        **{name: value for name, value in values.items() if name not in {"what"}},
    }
    return JSONResponse(
        content, status, media_type=MEDIA_TYPE, headers={"Content-Language": lang, **(headers or {})}
    )


def language_of(request: Request) -> Lang:
    """In which language to answer: `?lang=`, else Accept-Language."""
    return language(request.query_params.get("lang"), request.headers.get("accept-language"))


def install_problems(app: FastAPI) -> None:
    """Let every exception of an application end as a problem document."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ProblemError)  # noqa: S101 (registered for it)
        return problem(error.status, error.code, language_of(request), headers=error.headers, **error.values)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it)
        if any(found["type"] in {"json_invalid", "model_attributes_type"} for found in error.errors()):
            return problem(400, "not_json", language_of(request))
        fields = [_place(found) for found in error.errors()]
        return problem(422, "invalid", language_of(request), what="; ".join(fields), fields=fields)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 (registered for it)
        codes = {404: "not_found", 405: "wrong_method"}
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return problem(400, "not_json", language_of(request))
        code = codes.get(error.status_code)
        if code is None:
            return defect(request, error)
        return problem(error.status_code, code, language_of(request), headers=error.headers)

    async def database(request: Request, error: Exception) -> JSONResponse:
        return _of_database(request, error)

    app.add_exception_handler(ProblemError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(PoolTimeoutError, database)


def _place(found: Mapping[str, Any]) -> str:
    """Where a mistake is and of which kind; never the value, which may name a person."""
    place = ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0])
    message = found["msg"].removeprefix("Value error, ")
    return (
        f"{place[:100]}: {message}" if found["type"] != "extra_forbidden" else f"{place[:100]}: unknown field"
    )


def _of_database(request: Request, error: Exception) -> JSONResponse:
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    lang = language_of(request)
    if state in _LOCKED:
        return problem(503, "busy", lang, headers={"Retry-After": "3"})
    if state == _TIMED_OUT:
        return problem(504, "took_too_long", lang)
    lost = isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)
    if (lost and not state) or state.startswith(_GONE):
        logger.error("The database cannot be reached: %s %s", type(error).__name__, state)
        return problem(503, "no_database", lang, headers={"Retry-After": "30"})
    return defect(request, error)


def defect(request: Request, error: Exception) -> JSONResponse:
    """The answer for what nobody foresaw; the log gets all but the error's own text."""
    number = secrets.token_hex(4)
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    logger.error(
        "Defect %s at %s %s: %s%s", number, request.method, _route(request), _name(error),
        f" (SQLSTATE {state})" if state else "", exc_info=_without_text(error),
    )  # fmt: skip
    return problem(500, "defect", language_of(request), number=number)


def _name(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _without_text(error: Exception) -> tuple[type[Exception], Exception, Any]:
    """The traceback, which holds only code, without the message, which may quote a row."""
    return (
        RuntimeError,
        RuntimeError("its message is withheld, since it may quote personal data"),
        error.__traceback__,
    )


def _route(request: Request) -> str:
    """The pattern of the address; the address itself may hold an external id."""
    return getattr(request.scope.get("route"), "path", "an unknown address")
