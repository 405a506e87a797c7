"""Rows that were sent to Coda: stored before the request goes out, followed until they are proved.

A write is open (`sent`, `confirmed`) until reading shows what became of it; `close` then moves the base of
the fields that arrived and has the participation looked at again, all in one transaction. What is sent and
how it is proved is decided in `sync`. The caller has the transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg import errors
from sqlalchemy import Connection, text

from coda_pipeline.errors import BusyError
from coda_pipeline.sync.model import Fields
from coda_pipeline.sync.plan_model import OPEN_STATES, Method, Op, Write, WriteState
from coda_pipeline.warehouse.core.codec import decode_fields, encode_fields
from coda_pipeline.warehouse.core.driver import execute, fetch, fill_temporary

FieldOutcome = Literal["verified", "edited_meanwhile", "rejected"]

_COLUMNS = (
    "participation_id",
    "op",
    "source_table",
    "row_id",
    "method",
    "before",
    "after",
    "digest",
    "cells",
    "sent_at",
    "state",
    "request_id",
    "confirmed_at",
    "plan_id",
    "write_id",
)
_WRITES = f"select {', '.join(_COLUMNS)} from sync.writes"  # noqa: S608 (our own columns)
_IS_OPEN = "state in ('sent', 'confirmed')"
_SENT = (
    "participation_id uuid, op text, source_table text, row_id text, method text, before jsonb, after jsonb,"
    " digest text, cells jsonb, sent_at timestamptz, plan_id bigint"
)
_STORE = """
    insert into sync.writes (participation_id, op, source_table, row_id, method, before, after, digest, cells,
                             sent_at, plan_id, run_id)
    select participation_id, op, source_table, row_id, method, before, after, digest, cells,
           sent_at, plan_id, %s
      from pg_temp.sent
    returning write_id, participation_id, op, row_id
"""
_CLOSINGS = (
    "write_id bigint, participation_id uuid, state text, fields jsonb, reason text, record_id text,"
    " agreed jsonb"
)
_CLOSE = f"""
    update sync.writes as w set state = c.state, closed_at = %s, fields = c.fields, reason = c.reason
      from pg_temp.closings as c where w.write_id = c.write_id and w.{_IS_OPEN}
"""  # noqa: S608 (our own words)
_MOVE_BASES = """
    insert into sync.participation_base as b (participation_id, record_id, fields)
    select participation_id, record_id, agreed from pg_temp.closings
     where record_id is not null and agreed <> '{}'
    on conflict (participation_id, record_id) do update set fields = b.fields || excluded.fields
"""
_LOOK_AGAIN = """
    update sync.participation_state as s set resolved_version = null
      from pg_temp.closings as c where s.participation_id = c.participation_id
"""
# What was refused once and has arrived now, or was refused anew, is no longer news.
_SETTLE_REJECTED = """
    update sync.rejected_rows as r set closed_at = %s, closed_by = 'sync'
      from pg_temp.closings as c join sync.writes as w using (write_id)
     where r.participation_id = c.participation_id and r.closed_at is null and r.op = w.op
       and r.row_id is not distinct from w.row_id and r.write_id is distinct from w.write_id
       and r.fields && array(select jsonb_object_keys(w.before || w.after))
