"""Writing records, bases and conflicts. Called by `apply` alone, in its transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import orjson
from sqlalchemy import Connection

from coda_pipeline.sync.model import Activity, BaseKey, Conflict, Fields, Person, Record, Unreadable
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.core.codec import encode, encode_fields
from coda_pipeline.warehouse.core.driver import copy_rows, execute, fetch, fill_temporary
from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS, RECORD_COLUMNS, to_columns, unreadable_of
from coda_pipeline.warehouse.statement import raw_table

_COLUMNS = (
    *RECORD_COLUMNS,
    *FIELD_COLUMNS,
    "unreadable",
    "name_norm",
    "activity_norm",
    "browser_link",
    "first_seen_at",
    "changed_at",
    "run_id",
)
_TYPES = {
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "deleted_at": "timestamptz",
    "participation_id": "uuid",
    "is_ambiguous": "boolean",
    "first_seen_at": "timestamptz",
    "changed_at": "timestamptz",
    "started_on": "date",
    "ended_on": "date",
    "share": "numeric",
    "unreadable": "jsonb",
}
_record_columns = attrgetter(*RECORD_COLUMNS)
_STAGED = ", ".join(f"{column} {_TYPES.get(column, 'text')}" for column in _COLUMNS)
_STORED = "select record_id from core.participation_records where record_id = any(%s)"
_REPLACED = ", ".join(f"{c} = s.{c}" for c in _COLUMNS if c not in {"record_id", "first_seen_at"})
_REPLACE = (
    f"update core.participation_records as r set {_REPLACED}"  # noqa: S608 (our own columns)
    " from pg_temp.records as s where s.record_id = r.record_id"
)

_BASES = "participation_id uuid, record_id text, fields jsonb"
_UPSERT_BASES = """
    insert into sync.participation_base as b (participation_id, record_id, fields)
    select participation_id, record_id, fields from pg_temp.bases
    on conflict (participation_id, record_id) do update set fields = excluded.fields
"""

_CONFLICT_COLUMNS = (
    "participation_id",
    "record_id",
    "kind",
    "field",
    "base_value",
    "warehouse_value",
    "coda_value",
    "cause",
    "policy",
    "opened_at",
    "run_id",
    "outcome",
    "closed_at",
    "closed_by",
)
_CLOSE = """
    update sync.conflicts as c set outcome = o.outcome, closed_at = %(now)s, closed_by = %(by)s
      from unnest(%(ids)s::bigint[], %(outcomes)s::text[]) as o (conflict_id, outcome)
     where c.conflict_id = o.conflict_id and c.outcome is null
       and c.participation_id <> all(%(missed)s::uuid[])
"""


def write_records(conn: Connection, records: Sequence[Record], *, run_id: str, now: datetime) -> None:
    """Store records as they are now, each with the link of its row. New ones go straight into the table."""
    if not records:
        return
    links = _links(conn, records)
    stored = {row[0] for row in fetch(conn, _STORED, [[r.record_id for r in records]])}

    def rows(*, are_stored: bool) -> Iterator[tuple[object, ...]]:
        chosen = (r for r in records if (r.record_id in stored) is are_stored)
        return ((*_columns_of(r), links.get(r.record_id), now, now, run_id) for r in chosen)

    copy_rows(conn, "core.participation_records", _COLUMNS, rows(are_stored=False))
    if stored:
        fill_temporary(conn, "records", _STAGED, rows(are_stored=True))
        execute(conn, _REPLACE)


def write_bases(conn: Connection, bases: Mapping[BaseKey, Fields], *, new: Collection[UUID]) -> None:
    """Store what both sides now agree on. Those of `new` participations go straight into the table."""
    columns = ("participation_id", "record_id", "fields")
    fresh = [(*key, encode_fields(fields)) for key, fields in bases.items() if key.participation_id in new]
    others = [
        (*key, encode_fields(fields)) for key, fields in bases.items() if key.participation_id not in new
    ]
    if fresh:
        copy_rows(conn, "sync.participation_base", columns, fresh)
    if others:
        fill_temporary(conn, "bases", _BASES, others)
        execute(conn, _UPSERT_BASES)


def add_conflicts(conn: Connection, conflicts: Sequence[Conflict], *, run_id: str, now: datetime) -> None:
    """Store new conflicts; one that comes with an outcome is closed at once."""
    if conflicts:
        rows = (_conflict_row(conflict, run_id, now) for conflict in conflicts)
        copy_rows(conn, "sync.conflicts", _CONFLICT_COLUMNS, rows)


def close_conflicts(
    conn: Connection, outcomes: Mapping[int, str], *, missed: Collection[UUID], now: datetime, by: str
) -> None:
    """Give open conflicts their outcome, except those of participations that were missed."""
    if outcomes:
        values = {"ids": list(outcomes), "outcomes": list(outcomes.values()), "missed": list(missed)}
        execute(conn, _CLOSE, {**values, "now": now, "by": by})


def _links(conn: Connection, records: Sequence[Record]) -> dict[str, str]:
    """Record id -> link of its row in Coda, where there is one."""
    found: dict[str, str] = {}
    for table in {record.source_table for record in records}:
        raw = raw_table(table)
        if fetch(conn, "select to_regclass(%s) is not null", [raw]) == [(True,)]:
            ids = [record.row_id for record in records if record.source_table == table]
            links = fetch(conn, f"select row_id, browser_link from {raw} where row_id = any(%s)", [ids])  # noqa: S608
            found.update((f"{table}:{row_id}", link) for row_id, link in links if link is not None)
    return found


def _columns_of(record: Record) -> tuple[object, ...]:
    fields = record.fields
    person, activity = fields.get("person"), fields.get("activity")
    unreadable = unreadable_of(fields) if Unreadable in map(type, fields.values()) else None
    return (
        *_record_columns(record),
        *to_columns(fields),
        orjson.dumps(unreadable).decode() if unreadable else None,
        norm(person.name) or None if isinstance(person, Person) else None,
        norm(activity.name) or None if isinstance(activity, Activity) else None,
    )


def _conflict_row(conflict: Conflict, run_id: str, now: datetime) -> tuple[object, ...]:
    closed = conflict.outcome is not None
    return (
        conflict.participation_id,
        conflict.record_id,
        conflict.kind,
        conflict.field,
        encode(conflict.base),
        encode(conflict.warehouse),
        encode(conflict.coda),
        conflict.cause,
        conflict.policy,
        now,
        run_id,
        conflict.outcome,
        now if closed else None,
        "sync" if closed else None,
    )
