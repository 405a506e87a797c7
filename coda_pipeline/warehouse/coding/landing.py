"""Landing records of CODING: one batch, one short transaction. New, changed, seen again, gone.

What differs from the stored version is written, the version before goes to `raw.coding_history`. Polls and
hooks land side by side: the later UpdatedAt wins, and where it is the same, who looked later. A version
whose UpdatedAt is older than the stored one is a stale replica. What to read and what is gone is decided in
`sync.coding`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from coda_pipeline.warehouse.coding.places import Place, Table

# Any number, as long as it stays the same: landings wait for each other, which takes milliseconds.
LANDING_LOCK = 0x636F64696E67

_STAGE = """
    create temporary table coding_staged on commit drop as
    select * from rows from (
        unnest(cast(:ids as bigint[])), jsonb_array_elements(cast(:records as jsonb)),
        unnest(cast(:hashes as text[])), unnest(cast(:updated as timestamptz[])),
        unnest(cast(:read as timestamptz[])))
        as staged (id, record, record_hash, coding_updated_at, read_at)
"""
# revived: a tombstone seen again; replaced: the version before is kept; confirmed: the same, looked at later.
_COMPARE = """
    create temporary table coding_verdicts on commit drop as
    select s.id, case when r.deleted_at is not null then 'revived'
                      when r.record_hash <> s.record_hash then 'replaced'
                      else 'confirmed' end as verdict
      from {raw} as r join pg_temp.coding_staged as s on s.id = r.{key}
     where r.team = :team and r.project = :project
       and (s.coding_updated_at > r.coding_updated_at
            or (s.coding_updated_at < r.coding_updated_at) is not true and s.read_at >= r.read_at)
       and (r.deleted_at is not null or r.record_hash <> s.record_hash or :confirms and s.read_at > r.read_at)
"""
_KEEP_VERSIONS = """
    insert into raw.coding_history (table_name, team, project, id, record, record_hash, coding_updated_at,
                                    valid_from, valid_to, ended_by_run, ended_as)
    select :table, :team, :project, v.id, r.record, r.record_hash, r.coding_updated_at,
           r.received_at, :now, :run_id, 'replaced'
      from {raw} as r join pg_temp.coding_verdicts as v on v.id = r.{key}
     where r.team = :team and r.project = :project and v.verdict = 'replaced'
"""
_UPDATE = """
    update {raw} as r
       set record = case when v.verdict = 'confirmed' then r.record else s.record end,
           record_hash = s.record_hash, coding_updated_at = s.coding_updated_at, deleted_at = null,
           read_at = greatest(r.read_at, s.read_at),
           received_at = case when v.verdict = 'confirmed' then r.received_at else :now end,
           run_id = case when v.verdict = 'confirmed' then r.run_id else :run_id end
      from pg_temp.coding_staged as s join pg_temp.coding_verdicts as v using (id)
     where r.team = :team and r.project = :project and r.{key} = s.id
"""
_INSERT = """
    insert into {raw} (team, project, {key}, record, record_hash, coding_updated_at, read_at,
                       first_seen_at, received_at, run_id)
    select :team, :project, s.id, s.record, s.record_hash, s.coding_updated_at, s.read_at,
           :now, :now, :run_id
      from pg_temp.coding_staged as s
    on conflict do nothing
"""
_RELEASE = """
    delete from sync.held_deletions where table_name = :view and row_id = any(:names)
"""
_TOMBSTONE = """
    with gone as (
        update {raw} as r set deleted_at = :now, read_at = :looked_at, run_id = :run_id
         where r.team = :team and r.project = :project and r.{key} = any(:ids) and r.deleted_at is null
           and r.read_at <= :looked_at
        returning r.*)
    insert into raw.coding_history (table_name, team, project, id, record, record_hash, coding_updated_at,
                                    valid_from, valid_to, ended_by_run, ended_as)
    select :table, team, project, {key}, record, record_hash, coding_updated_at,
           received_at, :now, :run_id, 'deleted'
      from gone
