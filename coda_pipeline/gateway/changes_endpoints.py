"""The feed of changes of Участие for applications that keep a copy. Scope `read`.

What is promised: every change is told once or more, none is missed however late its transaction commits
(`warehouse.change_feed`). A participation that changed several times on a page is told once, as it is now.
"""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection, text

from coda_pipeline.gateway import participation_store as store
from coda_pipeline.gateway.access import Allowed
from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.openapi import problems
from coda_pipeline.gateway.participation_models import Changed, Changes
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.change_feed import (
    ChangedLine,
    Position,
    changes_after,
    ensure_feed,
    latest_position,
)
from coda_pipeline.warehouse.tokens import Token

LATEST = "latest"
_POSITION = re.compile(r"(\d{1,9})\.(\d{1,19})\.(\d{1,18})")
_ENDS = text(
    "select participation_id, merged_into, deleted_at from core.participation_all"
    " where participation_id = any(:ids)"
)
router = APIRouter(prefix="/v1/participation", tags=["participation"])


@router.get("/changes", response_model=Changes, responses=problems(401, 403, 410, 422, 429))
def list_changes(
    here: Here,
    _caller: Annotated[Token, Depends(Allowed("read"))],
    after: Annotated[
        str | None,
        Query(
            max_length=60,
            description="`next` of the answer before; `latest` for only what comes from now on.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Changes:
    """What changed after a position, with tombstones and merges. Without `after`: from the very beginning."""
    with here.transaction() as conn:
        generation = ensure_feed(conn)
    with here.transaction(snapshot=True) as conn:
        if after == LATEST:
            return Changes(items=[], next=_written(latest_position(conn, generation)), more=False)
        position = _position(after, generation)
        lines = changes_after(conn, position, limit)
        last = lines[-1].position if lines else position
        return Changes(items=_told(conn, lines), next=_written(last), more=len(lines) == limit)


def _told(conn: Connection, lines: list[ChangedLine]) -> list[Changed]:
    """Each participation once, by its latest line."""
    latest = {line.participation_id: line for line in lines}
    ids = list(latest)
    records = {found.participation_id: found for found in store.shown(conn, store.live(conn, ids))}
    ends = {row.participation_id: row for row in conn.execute(_ENDS, {"ids": ids})}
    return [_changed(line, records, ends) for line in latest.values()]


def _changed(line: ChangedLine, records: dict, ends: dict) -> Changed:
    end = ends.get(line.participation_id)
    merged_into: UUID | None = end.merged_into if end else None
    is_gone = end is None or end.deleted_at is not None
    return Changed(
        participation_id=line.participation_id,
        kind="merged" if merged_into else "deleted" if is_gone else "written",
        version=line.version,
        changed_at=line.changed_at,
        merged_into=merged_into,
        record=records.get(line.participation_id),
    )


def _position(after: str | None, generation: int) -> Position:
    """Raises problems 422 for what is no position, and 410 for one of another server."""
    if after is None:
        return Position(generation)
    found = _POSITION.fullmatch(after)
    if found is None or int(found[2]) >= 2**64:
        raise ProblemError(422, "invalid", what="after: not a position of this feed")
    if int(found[1]) != generation:
        raise ProblemError(410, "feed_restarted")
    return Position(generation, int(found[2]), int(found[3]))


def _written(position: Position) -> str:
    return f"{position.generation}.{position.xact}.{position.history_id}"
