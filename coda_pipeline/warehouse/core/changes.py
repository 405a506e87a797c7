"""What the next resolve begins with: rows and participations that changed since the last, and its mapping.

Whom a change can touch is read in `load`; what was resolved is noted in `apply`, but for the mapping, which
is noted here. The caller has the transaction.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.warehouse.core.driver import fetch, give_memory, stream
from coda_pipeline.warehouse.core.rows import RawRow
from coda_pipeline.warehouse.statement import on_table, raw_table

_CHANGED = """
    select r.row_id
      from {raw} as r
      left join core.participation_records as known on known.record_id = :name || ':' || r.row_id
     where known.record_id is null
        or known.row_hash <> r.row_hash
        or (known.deleted_at is null) <> (r.deleted_at is null)
"""
_RAW = "select row_id, row_hash, values, coda_created_at, coda_updated_at, deleted_at, browser_link from"
_REMEMBER = """
    insert into sync.resolve_state as s (fingerprint, last_run_id, resolved_at)
    values (:fingerprint, :run_id, :now)
    on conflict (only_row) do update
       set fingerprint = excluded.fingerprint, last_run_id = excluded.last_run_id,
           resolved_at = excluded.resolved_at
"""


def changed_rows(conn: Connection, table: str) -> list[str]:
    """Row ids of a source whose version is not the one last resolved: new, other digest, deleted or back."""
    give_memory(conn)
    return list(conn.scalars(on_table(_CHANGED, table), {"name": table}))


def was_read(conn: Connection, table: str) -> bool:
    """Whether a source was ever read, so that its table is there."""
    return fetch(conn, "select to_regclass(%s) is not null", [raw_table(table)]) == [(True,)]


def raw_rows(conn: Connection, spec: TableSpec, row_ids: Collection[str] | None) -> Iterator[RawRow]:
    """Rows as received, deleted ones too; `row_ids` None gives all. Streamed: read within the transaction."""
    query = f"{_RAW} {raw_table(spec.name)}"
    rows = (
        stream(conn, query)
        if row_ids is None
        else stream(conn, f"{query} where row_id = any(%s)", [list(row_ids)])
    )
    return (RawRow(*row) for row in rows)


def pending_participations(conn: Connection) -> list[UUID]:
    """Participations that were written since they were last resolved, or never resolved."""
    query = text(
        "select participation_id from sync.participation_state"
        " where version is distinct from resolved_version order by participation_id"
    )
    return list(conn.scalars(query))


def mapping_fingerprint(conn: Connection) -> str | None:
    """The mapping that the records were resolved with, None before the first time."""
    return conn.scalar(text("select fingerprint from sync.resolve_state"))


def remember_mapping(conn: Connection, fingerprint: str, *, run_id: str, now: datetime) -> None:
    """Note with which mapping, in which run and when the records were resolved."""
    conn.execute(text(_REMEMBER), {"fingerprint": fingerprint, "run_id": run_id, "now": now})
