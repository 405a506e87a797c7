"""What planning a write-back asks the database: who may have something to send, and what each doc knows.

`edited_here` and the others find the few that differ by comparing in SQL: whoever is left out would give an
empty plan, whoever is found too many costs a look. Reads only; what becomes of it is decided in `sync`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.sync.plan_inputs import Column
from coda_pipeline.warehouse.core.driver import fetch, give_memory
from coda_pipeline.warehouse.statement import raw_table

# What came from Coda and was never written since is what both sides agreed on: its version is 1. Otherwise
# only fields in which the warehouse left the base can be pushed (`reconcile.verdict_on`), and only where a
# base is known. Texts are compared as stored: what is equal in meaning alone is one look too many.
_DIFFERING = " or ".join(
    f"p.{column} is distinct from b.fields {path}"
    for column, path in {
        "comment": "->> 'comment'",
        "role": "->> 'role'",
        "share::text": "->> 'share'",
        "ended_on::text": "->> 'ended_on'",
        "started_on::text": "->> 'started_on'",
        "person_name": "-> 'person' ->> 'name'",
        "person_email": "-> 'person' ->> 'email'",
        "activity": "-> 'activity' ->> 'name'",
        "activity_row_id": "-> 'activity' ->> 'row_id'",
    }.items()
)
_EDITED = f"""
    select p.participation_id
      from core.participation_all as p
      join sync.participation_base as b
        on b.participation_id = p.participation_id
       and b.record_id = p.source_table || ':' || p.coda_row_id
     where p.source_table = %s and p.coda_row_id is not null and p.merged_into is null
       and p.deleted_at is null and (p.version > 1 or p.source <> 'coda') and ({_DIFFERING})
"""  # noqa: S608 (our own columns)
_BOUND = """
    select participation_id from core.participation_all
     where source_table = %s and coda_row_id is not null and merged_into is null and deleted_at is null
"""
_BORN_HERE = """
    select participation_id from core.participation_all
     where coda_row_id is null and source = 'warehouse' and merged_into is null and deleted_at is null
"""
_DELETED_HERE = """
    select g.participation_id
      from core.participation_records as r
      join (select participation_id, participation_id as member from core.participation_all
             where deleted_by = 'warehouse'
             union all
            select gone.participation_id, m.participation_id
              from core.participation_all as m join core.participation_all as gone
                on gone.participation_id = m.merged_into and gone.deleted_by = 'warehouse'
             where m.merged_into is not null) as g on r.participation_id = g.member
     where r.source_table = %s and r.source = 'coda' and r.deleted_at is null
"""
# A survivor speaks for its participation; the join makes sure that it is bound, too.
_WITHOUT_KEY = """
    select {what}
      from core.participation_records as r
      join core.participation_all as p
        on p.participation_id = r.participation_id and p.source_table = r.source_table
       and p.coda_row_id = r.row_id and p.merged_into is null and p.deleted_at is null
     where r.source_table = %s and r.source = 'coda' and r.deleted_at is null
       and r.participation_id is not null and r.sync_id is distinct from r.participation_id::text
"""
_HASH_WITHOUT_KEY = _WITHOUT_KEY.format(
    what="count(*), sum(hashtextextended(r.row_id || chr(31) || coalesce(r.sync_id, '')"
    " || p.participation_id, 0)::numeric)"
)
_GROUPS = """
    select merged_into, participation_id from core.participation_all where merged_into = any(%s)
"""
_KEYS_IN_ROWS = """
    select sync_id from core.participation_records
     where source_table = %s and deleted_at is null and sync_id = any(%s)
     group by sync_id having count(*) > %s
"""
_FRAGMENTS_TO_GO = """
    select c.participation_id
      from sync.conflicts as c join core.participation_records as r using (record_id)
     where c.kind = 'fragment' and c.outcome = 'warehouse' and r.source_table = %s and r.deleted_at is null
"""
_HELD = "select row_id, state from sync.held_deletions where table_name = %s"
_COLUMNS = """
    select column_id, name, type, is_array, calculated, format from sync.columns
     where table_name = %s and gone_at is null and column_id = any(%s)
"""
_EMAILS = "select distinct person_email from core.participation_records where doc_id = %s"
_NAMES = """
    select distinct name_norm, person_email from core.participation_records
     where doc_id = %s and deleted_at is null and name_norm = any(%s)
"""
_PERSON_COLUMNS = """
    select table_name, column_id from sync.columns
     where table_name = any(%s) and type = 'person' and not excluded and gone_at is null
"""
_CELLS_SEEN = """
    select distinct cell from {raw} as r, jsonb_path_query(r.values -> %s, 'lax $[*]') as cell
     where r.deleted_at is null and jsonb_typeof(cell) = 'object'
