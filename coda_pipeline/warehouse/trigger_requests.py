"""Presses of the button, stored before they are answered, and what came of each.

Here: taking a press and telling about a request. What runs do with requests is in `trigger_runs`. All times
are the database's own. The one thing to know: whoever presses while a request is queued joins it, and a
unique index decides it, so that neither a second caller nor a run that starts meanwhile can come between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, text

BUTTON = "button"
State = Literal["queued", "running", "succeeded", "needs_attention", "failed"]
Push = Literal["off", "pending", "done", "held"]

_PRESS = text("""
    insert into ops.trigger_requests as r (source) values (:source)
    on conflict (source) where state = 'queued' and attempt = 1
    do update set presses = r.presses + 1, last_pressed_at = clock_timestamp()
    returning request_id, presses > 1 as coalesced
""")
_NOTE = text("""
    insert into ops.trigger_presses (request_id, requested_by, row_url, doc_id, token_id)
    values (:request_id, :requested_by, :row_url, :doc_id, :token_id)
""")
_COLUMNS = (
    "request_id, source, state, requested_at, last_pressed_at, presses, attempt, run_id, started_at,"
    " finished_at, as_of, read_started_at, passes_done, counts, push, error_kind, error"
)
_GET = f"""
    select {_COLUMNS}, extract(epoch from clock_timestamp() - requested_at)::float8 as age_s,
           array(select distinct requested_by from ops.trigger_presses as p
                  where p.request_id = r.request_id and requested_by is not null order by 1) as requested_by
      from ops.trigger_requests as r
"""  # noqa: S608 (our own columns)


@dataclass(frozen=True, slots=True)
class Press:
    """One press: who pressed, from which row of which doc, and whose token came along."""

    requested_by: str | None = field(default=None, repr=False)
    row_url: str | None = None
    doc_id: str | None = None
    token_id: str | None = None


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """A request as it stands. `counts` are those of all its reads so far; `as_of` is None until one ended."""

    request_id: UUID
    source: str
    state: State
    requested_at: datetime
    last_pressed_at: datetime
    presses: int
    attempt: int
    run_id: str | None
    started_at: datetime | None
    finished_at: datetime | None
    as_of: datetime | None
    read_started_at: datetime | None
    passes_done: int
    counts: Mapping[str, int]
    push: Push
    error_kind: str | None
    error: str | None
    age_s: float = 0.0
    requested_by: tuple[str, ...] = field(default=(), repr=False)


def take_press(conn: Connection, press: Press, *, source: str = BUTTON) -> tuple[UUID, bool]:
    """Store a press: the request that will answer it, and whether that was queued already.

    Once the transaction is committed, nothing but a run that has ended takes the request off the queue.
    """
    # A press that was answered must outlive a power cut, whatever the database does for others.
    conn.execute(text("set local synchronous_commit to on"))
    request_id, coalesced = conn.execute(_PRESS, {"source": source}).one()
    conn.execute(
        _NOTE,
        {
            "request_id": request_id,
            "requested_by": press.requested_by,
            "row_url": press.row_url,
            "doc_id": press.doc_id,
            "token_id": press.token_id,
        },
    )
    return request_id, coalesced


def find_request(conn: Connection, request_id: UUID) -> TriggerRequest | None:
    """One request, None where there never was such a one."""
    query = text(f"{_GET} where request_id = :id")
    row = conn.execute(query, {"id": request_id}).mappings().one_or_none()
    return None if row is None else _request(row)


def latest_requests(conn: Connection, limit: int) -> list[TriggerRequest]:
    """The latest requests, newest first."""
    query = text(f"{_GET} order by requested_at desc, request_id limit :limit")
    return [_request(row) for row in conn.execute(query, {"limit": limit}).mappings()]


def _request(row: Mapping[Any, Any]) -> TriggerRequest:
    values = dict(row)
    values["requested_by"] = tuple(values["requested_by"] or ())
    return TriggerRequest(**values)
