"""Merging: from staging into `raw.coda_<name>`, with history and tombstones, inside the caller's transaction.

Only what differs is written: new rows, changed ones (the version before goes to `raw.row_history`),
tombstoned rows that are seen again. A version older than the stored one is a stale replica and is left alone.
Which rows vanished is decided elsewhere (`sync.vanished`, `sync.guard`); here `pg_temp.missing` holds those
that are gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.statement import on_table, raw_table
from coda_pipeline.warehouse.statistics import note_written

# Stored rows that the staged version differs from, and what that makes of them:
# revived: a tombstone seen again; replaced: the version before is kept; refreshed: same digest, no history.
_COMPARE = """
    create temporary table verdicts on commit drop as
    select row_id,
           case when r.deleted_at is not null then 'revived'
                when r.row_hash <> s.row_hash then 'replaced'
                else 'refreshed' end as verdict
      from {raw} as r join pg_temp.staged as s using (row_id)
     where (s.coda_updated_at < r.coda_updated_at) is not true
       and (r.deleted_at is not null or r.row_hash <> s.row_hash or r.values <> s.values
            or (r.coda_updated_at, r.browser_link) is distinct from (s.coda_updated_at, s.browser_link))
"""
_KEEP_VERSIONS = """
    insert into raw.row_history (table_name, row_id, values, row_hash, coda_created_at, coda_updated_at,
                                 valid_from, valid_to, ended_by_run, ended_as)
    select :name, r.row_id, r.values, r.row_hash, r.coda_created_at, r.coda_updated_at,
           r.received_at, :now, :run_id, 'replaced'
      from {raw} as r join pg_temp.verdicts as v using (row_id)
     where v.verdict = 'replaced'
"""
_UPDATE = """
    update {raw} as r
       set values = s.values, row_hash = s.row_hash, browser_link = s.browser_link,
           coda_created_at = s.coda_created_at, coda_updated_at = s.coda_updated_at, deleted_at = null,
           received_at = case when v.verdict = 'refreshed' then r.received_at else :now end,
           run_id = case when v.verdict = 'refreshed' then r.run_id else :run_id end
      from pg_temp.staged as s join pg_temp.verdicts as v using (row_id)
     where r.row_id = s.row_id
"""
_INSERT = """
    insert into {raw} (row_id, values, row_hash, browser_link, coda_created_at, coda_updated_at,
                       first_seen_at, received_at, run_id)
    select s.row_id, s.values, s.row_hash, s.browser_link, s.coda_created_at, s.coda_updated_at,
           :now, :now, :run_id
      from pg_temp.staged as s
     where not exists (select from {raw} as r where r.row_id = s.row_id)
"""
_TOMBSTONE = """
    with gone as (
        update {raw} as r set deleted_at = :now
          from {ids} where r.row_id = ids.row_id and r.deleted_at is null
        returning r.row_id, r.values, r.row_hash, r.coda_created_at, r.coda_updated_at, r.received_at)
    insert into raw.row_history (table_name, row_id, values, row_hash, coda_created_at, coda_updated_at,
                                 valid_from, valid_to, ended_by_run, ended_as)
    select :name, row_id, values, row_hash, coda_created_at, coda_updated_at,
           received_at, :now, :run_id, 'deleted'
      from gone
"""
_TOMBSTONE_MISSING = _TOMBSTONE.replace("{ids}", "pg_temp.missing as ids")
_TOMBSTONE_GIVEN = _TOMBSTONE.replace("{ids}", "unnest(cast(:ids as text[])) as ids (row_id)")
# Live rows as they will be once what is staged has been merged.
_APPEARING = """
    select count(*)
      from pg_temp.staged as s left join {raw} as r using (row_id)
     where r.row_id is null
        or r.deleted_at is not null and (s.coda_updated_at < r.coda_updated_at) is not true
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge wrote: new rows, new versions (of these `revived` from a tombstone), new values only."""

    inserted: int = 0
    updated: int = 0
    revived: int = 0
    refreshed: int = 0

    def __bool__(self) -> bool:
        """Whether it wrote anything."""
        return self != Merged()


def live_rows(conn: Connection, name: str) -> int:
    """Rows of a table that are not deleted, held ones included."""
    return conn.scalar(on_table("select count(*) from {raw} where deleted_at is null", name)) or 0


def appearing_rows(conn: Connection, name: str) -> int:
    """How many live rows more there will be once what is staged has been merged."""
    return conn.scalar(on_table(_APPEARING, name)) or 0


def merge_staged(conn: Connection, name: str, *, run_id: str, now: datetime) -> Merged:
    """Bring the staged rows into a table, in the caller's transaction."""
    values = {"name": name, "run_id": run_id, "now": now}
    conn.execute(on_table(_COMPARE, name))
    verdicts = dict(
        conn.execute(text("select verdict, count(*) from pg_temp.verdicts group by verdict")).tuples().all()
    )
    if verdicts:
        conn.execute(on_table(_KEEP_VERSIONS, name), values)
        conn.execute(on_table(_UPDATE, name), values)
    inserted = conn.execute(on_table(_INSERT, name), values).rowcount
    note_written(conn, raw_table(name), inserted + sum(verdicts.values()))
    return Merged(
        inserted=inserted,
        updated=verdicts.get("replaced", 0) + verdicts.get("revived", 0),
        revived=verdicts.get("revived", 0),
        refreshed=verdicts.get("refreshed", 0),
    )


def gone_rows(conn: Connection) -> int:
    """How many rows are proved gone."""
    return conn.scalar(text("select count(*) from pg_temp.missing")) or 0


def tombstone_missing(conn: Connection, name: str, *, run_id: str, now: datetime) -> int:
    """Mark the rows in `pg_temp.missing` as deleted; how many were live until now."""
    return conn.execute(
        on_table(_TOMBSTONE_MISSING, name), {"name": name, "run_id": run_id, "now": now}
    ).rowcount


def tombstone_rows(conn: Connection, name: str, row_ids: list[str], *, ended_by: str, now: datetime) -> int:
    """Mark the given rows as deleted; how many were live until now."""
    values = {"name": name, "run_id": ended_by, "now": now, "ids": row_ids}
    return conn.execute(on_table(_TOMBSTONE_GIVEN, name), values).rowcount


def prune_history(conn: Connection, name: str, *, days: int, now: datetime) -> int:
    """Forget versions of a table that ended more than so many days ago; how many."""
    return conn.execute(
        text("delete from raw.row_history where table_name = :name and valid_to < :limit"),
        {"name": name, "limit": now - timedelta(days=days)},
    ).rowcount
