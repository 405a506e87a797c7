"""What runs do with requests: which are due, marking them as running, closing them, trying them again.

Which run to launch when is decided in `defs.trigger_decisions`; here are the facts that it decides on, and
the writes. All times are the database's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.trigger_requests import BUTTON, Push

MAX_ATTEMPTS = 3
# Before the second and the third attempt.
RETRY_AFTER_S = (20.0, 120.0)
# After the last press; reads see what people did about half a minute ago, minutes ago in large docs.
PASSES_AT_S = (60.0, 180.0)
# These describe how things stand after a read; the others add up.
STANDING = ("held",)

_OPEN = text("""
    select request_id, state, attempt, not_before <= clock_timestamp() as is_due, passes_done,
           extract(epoch from clock_timestamp() - last_pressed_at)::float8 as age_s,
           extract(epoch from read_started_at - last_pressed_at)::float8 as read_at_s,
           exists (select from ops.trigger_requests as newer
                    where newer.source = r.source and newer.last_pressed_at > r.last_pressed_at
                      and newer.state <> 'failed') as is_covered,
           run_id, pass_run_id,
           extract(epoch from clock_timestamp() - coalesce(pass_started_at, started_at, requested_at))::float8
               as quiet_s
      from ops.trigger_requests as r
     where state in ('queued', 'running') or passes_done < 2 and state <> 'failed'
     order by requested_at
""")
_BEGIN = text("""
    update ops.trigger_requests
       set state = 'running', run_id = :run_id, started_at = clock_timestamp(), error = null,
           error_kind = null
     where state = 'queued' and source = :source
    returning request_id
""")
_BEGIN_PASS = text("""
    update ops.trigger_requests
       set pass_run_id = :run_id, pass_started_at = clock_timestamp()
     where request_id = :request_id and state in ('succeeded', 'needs_attention')
""")
_CLOSE = text("""
    update ops.trigger_requests as r
       set state = :state, finished_at = clock_timestamp(), read_started_at = started_at, counts = :counts,
           as_of = started_at - make_interval(secs => cast(:lag_s as float8)), push = :push
     where run_id = :run_id and state = 'running'
    returning request_id
""")
_FAIL = text("""
    update ops.trigger_requests as r
       set state = case when :may_retry and attempt < :max_attempts then 'queued' else 'failed' end,
           attempt = case when :may_retry and attempt < :max_attempts then attempt + 1 else attempt end,
           not_before = clock_timestamp()
               + make_interval(secs => (cast(:delays as float8[]))[least(attempt, :max_attempts - 1)]),
           finished_at = clock_timestamp(), error_kind = :kind, error = :error
     where request_id = any(:ids) and state in ('queued', 'running')
    returning request_id
""")
_CLOSE_PASS = text("""
    update ops.trigger_requests as r
       set passes_done = :number, counts = :counts, read_started_at = pass_started_at, push = :push,
           state = case when :needs_attention then 'needs_attention' else state end,
           as_of = greatest(as_of, pass_started_at - make_interval(secs => cast(:lag_s as float8)))
     where request_id = :request_id and pass_run_id = :run_id
""")


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request with work left.

    `age_s` is since the last press, `read_at_s` how long after it the latest complete read began, None before
    the first. `is_covered`: a newer request will read what this one would. `quiet_s`: since anything began.
    """

    request_id: UUID
    state: str
    attempt: int
    is_due: bool
    passes_done: int
    age_s: float
    read_at_s: float | None
    is_covered: bool
    run_id: str | None = None
    pass_run_id: str | None = None
    quiet_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """What a run's reads came to: counts, and what a person has to look at."""

    counts: Mapping[str, int] = field(default_factory=dict)
    needs_attention: bool = False
    push: Push = "off"


def open_requests(conn: Connection) -> list[OpenRequest]:
    """All requests with work left, oldest first."""
    return [OpenRequest(*row) for row in conn.execute(_OPEN)]


def begin_read(conn: Connection, run_id: str, *, source: str = BUTTON) -> list[UUID]:
    """Mark everything that is queued as running: this run, which has not read yet, answers all of it."""
    return list(conn.scalars(_BEGIN, {"run_id": run_id, "source": source}))


def close_read(conn: Connection, run_id: str, outcome: ReadOutcome, *, lag_s: float) -> list[UUID]:
    """The run has read everything. `lag_s` is how old the snapshot was that the service answered from."""
    parameters = {
        "run_id": run_id,
        "state": "needs_attention" if outcome.needs_attention else "succeeded",
        "counts": json.dumps(dict(outcome.counts)),
        "lag_s": lag_s,
        "push": outcome.push,
    }
    return list(conn.scalars(_CLOSE, parameters))


def fail_read(conn: Connection, run_id: str, *, kind: str, error: str, may_retry: bool) -> list[UUID]:
    """The run came to nothing: its requests wait to be tried again, or have failed."""
    ids = conn.scalars(
        text("select request_id from ops.trigger_requests where run_id = :run_id and state = 'running'"),
        {"run_id": run_id},
    )
    return fail_requests(conn, list(ids), kind=kind, error=error, may_retry=may_retry)


def fail_requests(
    conn: Connection, ids: Sequence[UUID], *, kind: str, error: str, may_retry: bool
) -> list[UUID]:
    """These came to nothing: each waits for its next attempt, or has failed after the last."""
    parameters = {
        "ids": list(ids),
        "kind": kind,
        "error": error,
        "may_retry": may_retry,
        "max_attempts": MAX_ATTEMPTS,
        "delays": list(RETRY_AFTER_S),
    }
    return list(conn.scalars(_FAIL, parameters))


def begin_pass(conn: Connection, request_id: UUID, run_id: str) -> None:
    """A further read of a request begins."""
    conn.execute(_BEGIN_PASS, {"request_id": request_id, "run_id": run_id})


def close_pass(
    conn: Connection, request_id: UUID, number: int, run_id: str, outcome: ReadOutcome, *, lag_s: float
) -> None:
    """A further read of a request has ended: its counts come to those of the reads before."""
    query = text("select counts from ops.trigger_requests where request_id = :id for update")
    before = conn.scalar(query, {"id": request_id}) or {}
    parameters = {
        "request_id": request_id,
        "run_id": run_id,
        "number": number,
        "counts": json.dumps(added_up(before, outcome.counts)),
        "needs_attention": outcome.needs_attention,
        "push": outcome.push,
        "lag_s": lag_s,
    }
    conn.execute(_CLOSE_PASS, parameters)


def skip_passes(conn: Connection, request_ids: Sequence[UUID], *, up_to: int = len(PASSES_AT_S)) -> None:
    """No further read of these is needed, up to that number."""
    query = text(
        "update ops.trigger_requests set passes_done = greatest(passes_done, :up_to)"
        " where request_id = any(:ids)"
    )
    conn.execute(query, {"ids": list(request_ids), "up_to": up_to})


def added_up(before: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """The counts of several reads as one."""
    names = [*before, *(name for name in more if name not in before)]
    return {
        name: more.get(name, before.get(name, 0))
        if name in STANDING
        else before.get(name, 0) + more.get(name, 0)
        for name in names
    }
