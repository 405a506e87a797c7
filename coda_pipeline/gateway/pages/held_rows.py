"""Held deletions as the page shows them: what each vanished row said. Reads only.

Deciding on them is `warehouse.held`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from coda_pipeline.sync.model import Fields
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.statement import on_table

_TABLES = text("""
    select h.table_name, coalesce(t.title, h.table_name) as title, t.browser_link as link,
           count(*) filter (where h.state = 'held') as held,
           count(*) filter (where h.state = 'ignored') as ignored,
           max(h.held_at) filter (where h.state = 'held') as until
      from sync.held_deletions as h left join sync.tables as t using (table_name)
     group by h.table_name, t.title, t.browser_link order by h.table_name
""")
_ROWS = """
    select h.row_id, h.held_at, r.browser_link as link,
           (select string_agg(said, ' · ') from (
                select left(coda.cell_text(r.values -> c.column_id), 80) as said from sync.columns as c
                 where c.table_name = h.table_name and not c.excluded and c.gone_at is null
                   and coda.cell_text(r.values -> c.column_id) is not null
                 order by c.position limit 3) as first_cells) as says
      from sync.held_deletions as h left join {raw} as r using (row_id)
     where h.table_name = :table and h.state = 'held'
     order by h.held_at, h.row_id limit :limit offset :offset
"""
_UNTIL = text("""
    select row_id from sync.held_deletions
     where table_name = :table and state = 'held' and held_at <= :until
""")


@dataclass(frozen=True, slots=True)
class HeldTable:
    """A table with held rows; those held after `until` came after this look."""

    name: str
    title: str
    link: str | None
    held: int
    ignored: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """One vanished row: its fields where it is one of Участие, else its first cells."""

    row_id: str
    held_at: datetime
    link: str | None
    says: str | None = field(repr=False)
    fields: Fields | None = field(default=None, repr=False)


def tables(conn: Connection) -> list[HeldTable]:
    """The tables with anything on the list."""
    return [HeldTable(*row) for row in conn.execute(_TABLES)]


def rows(conn: Connection, table: str, *, limit: int, offset: int) -> Sequence[Held]:
    """Some of a table's held rows, the oldest first."""
    given = {"table": table, "limit": limit, "offset": offset}
    found = conn.execute(on_table(_ROWS, table), given).all()
    fields = _fields(conn, [f"{table}:{row.row_id}" for row in found])
    return [
        Held(row.row_id, row.held_at, row.link, row.says, fields.get(f"{table}:{row.row_id}"))
        for row in found
    ]


def held_until(conn: Connection, table: str, until: datetime) -> list[str]:
    """The rows that were held when a person looked, so that none goes that nobody saw."""
    return list(conn.scalars(_UNTIL, {"table": table, "until": until}))


def _fields(conn: Connection, record_ids: Sequence[str]) -> Mapping[str, Fields]:
    if not record_ids:
        return {}
    return {one.record_id: one.fields for one in load.records(conn, record_ids=record_ids)}
