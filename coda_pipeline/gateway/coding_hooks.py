"""Where CODING delivers its hooks: `POST /v1/webhooks/coding/{team}`.

A delivery is genuine or it is stored nowhere; a genuine one is stored before it is answered, and worked off
later (`sync.coding.drain`), so the answer takes milliseconds. CODING does not promise to send again
(reference/coding-api.md section 5): a poll behind finds what got lost here.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from coda_pipeline.catalog_coding import CodingSection, TeamEntry
from coda_pipeline.coding.signature import SignatureScheme, is_secret, is_signed
from coda_pipeline.sync.coding.deliveries import store_delivery

MAX_BODY_BYTES = 1 << 20
MAX_HEADER_BYTES = 16 << 10
PATH = "/v1/webhooks/coding/{team}"
# As many as the engine keeps connections for: a burst that opened new ones would answer ten times slower.
STORING_AT_ONCE = 4


def coding_hooks(
    section: CodingSection, secret_of: Callable[[str], SecretStr | None], engine: Engine
) -> APIRouter:
    """The route. `secret_of` is asked at every delivery, so a rotated secret needs no restart."""
    router = APIRouter(tags=["webhooks"])
    storing = ThreadPoolExecutor(STORING_AT_ONCE, thread_name_prefix="webhooks")

    @router.post(PATH)
    async def deliver(team: str, request: Request) -> JSONResponse:
        """Take in a hook: 200 once it is stored, 401 unsigned, 413 too large, 503 not stored."""
        return await _take(request, section, team, None)

    @router.post(PATH + "/{secret}", include_in_schema=False)
    async def deliver_with_secret(team: str, secret: str, request: Request) -> JSONResponse:
        """The same where a hook cannot sign and its address ends in the secret instead."""
        return await _take(request, section, team, secret)

    async def _take(request: Request, section: CodingSection, team: str, given: str | None) -> JSONResponse:
        headers = dict(request.headers)
        if sum(map(len, [*headers, *headers.values()])) > MAX_HEADER_BYTES:
            return _answer(431, "headers_too_large")
        body = await _body_of(request)
        if body is None:
            return _answer(413, "too_large")
        entry = section.team(team) if section.has_team(team) else None
        if entry is None or not _is_genuine(entry, secret_of(team), headers, body, given):
            return _answer(401, "not_signed")
        if entry.incremental == "polling":
            return _answer(404, "this team is read by polling alone")
        try:
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(storing, store_delivery, engine, team, headers, body)
        except SQLAlchemyError:
            # Its message quotes what was to be stored. CODING shows the status in its send log.
            return _answer(503, "not_stored")
        return _answer(200, str(outcome))

    return router


def _is_genuine(
    entry: TeamEntry, secret: SecretStr | None, headers: Mapping[str, str], body: bytes, given: str | None
) -> bool:
    if secret is None:
        return False
    if given is not None:
        return entry.webhook.secret_in_url and is_secret(given, secret)
    scheme = SignatureScheme(entry.webhook.signature_header, entry.webhook.algorithm)
    return is_signed(body, headers, secret, scheme)


async def _body_of(request: Request) -> bytes | None:
    """The raw bytes, None where there are too many: whatever the header says, no more are kept."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _answer(status: int, state: str) -> JSONResponse:
    return JSONResponse({"state": state}, status_code=status)
