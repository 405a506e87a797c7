"""The application's API on Участие: list, read, create, change, delete. Scopes `read` and `write`.

Writes are compare-and-set on the ETag, so no edit of anybody is overwritten unseen. A natural key that is
taken is answered with the id of the one that has it; a person or an activity that no table knows is refused
at once, since Coda could not take it either.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from coda_pipeline.gateway import participation_store as store
from coda_pipeline.gateway.access import Allowed
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.known_things import unknown_activity, unknown_person
from coda_pipeline.gateway.openapi import Key, problems
from coda_pipeline.gateway.participation_models import Change, ExternalId, Filters, New, Page, Shown
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.idempotency import KeyReusedError, OnlyOnce
from coda_pipeline.warehouse.tokens import Token

PATH = "/v1/participation"
router = APIRouter(prefix=PATH, tags=["participation"])
Reader = Annotated[Token, Depends(Allowed("read"))]
Writer = Annotated[Token, Depends(Allowed("write"))]
IfMatch = Annotated[str | None, Header(description='The ETag that was read, such as "7"; * for any.')]
_ETAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')
MAX_VERSION_DIGITS = 18


@router.get("", response_model=Page, responses=problems(401, 403, 422, 429))
def list_participation(here: Here, _caller: Reader, filters: Annotated[Filters, Query()]) -> Page:
    """Live participations in the order of their ids."""
    wanted = filters.model_dump(include=set(store.FILTERS))
    with here.transaction(snapshot=True) as conn:
        found = store.page(conn, after=filters.after, limit=filters.limit + 1, filters=wanted)
        items = store.shown(conn, found[: filters.limit])
    return Page(items=items, next=items[-1].participation_id if len(found) > filters.limit else None)


@router.get("/{participation_id}", response_model=Shown, responses=problems(401, 403, 404, 410, 422, 429))
def read_participation(here: Here, _caller: Reader, participation_id: UUID, response: Response) -> Shown:
    """One participation. The id of a merged one is answered with its survivor (Content-Location)."""
    with here.transaction(snapshot=True) as conn:
        found = store.find(conn, participation_id)
        return _answer(conn, found, response)


@router.post("", status_code=201, response_model=Shown, responses=problems(400, 401, 403, 409, 422, 429))
def create_participation(
    here: Here, caller: Writer, new: New, response: Response, idempotency_key: Key = None
) -> Shown:
    """Create a participation. The same Idempotency-Key again answers with what the first call created."""
    values = new.given()
    with _writing(here, caller, values) as conn:
        once = _once(conn, caller, idempotency_key, new.model_dump_json().encode())
        if once is not None and once.earlier is not None:
            response.headers["Idempotency-Replayed"] = "true"
            return _answer(conn, store.find(conn, once.earlier), response)
        _refuse_unknown(conn, here, values)
        made = store.insert(conn, values or {"person_name": None})
        if once is not None:
            once.made(made)
        return _answer(conn, store.find(conn, made), response)


@router.put(
    "/by-external-id/{key}",
    response_model=Shown,
    responses={201: {"model": Shown}, **problems(400, 401, 403, 409, 412, 422, 429)},
)
def upsert_participation(
    here: Here,
    caller: Writer,
    key: Annotated[ExternalId, Path()],
    change: Change,
    response: Response,
    if_match: IfMatch = None,
) -> Shown:
    """Create or change the participation that has the application's own key. Fields left out stay."""
    values = change.given()
    with _writing(here, caller, values) as conn:
        before = store.find_by_external_id(conn, key)
        if if_match is not None and (before is None or not _matches(conn, before, if_match)):
            raise ProblemError(412, "changed_meanwhile")
        _refuse_unknown(conn, here, values)
        is_live = before is not None and before.deleted_at is None and before.merged_into is None
        if before is not None and is_live:
            made = before.participation_id
            store.update(conn, made, None, values)
        else:
            # Also where another call makes it at this moment; and it revives a deleted one.
            made = store.upsert(conn, key, values)
        response.status_code = 200 if is_live else 201
        return _answer(conn, store.find(conn, made), response)


