"""Writing participations, and noting which version of them was resolved. Only for `apply`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.sync.model import Participation, ParticipationUpdate, Resolution
from coda_pipeline.warehouse.core.driver import copy_rows, execute, fetch, fill_temporary
from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS, to_columns

LINK_COLUMNS = ("source", "source_table", "coda_row_id", "merged_into", "deleted_at", "deleted_by")

_LOADED = "participation_id uuid, version bigint"
# Locked in one order, so that two writers of many rows wait for each other instead of stopping each other.
_LOCK = """
    select p.participation_id
      from core.participation_all as p join pg_temp.loaded as l using (participation_id, version)
     where p.participation_id = any(%s)
     order by p.participation_id
       for update of p
"""
_UNCHANGED = """
    select p.participation_id
      from core.participation_all as p join pg_temp.loaded as l using (participation_id, version)
"""

_UPDATES = (
    "participation_id uuid, taken text[], person_name text, person_email text, activity text,"
    " activity_row_id text, role text, started_on date, ended_on date, share numeric, comment text,"
    " source text, source_table text, coda_row_id text, merged_into uuid, deleted_at timestamptz,"
    " deleted_by text"
)
_NAMED_BY = {"person_name": "person", "person_email": "person", "activity_row_id": "activity"}
_TAKEN = ", ".join(
    f"{column} = case when '{_NAMED_BY.get(column, column)}' = any(u.taken)"
    f" then u.{column} else p.{column} end"
    for column in (*FIELD_COLUMNS, *LINK_COLUMNS)
)
_UPDATE = (
    f"update core.participation_all as p set updated_at = %s, {_TAKEN}"  # noqa: S608 (our own columns)
    " from pg_temp.updates as u where u.participation_id = p.participation_id"
)

_INSERTED = (
    "participation_id",
    "source",
    "source_table",
    "coda_row_id",
    "merged_into",
    "created_at",
    "updated_at",
    "deleted_at",
    "deleted_by",
    *FIELD_COLUMNS,
)

_RESOLVED = "participation_id uuid, natural_key text, seen bigint, is_resolved boolean"
# The participations are many and their names few: each spelling is normalised once.
_NOTE = """
    with touched as materialized (
        select r.participation_id, r.natural_key, r.is_resolved, p.version, p.person_name, p.activity,
               coalesce(r.seen, p.version) as resolved_version
          from pg_temp.resolved as r
          join core.participation_all as p using (participation_id)
          left join sync.participation_state as s using (participation_id)
         where s.participation_id is null
            or s.version < p.version
            or r.is_resolved and (s.natural_key, s.resolved_version)
                                 is distinct from (r.natural_key, coalesce(r.seen, p.version))),
    spelled as materialized (
        select spelling, core.norm(spelling) as norm
          from (select person_name as spelling from touched union select activity from touched) as spellings)
    insert into sync.participation_state as s
           (participation_id, version, name_norm, activity_norm, natural_key, resolved_version)
    select t.participation_id, t.version, n.norm, a.norm, t.natural_key,
           case when t.is_resolved then t.resolved_version end
      from touched as t
      left join spelled as n on n.spelling = t.person_name
      left join spelled as a on a.spelling = t.activity
    on conflict (participation_id) do update
       set version = greatest(s.version, excluded.version),
           -- The application may have written, and noted, a later version in between.
           name_norm = case when s.version > excluded.version then s.name_norm else excluded.name_norm end,
           activity_norm = case when s.version > excluded.version then s.activity_norm
                                else excluded.activity_norm end,
           natural_key = case when excluded.resolved_version is null then s.natural_key
                              else excluded.natural_key end,
           resolved_version = coalesce(excluded.resolved_version, s.resolved_version)
"""


def unchanged(conn: Connection, loaded: Mapping[UUID, int], *, to_lock: Collection[UUID]) -> set[UUID]:
    """Which participations still have the version that was loaded; those to be written are locked."""
    if not loaded:
        return set()
    fill_temporary(conn, "loaded", _LOADED, loaded.items())
    written = {row[0] for row in fetch(conn, _LOCK, [list(to_lock)])} if to_lock else set()
    return written | {row[0] for row in fetch(conn, _UNCHANGED)}.difference(to_lock)


def update(conn: Connection, updates: Sequence[ParticipationUpdate], *, now: datetime) -> None:
    """Write the fields and links that each update names. Their versions were compared before."""
    if not updates:
        return
    rows = (
        (
            u.participation_id,
            f"{{{','.join((*u.fields, *u.links))}}}",
            *to_columns(u.fields),
            *(u.links.get(c) for c in LINK_COLUMNS),
        )
        for u in updates
    )
    fill_temporary(conn, "updates", _UPDATES, rows)
    execute(conn, _UPDATE, [now])


def insert(conn: Connection, inserts: Sequence[Participation], *, now: datetime) -> None:
    """Write new participations, each as version 1."""
    if inserts:
        copy_rows(conn, "core.participation_all", _INSERTED, (_inserted(p, now) for p in inserts))


def note_resolved(conn: Connection, resolution: Resolution, *, seen: Mapping[UUID, int]) -> None:
    """Note that this version was resolved, and the names under which the participations are found."""
    written = {p.participation_id for p in resolution.inserts} | {
        u.participation_id for u in resolution.updates
    }
    rows = [
        (i, resolution.resolved.get(i), None if i in written else seen.get(i), i in resolution.resolved)
        for i in written | resolution.resolved.keys()
    ]
    if rows:
        fill_temporary(conn, "resolved", _RESOLVED, rows)
        execute(conn, _NOTE)


def _inserted(p: Participation, now: datetime) -> tuple[object, ...]:
    return (
        p.participation_id,
        p.source,
        p.source_table,
        p.coda_row_id,
        p.merged_into,
        p.created_at or now,
        now,
        p.deleted_at,
        p.deleted_by,
        *to_columns(p.fields),
    )
