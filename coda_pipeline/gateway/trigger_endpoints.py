"""The button: starting a sync, and asking how it went. Public, scope `trigger`.

A press is stored before it is answered, and nothing else happens here: the run is Dagster's to start, so a
press is kept while Dagster is down. Waiting for a request occupies no thread and no connection.
"""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from coda_pipeline.catalog import Catalog
from coda_pipeline.gateway.access import Allowed
from coda_pipeline.gateway.doc_links import MAX_LINK_CHARS, read_link
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.heartbeat import Heartbeat
from coda_pipeline.gateway.openapi import Key, Text, problems
from coda_pipeline.gateway.problems import ProblemError, language_of
from coda_pipeline.gateway.sentence import sentence
from coda_pipeline.gateway.telling import told_of
from coda_pipeline.gateway.words import Lang, reason_for
from coda_pipeline.warehouse.idempotency import KeyReusedError, OnlyOnce
from coda_pipeline.warehouse.tokens import Token
from coda_pipeline.warehouse.trigger_requests import (
    Press,
    Push,
    TriggerRequest,
    find_request,
    latest_requests,
    take_press,
)
from coda_pipeline.warehouse.write_back.standing import push_standing

MAX_WAIT_S = 55
LOOK_EVERY_S = 0.3
STUCK_AFTER_S = 60.0
PATH = "/v1/sync/participation"
COUNTS = ("read", "inserted", "updated", "unchanged", "deleted", "held", "duplicates", "conflicts")
ENDED = {"succeeded", "needs_attention", "failed"}

router = APIRouter(tags=["sync"])
Caller = Annotated[Token, Depends(Allowed("trigger"))]