@router.patch(
    "/{participation_id}",
    response_model=Shown,
    responses=problems(400, 401, 403, 404, 409, 410, 412, 422, 428, 429),
)
def change_participation(
    here: Here,
    caller: Writer,
    participation_id: UUID,
    change: New,
    response: Response,
    if_match: IfMatch = None,
) -> Shown:
    """Change some fields of the version that was read."""
    values = change.given()
    with _writing(here, caller, values) as conn:
        found = store.find_to_write(conn, participation_id)
        _refuse_unknown(conn, here, values)
        _compare_and_set(
            found, if_match, lambda version: store.update(conn, participation_id, version, values)
        )
        return _answer(conn, store.find(conn, participation_id), response)


@router.delete(
    "/{participation_id}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 409, 410, 412, 422, 428, 429),
)
def delete_participation(
    here: Here, caller: Writer, participation_id: UUID, if_match: IfMatch = None
) -> None:
    """Delete the version that was read. It becomes a tombstone; its rows in Coda are planned to go."""
    with _writing(here, caller, {}) as conn:
        found = store.find_to_write(conn, participation_id)
        _compare_and_set(found, if_match, lambda version: store.delete(conn, participation_id, version))


@contextmanager
def _writing(here: Gateway, caller: Token, values: Mapping[str, object]) -> Iterator[Connection]:
    """A transaction of the application. Raises problems 409 and 422 for what the database refuses."""
    try:
        with here.transaction() as conn:
            store.write_as(conn, caller.name)
            yield conn
    except DBAPIError as error:
        refusal = store.refusal_for(error)
        if refusal is None:
            raise
        raise _completed(here, refusal, values) from None


def _completed(here: Gateway, refusal: ProblemError, values: Mapping[str, object]) -> ProblemError:
    """With the id of the one in the way, where the database did not say it."""
    if "existing_id" not in refusal.values or refusal.values["existing_id"] is not None:
        return refusal
    with here.transaction() as conn:
        if refusal.code == "external_id_taken":
            found = store.find_by_external_id(conn, str(values.get("external_id")))
            existing_id = str(found.participation_id) if found else None
        else:
            existing_id = store.taken_by(conn, values)
    return ProblemError(refusal.status, refusal.code, existing_id=existing_id or "?")


def _once(conn: Connection, caller: Token, key: str | None, body: bytes) -> OnlyOnce | None:
    if key is None:
        return None
    try:
        return OnlyOnce(conn, caller.token_id, PATH, key, body)
    except KeyReusedError:
        raise ProblemError(422, "key_reused") from None


def _refuse_unknown(conn: Connection, here: Gateway, values: Mapping[str, Any]) -> None:
    if {"person_name", "person_email"} & values.keys():
        field = unknown_person(conn, here.catalog, values.get("person_name"), values.get("person_email"))
        if field:
            raise ProblemError(422, "unknown_person", field=field)
    if {"activity", "activity_row_id"} & values.keys():
        field = unknown_activity(conn, here.catalog, values.get("activity"), values.get("activity_row_id"))
        if field:
            raise ProblemError(422, "unknown_activity", field=field)


def _compare_and_set(found: store.Stored, if_match: str | None, write: Callable[[int | None], bool]) -> None:
    """Raises problems 428 without a version, 412 where another one is stored by now."""
    if if_match is None:
        raise ProblemError(428, "no_if_match")
    versions = _versions(if_match)
    if versions is not None and found.row.version not in versions:
        raise ProblemError(412, "changed_meanwhile")
    if not write(None if versions is None else found.row.version):
        raise ProblemError(412, "changed_meanwhile")


def _matches(conn: Connection, before: Any, if_match: str) -> bool:
    versions = _versions(if_match)
    found = store.find(conn, before.participation_id)
    return versions is None or found.row.version in versions


def _versions(if_match: str) -> set[int] | None:
    """The versions that If-Match allows, None for any. A weak tag allows nothing."""
    if if_match.strip() == "*":
        return None
    tags = [_ETAG.fullmatch(part) for part in if_match.split(",") if not part.strip().startswith("W/")]
    texts = [tag.group(1) for tag in tags if tag]
    return {int(t) for t in texts if t.isascii() and t.isdigit() and len(t) <= MAX_VERSION_DIGITS}


def _answer(conn: Connection, found: store.Stored, response: Response) -> Shown:
    response.headers["ETag"] = found.etag
    response.headers["Content-Location"] = f"{PATH}/{found.participation_id}"
    (answer,) = store.shown(conn, [found])
    return answer