"""
_DISPLAY = "select table_name, display_column_id from sync.tables where table_name = any(%s)"
_ROW_IDS = "select row_id, {cell} from {raw} where deleted_at is null"
# A fixed list is told up to this length (reference/coda-api.md section 6.4): a longer one is not known.
MAX_OPTIONS = 5000

HeldState = Literal["held", "ignored"]


def edited_here(conn: Connection, source: str) -> list[UUID]:
    """Bound participations of a source of which some field is not what both sides last agreed on."""
    give_memory(conn)
    return _ids(conn, _EDITED, source)


def bound(conn: Connection, source: str) -> list[UUID]:
    """All live participations that are bound to a row of a source: to plan in full."""
    return _ids(conn, _BOUND, source)


def born_here(conn: Connection) -> list[UUID]:
    """Participations born in the warehouse that have no row in Coda."""
    return [row[0] for row in fetch(conn, _BORN_HERE)]


def deleted_here(conn: Connection, source: str) -> list[UUID]:
    """Participations deleted in the warehouse of whose group some row is live in a source."""
    return _ids(conn, _DELETED_HERE, source)


def without_key(conn: Connection, source: str) -> list[UUID]:
    """Bound participations whose row does not hold their id, or holds another's."""
    give_memory(conn)
    return _ids(conn, _WITHOUT_KEY.format(what="p.participation_id"), source)


def groups_of(conn: Connection, participation_ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Those that were merged into each of these participations."""
    merged: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for survivor, member in fetch(conn, _GROUPS, [list(participation_ids)]):
        merged[survivor].append(member)
    return merged


def hash_of_missing_keys(conn: Connection, source: str) -> tuple[int, str]:
    """How many rows lack their key, and a digest of which ones: cheap to compare with the last time."""
    give_memory(conn)
    [(count, digest)] = fetch(conn, _HASH_WITHOUT_KEY, [source])
    return count, str(digest)


def keys_in_rows(conn: Connection, source: str, keys: Collection[str], *, more_than: int) -> frozenset[str]:
    """Which of these keys stand in more than so many live rows of a source: an upsert would write all."""
    if not keys:
        return frozenset()
    return frozenset(row[0] for row in fetch(conn, _KEYS_IN_ROWS, [source, list(keys), more_than]))


def with_fragments_to_go(conn: Connection, source: str) -> list[UUID]:
    """Participations of which a row in a source is a fragment that a person wants gone."""
    return _ids(conn, _FRAGMENTS_TO_GO, source)


def held_states(conn: Connection, source: str) -> dict[str, HeldState]:
    """Row id -> whether its deletion is held or ignored."""
    return dict(fetch(conn, _HELD, [source]))


def columns(conn: Connection, source: str, column_ids: Iterable[str]) -> dict[str, Column]:
    """These columns as Coda last described them; one that is gone is not there."""
    return {row[0]: _column(*row) for row in fetch(conn, _COLUMNS, [source, list(column_ids)])}


def emails_in_records(conn: Connection, doc_id: str) -> set[str]:
    """Every e-mail that a row of Участие in this doc ever named, as typed."""
    return {row[0] for row in fetch(conn, _EMAILS, [doc_id]) if row[0]}


def emails_by_name(conn: Connection, doc_id: str, names: Collection[str]) -> list[tuple[str, str | None]]:
    """Normalised name and e-mail (None: without one), as live rows of Участие in this doc have them."""
    return [(row[0], row[1]) for row in fetch(conn, _NAMES, [doc_id, list(names)])]


def person_columns(conn: Connection, tables: Collection[str]) -> list[tuple[str, str]]:
    """Table and column id of the columns of people among these tables."""
    return [(row[0], row[1]) for row in fetch(conn, _PERSON_COLUMNS, [list(tables)])]


def is_read(conn: Connection, table: str) -> bool:
    """Whether a table was ever read."""
    return fetch(conn, "select to_regclass(%s) is not null", [raw_table(table)]) == [(True,)]


def cells_seen(conn: Connection, table: str, column_id: str) -> list[Mapping[str, Any]]:
    """Every different person or relation that stands in a column of a table."""
    query = _CELLS_SEEN.replace("{raw}", raw_table(table))
    return [row[0] for row in fetch(conn, query, [column_id])]


def target_rows(conn: Connection, table: str) -> list[tuple[str, object]]:
    """Row id and display cell of every live row of a table, None where its display column is not known."""
    display = dict(fetch(conn, _DISPLAY, [[table]])).get(table)
    query = _ROW_IDS.replace("{raw}", raw_table(table))
    if display is None:
        return fetch(conn, query.format(cell="null"))
    return fetch(conn, query.format(cell="values -> %s"), [display])


def _ids(conn: Connection, query: str, source: str) -> list[UUID]:
    return list(dict.fromkeys(row[0] for row in fetch(conn, query, [source])))


def _column(
    column_id: str, name: str, kind: str, is_array: bool, calculated: bool, described: Mapping[str, Any]
) -> Column:
    options, target, precision = (described.get(key) for key in ("options", "table", "precision"))
    listed = options if isinstance(options, list) and len(options) < MAX_OPTIONS else None
    return Column(
        id=column_id,
        name=name,
        type=kind,
        is_array=is_array,
        calculated=calculated,
        options=None if listed is None else tuple(str(option.get("name", "")) for option in listed),
        target_table_id=target.get("id") if isinstance(target, dict) else None,
        precision=precision if isinstance(precision, int) else None,
    )
