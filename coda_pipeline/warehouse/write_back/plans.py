"""Plans in the database: one open plan per source and kind, with all its rows.

A new plan replaces the open one; an equal one writes nothing. What people decided about rows is kept apart,
by digest (`decisions`), so it outlives the plan. Plans in numbers are in `plan_heads`. The caller has the
transaction.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.plan_model import Hold, HoldCode, Op, Plan, PlanKind, PlanRow, rows_to_send
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.core.codec import decode_fields, encode_fields
from coda_pipeline.warehouse.core.driver import copy_rows, fetch
from coda_pipeline.warehouse.write_back.decisions import as_decided

_ROW_COLUMNS = (
    "plan_id",
    "position",
    "participation_id",
    "op",
    "source_table",
    "row_id",
    "digest",
    "is_keyed",
    "before",
    "after",
    "cells",
    "holds",
)
_ROWS = f"select {', '.join(_ROW_COLUMNS[2:])} from sync.plan_rows where plan_id = %s order by position"  # noqa: S608
_ROWS_THAT_MAY_GO = _ROWS.replace(
    "order by",
    """and (holds = '[]'
            or exists (select from sync.plan_decisions as d where d.digest = sync.plan_rows.digest)
            or holds @> '[{"code": "mapping"}]')
       and not exists (select from sync.rejected_rows as r
                        where r.digest = sync.plan_rows.digest and r.closed_at is null) order by""",
)
_HEADS = "select plan_id, source_table, kind, mapping, blocked_by, made_at from sync.plans"
_OPEN = text(
    "select plan_id, content_hash from sync.plans"
    " where source_table = :source and kind = :kind and state = 'open' for update"
)
_ADD = text("""
    insert into sync.plans (source_table, kind, mapping, blocked_by, made_at, run_id,
                            creates, updates, deletes, keys, held, held_by, inputs_hash, content_hash)
    values (:source, :kind, :mapping, :blocked_by, :now, :run_id,
            :create, :update, :delete, :key, :held, cast(:held_by as jsonb), :inputs_hash, :content_hash)
    returning plan_id