"""
_HOLD = """
    insert into sync.held_deletions (table_name, row_id, held_at, run_id, state)
    select :view, :place || '/' || id, :now, :run_id, 'held' from unnest(cast(:ids as bigint[])) as id
    on conflict (table_name, row_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class StagedRecord:
    """One record to land. `body` is its JSON text, `read_at` when the request for it began."""

    id: int
    body: bytes
    record_hash: str
    read_at: datetime
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LandedRecords:
    """What a batch came to. Records that differ in nothing are in none of the counts."""

    inserted: int = 0
    updated: int = 0

    def __add__(self, other: "LandedRecords") -> "LandedRecords":
        """Both together."""
        return LandedRecords(self.inserted + other.inserted, self.updated + other.updated)


def land_records(
    conn: Connection,
    place: Place,
    table: Table,
    records: Sequence[StagedRecord],
    *,
    run_id: str,
    now: datetime,
    confirms: bool = False,
) -> LandedRecords:
    """Bring a batch into a table, in the caller's transaction; ids are different from each other.

    `confirms`: each record was asked for by itself, so that it was looked at is worth noting although it
    is the same. A whole list that brought nothing new writes nothing.
    """
    if not records:
        return LandedRecords()
    _wait_for_others(conn)
    values = {**_names(place, table), "run_id": run_id, "now": now, "confirms": confirms}
    conn.execute(text(_STAGE), _columns(records))
    conn.execute(_on(table, _COMPARE), values)
    counted = text("select verdict, count(*) from pg_temp.coding_verdicts group by verdict")
    verdicts = dict(conn.execute(counted).tuples().all())
    if verdicts:
        conn.execute(_on(table, _KEEP_VERSIONS), values)
        conn.execute(_on(table, _UPDATE), values)
    inserted = conn.execute(_on(table, _INSERT), values).rowcount
    release_seen(conn, place, table, [record.id for record in records])
    conn.execute(text("drop table pg_temp.coding_staged, pg_temp.coding_verdicts"))
    return LandedRecords(inserted, verdicts.get("replaced", 0) + verdicts.get("revived", 0))


def tombstone(
    conn: Connection,
    place: Place,
    table: Table,
    ids: Collection[int],
    *,
    looked_at: datetime,
    run_id: str,
    now: datetime,
) -> int:
    """Mark records as deleted that were gone when looked for at `looked_at`; how many were live until now.

    One that somebody saw later than that stays.
    """
    if not ids:
        return 0
    _wait_for_others(conn)
    values = {**_names(place, table), "ids": list(ids), "looked_at": looked_at, "run_id": run_id, "now": now}
    return conn.execute(_on(table, _TOMBSTONE), values).rowcount


def tombstone_named(
    conn: Connection, table: Table, row_ids: Collection[str], *, ended_by: str, now: datetime
) -> int:
    """Mark records as deleted that a person confirmed, named as on the list; how many were live until now."""
    by_place: dict[Place, list[int]] = {}
    for row_id in row_ids:
        team, project, record_id = row_id.split("/")
        by_place.setdefault(Place(team, project), []).append(int(record_id))
    return sum(
        tombstone(conn, place, table, ids, looked_at=now, run_id=ended_by, now=now)
        for place, ids in by_place.items()
    )


def release_seen(conn: Connection, place: Place, table: Table, ids: Collection[int]) -> int:
    """Take records off the list of held deletions: they are in CODING's list again. How many."""
    names = [place.row_id(record_id) for record_id in ids]
    return conn.execute(text(_RELEASE), {"view": table.view, "names": names}).rowcount


def hold(
    conn: Connection, place: Place, table: Table, ids: Collection[int], *, run_id: str, now: datetime
) -> int:
    """Put records on the list of held deletions: they stay live until a person decides. How many are new."""
    values = {**_names(place, table), "ids": list(ids), "run_id": run_id, "now": now}
    return conn.execute(text(_HOLD), values).rowcount


def _wait_for_others(conn: Connection) -> None:
    conn.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LANDING_LOCK})


def _columns(records: Sequence[StagedRecord]) -> dict[str, object]:
    # One document instead of an array of them: its elements need no quoting, which took longer than landing.
    return {
        "ids": [record.id for record in records],
        "records": f"[{','.join(record.body.decode() for record in records)}]",
        "hashes": [record.record_hash for record in records],
        "updated": [record.updated_at for record in records],
        "read": [record.read_at for record in records],
    }


def _names(place: Place, table: Table) -> dict[str, object]:
    return {
        "team": place.team,
        "project": place.project,
        "table": str(table),
        "view": table.view,
        "place": str(place),
    }


def _on(table: Table, template: str) -> TextClause:
    return text(template.replace("{raw}", table.raw).replace("{key}", table.key))
