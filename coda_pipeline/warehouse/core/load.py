"""Reading the neighbourhood of a change: records, participations, their bases, conflicts and fragments.

Every criterion has an index, so a few changed rows cost a few look-ups, however large the tables. All
criteria of a call are joined by "or"; a call without any gives everything. Names are given normalised.
What changed is in `changes`, whom a name means in `identities`, writing in `apply`. The caller has the
transaction.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.sync.model import BaseKey, Conflict, Fields, Fragment, Participation, Record
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.core.codec import decode_fields
from coda_pipeline.warehouse.core.criteria import select_any
from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.core.rows import (
    CONFLICT_COLUMNS,
    FIELD_COLUMNS,
    PARTICIPATION_COLUMNS,
    RECORD_COLUMNS,
    conflict_of,
    participation_of,
    record_of,
)

_RECORDS = (
    f"select {', '.join(f'r.{c}' for c in (*RECORD_COLUMNS, 'unreadable', *FIELD_COLUMNS))}"  # noqa: S608
    " from core.participation_records as r"
)
_RECORD_IDS = "select record_id from core.participation_records where {} = any(%s)"
_PARTICIPATIONS = (
    f"select {', '.join(f'p.{c}' for c in PARTICIPATION_COLUMNS)}, s.natural_key, s.resolved_version,"  # noqa: S608
    f" {', '.join(f'p.{c}' for c in FIELD_COLUMNS)}"
    " from core.participation_all as p left join sync.participation_state as s using (participation_id)"
)
_IDS = "select participation_id from core.participation_all where {} = any(%s)"
_IDS_BY_STATE = "select participation_id from sync.participation_state where {} = any(%s)"
_IDS_BY_NAME = """
    select participation_id from sync.participation_state as s
      join core.participation_all as p using (participation_id)
     where p.deleted_at is null and (p.{0} is null or btrim(p.{0}) = '') and s.{1} = any(%s)
"""
# Nobody need know the e-mail of a deleted one any more, and a dump gives only names.
_IDS_OF_ENDED = """
    select participation_id from sync.participation_state as s
      join core.participation_all as p using (participation_id)
     where s.name_norm = any(%s)
       and (p.deleted_at is not null or p.source = 'dump'
            or exists (select from sync.conflicts as c
                        where c.participation_id = p.participation_id and c.kind = 'deleted_in_coda'
                          and c.outcome is null))
"""
_IDS_BY_ROW = """
    select participation_id from core.participation_all
     where (source_table, coda_row_id) in
           (select split_part(r, ':', 1), substr(r, strpos(r, ':') + 1) from unnest(%s::text[]) as r)
"""
_BASES = "select participation_id, record_id, fields from sync.participation_base"
_OPEN_CONFLICTS = f"select {', '.join(CONFLICT_COLUMNS)} from sync.conflicts where outcome is null"  # noqa: S608
_FRAGMENTS = """
    select distinct on (record_id) record_id, participation_id, outcome from sync.conflicts
     where kind = 'fragment' and (outcome is null or outcome in ('coda', 'warehouse')) {}
     order by record_id, conflict_id desc
"""


def records(
    conn: Connection,
    *,
    record_ids: Collection[str] | None = None,
    natural_keys: Collection[str] | None = None,
    participation_ids: Collection[UUID] | None = None,
    sync_ids: Collection[UUID] | None = None,
    names: Collection[str] | None = None,
    activities: Collection[str] | None = None,
    with_rows: bool = True,
) -> list[Record]:
    """Records, deleted ones too.

    `sync_ids` finds those that show one of our keys. `names` finds those that name a person without an
    e-mail: whom they mean depends on who is known by that
    name. `activities` likewise finds those without a row id, and `with_rows` the others too.
    """
    without_email = (
        f"{_RECORD_IDS.format('name_norm')} and (person_email is null or btrim(person_email) = '')"
    )
    of_activity = _RECORD_IDS.format("activity_norm")
    if not with_rows:
        of_activity += " and (activity_row_id is null or btrim(activity_row_id) = '')"
    criteria = {
        _RECORD_IDS.format("record_id"): record_ids,
        _RECORD_IDS.format("natural_key"): natural_keys,
        _RECORD_IDS.format("participation_id"): participation_ids,
        _RECORD_IDS.format("sync_id"): None if sync_ids is None else [str(pid) for pid in sync_ids],
        without_email: names,
        of_activity: activities,
    }
    with in_bulk():
        return [record_of(row) for row in select_any(conn, _RECORDS, "record_id", criteria)]


def participations(
    conn: Connection,
    *,
    ids: Collection[UUID] | None = None,
    natural_keys: Collection[str] | None = None,
    rows: Collection[str] | None = None,
    names: Collection[str] | None = None,
    activities: Collection[str] | None = None,
    ended: Collection[str] | None = None,
) -> list[Participation]:
    """Participations, merged and deleted ones too.

    `ids` brings along those merged into them; `rows` are record ids of survivor rows; `names` and
    `activities` find live ones that give only the name: no e-mail, no row id. `ended` are names of people
    in those that were deleted, may be deleted, or are told of by a dump alone.
    """
    criteria = {
        _IDS.format("participation_id"): ids,
        _IDS.format("merged_into"): ids,
        _IDS_BY_STATE.format("natural_key"): natural_keys,
        _IDS_BY_ROW: rows,
        _IDS_BY_NAME.format("person_email", "name_norm"): names,
        _IDS_BY_NAME.format("activity_row_id", "activity_norm"): activities,
        _IDS_OF_ENDED: ended,
    }
    with in_bulk():
        return [
            participation_of(row) for row in select_any(conn, _PARTICIPATIONS, "participation_id", criteria)
        ]


def bases(conn: Connection, participation_ids: Collection[UUID] | None = None) -> dict[BaseKey, Fields]:
    """The values that both sides last agreed on, of these participations or of all."""
    with in_bulk():
        rows = _of_participations(conn, _BASES, "where", participation_ids)
        return {BaseKey(row[0], row[1]): decode_fields(row[2]) for row in rows}


def open_conflicts(conn: Connection, participation_ids: Collection[UUID] | None = None) -> list[Conflict]:
    """Conflicts without an outcome, of these participations or of all, oldest first."""
    rows = _of_participations(conn, _OPEN_CONFLICTS, "and", participation_ids)
    return [conflict_of(row) for row in sorted(rows, key=lambda row: row[-1])]


def fragments(conn: Connection, participation_ids: Collection[UUID] | None = None) -> dict[str, Fragment]:
    """Record id -> what was said of it, of the rows that are fragments of these participations or of all."""
    if participation_ids is None:
        rows = fetch(conn, _FRAGMENTS.format(""))
    else:
        query = _FRAGMENTS.format("and participation_id = any(%s)")
        rows = fetch(conn, query, [list(participation_ids)])
    return {record_id: Fragment(participation_id, outcome) for record_id, participation_id, outcome in rows}


def _of_participations(conn: Connection, query: str, word: str, ids: Collection[UUID] | None) -> list[tuple]:
    if ids is None:
        return fetch(conn, query)
    return fetch(conn, f"{query} {word} participation_id = any(%s)", [list(ids)])