""")


def store_plan(
    conn: Connection, plan: Plan, *, run_id: str, now: datetime, inputs_hash: str | None = None
) -> int:
    """Make this the open plan of its source and kind, and answer its id.

    A plan that says exactly what the open one says is that plan: nothing is written. `inputs_hash`: see
    `plan_made_of`.
    """
    of = {"source": plan.source_table, "kind": plan.kind}
    lines = [_row_line(row) for row in plan.rows]
    content_hash = _hash(plan, lines)
    standing = conn.execute(_OPEN, of).one_or_none()
    if standing is not None and standing.content_hash == content_hash:
        _note_inputs(conn, standing.plan_id, inputs_hash)
        return standing.plan_id
    if standing is not None:
        _replace(conn, standing.plan_id, now)
    ops = Counter(row.op for row in plan.rows)
    plan_id = conn.execute(
        _ADD,
        {
            **of,
            "mapping": plan.mapping,
            "blocked_by": list(plan.blocked_by),
            "now": now,
            "run_id": run_id,
            **{op: ops[op] for op in Op},
            "held": sum(bool(row.holds) for row in plan.rows),
            "held_by": orjson.dumps(_held_by(plan)).decode(),
            "inputs_hash": inputs_hash,
            "content_hash": content_hash,
        },
    ).scalar_one()
    numbered = ((plan_id, position, *line) for position, line in enumerate(lines))
    copy_rows(conn, "sync.plan_rows", _ROW_COLUMNS, numbered)
    return plan_id


def open_plans(conn: Connection) -> list[Plan]:
    """The open plan of every source and kind, with what people decided about its rows since it was made."""
    return [_loaded(conn, head) for head in fetch(conn, f"{_HEADS} where state = 'open' order by plan_id")]


def load_plan(conn: Connection, plan_id: int) -> Plan:
    """One open plan, as `open_plans`. Raises `ConfigurationError` where it is not there or was replaced."""
    found = fetch(conn, f"{_HEADS} where plan_id = %s and state = 'open'", [plan_id])
    if not found:
        message = (
            f"No open plan {plan_id}: a newer one may have replaced it. "
            "`coda-pipeline plans list` shows those that are open."
        )
        raise ConfigurationError(message)
    return _loaded(conn, found[0])


def plans_to_send(conn: Connection) -> list[Plan]:
    """The open plans that nothing blocks, each with only the rows that nothing holds (any more).

    So a plan whose 100,000 rows all wait for a person costs nothing.
    """
    heads = fetch(conn, f"{_HEADS} where state = 'open' and blocked_by = '{{}}' order by plan_id")
    plans = (_loaded(conn, head, _ROWS_THAT_MAY_GO) for head in heads)
    return [replace(plan, rows=rows_to_send(plan)) for plan in plans]


def plan_made_of(conn: Connection, source: str, kind: PlanKind, inputs_hash: str) -> int | None:
    """The open plan, where it was made of exactly this and so would be the same again."""
    query = text(
        "select plan_id from sync.plans where source_table = :source and kind = :kind and state = 'open'"
        " and inputs_hash = :inputs_hash"
    )
    return conn.scalar(query, {"source": source, "kind": kind, "inputs_hash": inputs_hash})


def _held_by(plan: Plan) -> dict[str, int]:
    return dict(Counter(code for row in plan.rows for code in {str(hold.code) for hold in row.holds}))


def _note_inputs(conn: Connection, plan_id: int, inputs_hash: str | None) -> None:
    conn.execute(
        text(
            "update sync.plans set inputs_hash = :inputs_hash"
            " where plan_id = :plan_id and inputs_hash is distinct from :inputs_hash"
        ),
        {"plan_id": plan_id, "inputs_hash": inputs_hash},
    )


def _replace(conn: Connection, plan_id: int, now: datetime) -> None:
    """What was sent of it stands in sync.writes, what was decided in sync.plan_decisions."""
    conn.execute(
        text("update sync.plans set state = 'replaced', replaced_at = :now where plan_id = :plan_id"),
        {"now": now, "plan_id": plan_id},
    )
    conn.execute(text("delete from sync.plan_rows where plan_id = :plan_id"), {"plan_id": plan_id})


def _row_line(row: PlanRow) -> tuple[object, ...]:
    holds = [{"code": hold.code, "says": hold.says, "field": hold.field} for hold in row.holds]
    return (
        row.participation_id,
        row.op,
        row.source_table,
        row.row_id,
        row.digest,
        row.is_keyed,
        encode_fields(row.before),
        encode_fields(row.after),
        orjson.dumps(dict(row.cells)).decode(),
        orjson.dumps(holds).decode(),
    )


def _hash(plan: Plan, lines: Sequence[tuple[object, ...]]) -> str:
    """Of all that a plan says, whatever the order of its rows."""
    said = hashlib.blake2b(orjson.dumps([plan.mapping, sorted(plan.blocked_by)]), digest_size=16)
    for line in sorted(orjson.dumps(line, default=str) for line in lines):
        said.update(line)
    return said.hexdigest()


def _loaded(conn: Connection, head: tuple[Any, ...], query: str = _ROWS) -> Plan:
    plan_id, source_table, kind, mapping, blocked_by, made_at = head
    with in_bulk():
        rows = tuple(_rows(fetch(conn, query, [plan_id])))
    plan = Plan(source_table, PlanKind(kind), rows, mapping, tuple(blocked_by), plan_id, made_at)
    return replace(plan, rows=as_decided(conn, plan))


def _rows(found: Sequence[tuple[Any, ...]]) -> Iterator[PlanRow]:
    for pid, op, source_table, row_id, digest, is_keyed, before, after, cells, holds in found:
        yield PlanRow(
            participation_id=pid,
            op=Op(op),
            source_table=source_table,
            row_id=row_id,
            before=decode_fields(before),
            after=decode_fields(after),
            digest=digest,
            cells=cells,
            is_keyed=is_keyed,
            holds=tuple(Hold(HoldCode(h["code"]), h["says"], h["field"]) for h in holds),
        )