class Pressed(BaseModel):
    """Who pressed the button, and in which row of Coda."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    requested_by: Annotated[Text, Field(max_length=320)] | None = None
    row_url: Annotated[Text, Field(max_length=MAX_LINK_CHARS)] | None = None


class Accepted(BaseModel):
    """The press is stored. `coalesced`: it joined a request that had not started yet."""

    request_id: UUID
    state: Literal["queued", "running", "succeeded", "needs_attention", "failed"]
    coalesced: bool
    status_url: str


class RequestError(BaseModel):
    """Why a read failed, for people; `kind` is for programs."""

    kind: str
    message: str


class RequestStatus(BaseModel):
    """How a request stands. `is_settled`: no edit made before the press can still be missing."""

    request_id: UUID
    state: Literal["queued", "running", "succeeded", "needs_attention", "failed"]
    message: str
    as_of: datetime | None
    is_settled: bool
    counts: dict[str, int]
    push: Push
    error: RequestError | None
    run_url: str | None
    requested_at: datetime
    attempt: int


@router.post(PATH, status_code=202, response_model=Accepted, responses=problems(400, 401, 403, 409, 422, 429))
def press_button(
    here: Here,
    caller: Caller,
    response: Response,
    pressed: Pressed | None = None,
    idempotency_key: Key = None,
) -> Accepted:
    """Ask for a sync of Участие. A press answered 202 is served by a read that begins after it."""
    if here.catalog.participation is None:
        raise ProblemError(409, "nothing_to_sync")
    body = pressed or Pressed()
    press = Press(body.requested_by, body.row_url, _doc_of(here.catalog, body.row_url), caller.token_id)
    with here.transaction() as conn:
        once = None
        if idempotency_key is not None:
            try:
                once = OnlyOnce(conn, caller.token_id, PATH, idempotency_key, body.model_dump_json().encode())
            except KeyReusedError:
                raise ProblemError(422, "key_reused") from None
        if once is not None and once.earlier is not None:
            found = find_request(conn, once.earlier)
            if found is not None:
                return _accepted(here, response, found.request_id, found.state, coalesced=True)
        request_id, coalesced = take_press(conn, press)
        if once is not None:
            once.made(request_id)
    return _accepted(here, response, request_id, "queued", coalesced=coalesced)


@router.get(
    "/v1/sync/requests/latest",
    response_model=RequestStatus,
    responses=problems(401, 403, 404, 422, 429),
)
def latest_status(
    request: Request,
    here: Here,
    _caller: Caller,
    lang: Annotated[Lang | None, Query(description="Language of the message.")] = None,
) -> RequestStatus:
    """How the last request stands."""
    with here.transaction() as conn:
        found = next(iter(latest_requests(conn, 1)), None)
    if found is None:
        raise ProblemError(404, "unknown_request")
    stuck = is_stuck(found, request.app.state.heartbeat)
    return status_of(here, found, lang or language_of(request), stuck=stuck)


@router.get(
    "/v1/sync/requests/{request_id}",
    response_model=RequestStatus,
    responses=problems(401, 403, 404, 422, 429),
)
async def request_status(
    request: Request,
    here: Here,
    caller: Caller,
    request_id: UUID,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait for its end.")] = 0,
    lang: Annotated[Lang | None, Query(description="Language of the message.")] = None,
) -> RequestStatus:
    """How a request stands; with `wait` as soon as it has ended, or after so many seconds."""
    give_up_at = time.monotonic() + wait
    while True:
        found = await run_in_threadpool(_find, here, request_id)
        if found.state in ENDED or time.monotonic() >= give_up_at or await request.is_disconnected():
            break
        await asyncio.sleep(min(LOOK_EVERY_S, max(0.0, give_up_at - time.monotonic())))
    stuck = await run_in_threadpool(is_stuck, found, request.app.state.heartbeat)
    return status_of(here, found, lang or language_of(request), stuck=stuck)


def status_of(here: Gateway, found: TriggerRequest, lang: Lang, *, stuck: bool) -> RequestStatus:
    """A request as it is told to people and programs."""
    counts = {name: found.counts.get(name, 0) for name in COUNTS}
    told = told_of(found, here.zone, stuck=stuck)
    failed = found.state == "failed"
    push: Push = found.push
    if push == "pending":
        # The write-back is a run of its own, which ends after the request.
        with here.transaction() as conn:
            push = push_standing(conn)
    return RequestStatus(
        request_id=found.request_id,
        state=found.state,
        message=sentence(told, lang),
        as_of=found.as_of,
        is_settled=told.is_settled,
        counts=counts,
        push=push,
        error=RequestError(
            kind=found.error_kind or "", message=reason_for(found.error_kind, found.error, lang)
        )
        if failed
        else None,
        run_url=f"{here.ui_url}/runs/{found.run_id}" if here.ui_url and found.run_id else None,
        requested_at=found.requested_at,
        attempt=found.attempt,
    )


def is_stuck(found: TriggerRequest, heartbeat: Heartbeat) -> bool:
    """Whether the request waits while nothing works on the queue."""
    waits = found.state in {"queued", "running"} and found.age_s > STUCK_AFTER_S
    return waits and not heartbeat.look().is_alive


def _find(here: Gateway, request_id: UUID) -> TriggerRequest:
    with here.transaction() as conn:
        found = find_request(conn, request_id)
    if found is None:
        raise ProblemError(404, "unknown_request")
    return found


def _accepted(
    here: Gateway, response: Response, request_id: UUID, state: str, *, coalesced: bool
) -> Accepted:
    url = f"{here.public_url or ''}/v1/sync/requests/{request_id}"
    response.headers["Location"] = url
    return Accepted.model_validate(
        {"request_id": request_id, "state": state, "coalesced": coalesced, "status_url": url}
    )


def _doc_of(catalog: Catalog, row_url: str | None) -> str | None:
    """The doc that a press came from. Raises problem 422, naming it, for one that is not configured."""
    if row_url is None:
        return None
    link = read_link(row_url)
    if link is None:
        raise ProblemError(422, "not_coda_link")
    if link.doc_id not in {doc.id for doc in catalog.coda.docs}:
        shown = f"«{link.title}» ({link.doc_id})" if link.title else link.doc_id
        raise ProblemError(422, "doc_not_configured", doc=shown)
    return link.doc_id
