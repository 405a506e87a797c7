"""What the warehouse knows of CODING's records: enough to decide which to read again and which are gone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from coda_pipeline.warehouse.coding.places import Place, Table

_KNOWN = """
    select {key}, coding_updated_at, read_at, deleted_at is null
      from {raw} where team = :team and project = :project
       and (cast(:ids as bigint[]) is null or {key} = any(:ids))
"""
_LIVE_IDS = "select {key} from {raw} where team = :team and project = :project and deleted_at is null"
_HELD_IDS = """
    select substr(row_id, length(:prefix) + 1)::bigint from sync.held_deletions
     where table_name = :view and starts_with(row_id, :prefix)
"""
_IN_ITERATION = text("""
    select code from raw.coding_issues
     where team = :team and project = :project and deleted_at is null
       and record #>> '{Iteration,Code}' = cast(:code as text)
""")
_REPEATED = """
    select count(*) from (select from {view} group by team, project, {key} having count(*) > 1) as repeated
"""
# An iteration counts as missing only if iterations were listed since the issue came.
_DANGLING = {
    "iteration": """
        select distinct project || ' ' || iteration_code from coding.issues as i
         where iteration_code is not null and not exists (
               select from coding.iterations as t
                where (t.team, t.project, t.code) = (i.team, i.project, i.iteration_code))
           and exists (
               select from sync.coding_cursors as c
                where (c.team, c.project, c.table_name) = (i.team, i.project, 'iterations')
                  and c.as_of >= i.received_at) order by 1
    """,
    "parent": """
        select distinct project || ' ' || parent_code from coding.issues as i
         where parent_code is not null and not exists (
               select from coding.issues as p
                where (p.team, p.project, p.code) = (i.team, i.project, i.parent_code)) order by 1
    """,
}


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What is stored of one record. `is_live`: it is not deleted."""

    updated_at: datetime | None
    read_at: datetime
    is_live: bool


def known_records(
    conn: Connection, place: Place, table: Table, ids: Collection[int] | None = None
) -> dict[int, KnownRecord]:
    """The stored records of a project by id, deleted ones too; of the given ids, or all."""
    values = {"team": place.team, "project": place.project, "ids": None if ids is None else list(ids)}
    return {row[0]: KnownRecord(*row[1:]) for row in conn.execute(_on(table, _KNOWN), values)}


def live_ids(conn: Connection, place: Place, table: Table) -> set[int]:
    """The ids of a project's records that are not deleted, held ones included."""
    return set(conn.scalars(_on(table, _LIVE_IDS), {"team": place.team, "project": place.project}))


def held_ids(conn: Connection, place: Place, table: Table) -> set[int]:
    """Ids on the list of held deletions, ignored ones included."""
    return set(conn.scalars(text(_HELD_IDS), {"view": table.view, "prefix": f"{place}/"}))


def live_count(conn: Connection, places: Iterable[Place], table: Table) -> int:
    """Live records of several projects."""
    return sum(len(live_ids(conn, place, table)) for place in places)


def held_count(conn: Connection, table: Table) -> int:
    """How many records of a table wait for a person."""
    counted = text("select count(*) from sync.held_deletions where table_name = :view and state = 'held'")
    return conn.scalar(counted, {"view": table.view}) or 0


def issues_in_iteration(conn: Connection, place: Place, iteration_code: int) -> set[int]:
    """Codes of the live issues that are planned in an iteration, as far as known."""
    values = {"team": place.team, "project": place.project, "code": iteration_code}
    return set(conn.scalars(_IN_ITERATION, values))


def repeated_keys(conn: Connection, table: Table) -> int:
    """Keys that the view shows more than once."""
    return conn.scalar(text(_REPEATED.replace("{view}", table.view).replace("{key}", table.key))) or 0


def dangling_references(conn: Connection) -> Mapping[str, list[str]]:
    """What issues point at and no current record answers to, by kind: project and code."""
    return {kind: list(conn.scalars(text(query))) for kind, query in _DANGLING.items()}


def _on(table: Table, template: str) -> TextClause:
    return text(template.replace("{raw}", table.raw).replace("{key}", table.key))
