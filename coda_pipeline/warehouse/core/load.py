"""Reading what resolving Участие needs: changed rows, and the neighbourhood of records and participations.

Every criterion has an index, so a few changed rows cost a few look-ups, however large the tables. All
criteria of a call are joined by "or"; a call without any gives everything. Names are given and answered
normalised. Writing is in `apply`. The caller has the transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.model import BaseKey, Conflict, Fields, Fragment, Participation, Record
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.core.codec import decode_fields
from coda_pipeline.warehouse.core.criteria import select_any
from coda_pipeline.warehouse.core.driver import fetch, give_memory, stream
from coda_pipeline.warehouse.core.rows import (
    CONFLICT_COLUMNS,
    FIELD_COLUMNS,
    PARTICIPATION_COLUMNS,
    RECORD_COLUMNS,
    RawRow,
    conflict_of,
    participation_of,
    record_of,
)
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
_PEOPLE = """
    select r.name_norm, r.person_email from core.participation_records as r
     where r.deleted_at is null and r.source <> 'dump' and r.name_norm is not null
       and r.person_email is not null
       and not exists (select from unnest(%(excluding)s::text[]) as x where x = r.record_id) {of_records}
     union
    select s.name_norm, p.person_email
      from sync.participation_state as s join core.participation_all as p using (participation_id)
     where p.merged_into is null and p.deleted_at is null and p.coda_row_id is null
       and not exists (select from unnest(%(apart)s::uuid[]) as x where x = p.participation_id)
       and s.name_norm is not null and p.person_email is not null {of_participations}
"""
_ACTIVITIES = """
    select r.activity_norm, r.doc_id, r.activity_row_id from core.participation_records as r
     where r.deleted_at is null and r.source <> 'dump' and r.activity_norm is not null
       and r.activity_row_id is not null
       and not exists (select from unnest(%(excluding)s::text[]) as x where x = r.record_id) {of_records}
     union
    select s.activity_norm, %(default_doc)s, p.activity_row_id
      from sync.participation_state as s join core.participation_all as p using (participation_id)
     where p.merged_into is null and p.deleted_at is null and p.coda_row_id is null
       and not exists (select from unnest(%(apart)s::uuid[]) as x where x = p.participation_id)
       and s.activity_norm is not null and p.activity_row_id is not null {of_participations}
"""
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


def known_people(
    conn: Connection,
    names: Collection[str] | None = None,
    *,
    excluding: Collection[str] = (),
    apart: Collection[UUID] = (),
) -> dict[str, set[str]]:
    """Name -> normalised e-mails, as live records and participations without a row in Coda have them.

    A name without any is not there; `names` None gives all. `excluding` are record ids, and `apart` ids of
    participations, that do not count: what they say may just be changing.
    """
    emails: defaultdict[str, set[str]] = defaultdict(set)
    for name, email in _known(
        conn, _PEOPLE, "name_norm", names, {"excluding": list(excluding), "apart": list(apart)}
    ):
        if known := norm(email):
            emails[name].add(known)
    return dict(emails)


def known_activities(
    conn: Connection,
    names: Collection[str] | None = None,
    *,
    excluding: Collection[str] = (),
    apart: Collection[UUID] = (),
    default_doc: str,
) -> dict[str, set[tuple[str, str]]]:
    """Name of an activity -> (doc id, row id as typed), as live records and participations have them.

    `default_doc` is the doc of what was born in the warehouse. The rest is as in `known_people`.
    """
    rows_of: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    parameters = {"excluding": list(excluding), "apart": list(apart), "default_doc": default_doc}
    for name, doc_id, row_id in _known(conn, _ACTIVITIES, "activity_norm", names, parameters):
        rows_of[name].add((doc_id, row_id))
    return dict(rows_of)


def mapping_fingerprint(conn: Connection) -> str | None:
    """The mapping that the records were resolved with, None before the first time."""
    return conn.scalar(text("select fingerprint from sync.resolve_state"))


def remember_mapping(conn: Connection, fingerprint: str, *, run_id: str, now: datetime) -> None:
    """Note with which mapping, in which run and when the records were resolved."""
    conn.execute(text(_REMEMBER), {"fingerprint": fingerprint, "run_id": run_id, "now": now})


def _of_participations(conn: Connection, query: str, word: str, ids: Collection[UUID] | None) -> list[tuple]:
    if ids is None:
        return fetch(conn, query)
    return fetch(conn, f"{query} {word} participation_id = any(%s)", [list(ids)])


def _known(
    conn: Connection, query: str, column: str, names: Collection[str] | None, parameters: dict[str, object]
) -> list[tuple]:
    if names is None:
        return fetch(conn, query.format(of_records="", of_participations=""), parameters)
    if not names:
        return []
    by_name = {
        "of_records": f"and r.{column} = any(%(names)s)",
        "of_participations": f"and s.{column} = any(%(names)s)",
    }
    return fetch(conn, query.format(**by_name), {**parameters, "names": list(names)})