"""
_UPSERTED = """
    select participation_id
      from (select distinct on (participation_id) participation_id, state from sync.writes
             where op = 'update' and method = 'upsert' order by participation_id, write_id desc) as last
     where state <> 'verified'
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of one open write.

    `fields` says it field by field. `agreed` are the fields of which Coda has taken our value (proved by
    reading, also where HR has edited it since): of the row `record_id`, "<table>:<row_id>", their base
    becomes that value; with a create, give all canonical fields, blank where nothing was sent.
    """

    write: Write
    state: WriteState
    fields: Mapping[str, FieldOutcome] = attribute(default_factory=dict)
    agreed: Fields = attribute(default_factory=dict, repr=False)
    record_id: str | None = None
    reason: str | None = None


def open_writes(conn: Connection) -> list[Write]:
    """Every row that was sent and not proved yet, in the order of sending."""
    return [_write(row) for row in fetch(conn, f"{_WRITES} where {_IS_OPEN} order by write_id")]


def store_sent(conn: Connection, rows: Sequence[Write], *, run_id: str) -> list[Write]:
    """Store rows as sent, before the request goes out; the same rows with their ids, in the same order.

    Raises `BusyError` where one of them is open already: prove that one first.
    """
    if not rows:
        return []
    fill_temporary(conn, "sent", _SENT, [_sent(row) for row in rows])
    try:
        found = execute(conn, _STORE, [run_id]).fetchall()
    except errors.UniqueViolation:
        message = (
            "Nothing was sent: a row of the batch is under way already. "
            "Run the sync again: it proves what was sent first."
        )
        raise BusyError(message) from None
    ids = {(pid, op, row_id): write_id for write_id, pid, op, row_id in found}
    return [replace(r, write_id=ids[r.participation_id, r.op, r.row_id]) for r in rows]


def set_request(conn: Connection, write_ids: Collection[int], request_id: str) -> None:
    """Note under which request Coda accepted these rows."""
    conn.execute(
        text("update sync.writes set request_id = :request_id where write_id = any(:ids)"),
        {"request_id": request_id, "ids": list(write_ids)},
    )


def set_confirmed(conn: Connection, write_ids: Collection[int], now: datetime) -> None:
    """Note that Coda says it has applied these rows; only those still `sent` become `confirmed`."""
    conn.execute(
        text(
            "update sync.writes set state = 'confirmed', confirmed_at = :now"
            " where write_id = any(:ids) and state = 'sent'"
        ),
        {"now": now, "ids": list(write_ids)},
    )


def withdraw(conn: Connection, write_ids: Collection[int]) -> None:
    """Forget rows that provably never went out, so that they are planned again as if nothing had been."""
    conn.execute(
        text(f"delete from sync.writes where write_id = any(:ids) and {_IS_OPEN}"),  # noqa: S608
        {"ids": list(write_ids)},
    )


def close(conn: Connection, closings: Sequence[Closing], *, now: datetime) -> None:
    """Close open writes: their state, the base of what arrived, and a new look at their participations.

    What is rejected is listed by `rejected.reject`, in the same transaction.
    """
    if not closings:
        return
    fill_temporary(conn, "closings", _CLOSINGS, [_closing(c) for c in closings])
    execute(conn, _CLOSE, [now])
    execute(conn, _MOVE_BASES)
    execute(conn, _LOOK_AGAIN)
    execute(conn, _SETTLE_REJECTED, [now])


def in_flight(conn: Connection) -> frozenset[UUID]:
    """Participations that resolution and plan leave alone: a create, update or delete of them is open.

    Filling in our key changes nothing that they look at; see `open_keys`.
    """
    return _participations(conn, f"{_IS_OPEN} and op <> 'key'")


def open_keys(conn: Connection) -> frozenset[UUID]:
    """Participations whose key is being filled in."""
    return _participations(conn, f"{_IS_OPEN} and op = 'key'")


def open_creates(conn: Connection) -> frozenset[UUID]:
    """Participations of which a create is open: an unknown row with their key is theirs."""
    return _participations(conn, f"{_IS_OPEN} and op = 'create'")


def open_upserts(conn: Connection) -> frozenset[UUID]:
    """Participations whose last keyed update was not verified: it may have made a fragment with their key."""
    return frozenset(row[0] for row in fetch(conn, _UPSERTED))


def _participations(conn: Connection, condition: str) -> frozenset[UUID]:
    query = f"select participation_id from sync.writes where {condition}"  # noqa: S608 (our own words)
    return frozenset(row[0] for row in fetch(conn, query))


def _sent(row: Write) -> tuple[object, ...]:
    return (
        row.participation_id,
        row.op,
        row.source_table,
        row.row_id,
        row.method,
        encode_fields(row.before),
        encode_fields(row.after),
        row.digest,
        orjson.dumps(dict(row.cells)).decode(),
        row.sent_at,
        row.plan_id,
    )


def _closing(closing: Closing) -> tuple[object, ...]:
    write = closing.write
    if write.write_id is None or closing.state in OPEN_STATES:
        message = "only a stored write can be closed, and not by an open state"
        raise ValueError(message)
    return (
        write.write_id,
        write.participation_id,
        closing.state,
        orjson.dumps(dict(closing.fields)).decode(),
        closing.reason,
        closing.record_id,
        encode_fields(closing.agreed),
    )


def _write(row: tuple[Any, ...]) -> Write:
    pid, op, source_table, row_id, method, before, after, digest, cells, sent_at, state, *rest = row
    return Write(
        participation_id=pid,
        op=Op(op),
        source_table=source_table,
        row_id=row_id,
        method=Method(method),
        before=decode_fields(before),
        after=decode_fields(after),
        digest=digest,
        cells=cells,
        sent_at=sent_at,
        state=WriteState(state),
        request_id=rest[0],
        confirmed_at=rest[1],
        plan_id=rest[2],
        write_id=rest[3],
    )
