"""Whether a person or an activity occurs in any table that was read: what an application may write about.

People are known from the records of Участие and from every other table of the catalogue; activities from
the records and from the table that the activity column refers to. A person with an e-mail is known by it, an
activity with a row id by that; names are compared as everywhere (`sync.normalize`).
"""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.statement import on_table

_BY_EMAIL = text(
    "select exists (select from core.participation_records"
    " where deleted_at is null and lower(person_email) = lower(:value))"
)
_BY_NAME = text(
    "select exists (select from core.participation_records where deleted_at is null and name_norm = :norm)"
)
_BY_ACTIVITY = text(
    "select exists (select from core.participation_records"
    " where deleted_at is null and activity_norm = :norm)"
)
_BY_ROW_ID = text(
    "select exists (select from core.participation_records"
    " where deleted_at is null and activity_row_id = :value)"
)
# The whole row first: looking into every cell of every row would take ten times as long.
_IN_CELLS = """
    select exists (
        select from {raw} as r
         where r.deleted_at is null and strpos(core.norm(r.values::text), :needle) > 0
           and exists (select from jsonb_path_query(r.values, 'strict $.** ? (@.type() == "string")') as cell
                        where core.norm(coda.cell_text(cell)) = :norm))
"""
_IS_ROW = "select exists (select from {raw} where deleted_at is null and row_id = :value)"
_REFERRED_TO = text("""
    select t.table_name
      from sync.columns as c join sync.tables as t on t.table_id = c.format -> 'table' ->> 'id'
     where c.table_name = :table and c.column_id = :column
""")
_READ = text("select table_name from sync.tables where to_regclass('raw.coda_' || table_name) is not null")


def unknown_person(conn: Connection, catalog: Catalog, name: str | None, email: str | None) -> str | None:
    """Which field names a person that no table knows; None where the person is known, or nobody is named."""
    if norm(email):
        return None if _knows_person(conn, catalog, email or "", _BY_EMAIL) else "person_email"
    if norm(name):
        return None if _knows_person(conn, catalog, name or "", _BY_NAME) else "person_name"
    return None


def unknown_activity(conn: Connection, catalog: Catalog, name: str | None, row_id: str | None) -> str | None:
    """Which field names an activity that no table knows; None where it is known, or none is named."""
    tables = _activity_tables(conn, catalog)
    if row_id and row_id.strip():
        is_row = any(conn.scalar(on_table(_IS_ROW, table), {"value": row_id}) for table in tables)
        return None if is_row or conn.scalar(_BY_ROW_ID, {"value": row_id}) else "activity_row_id"
    if norm(name):
        known = conn.scalar(_BY_ACTIVITY, {"norm": norm(name)}) or _in_cells(conn, tables, name or "")
        return None if known else "activity"
    return None


def _knows_person(conn: Connection, catalog: Catalog, value: str, query: object) -> bool:
    if conn.scalar(query, {"value": value, "norm": norm(value)}):  # type: ignore[call-overload]
        return True
    read = set(conn.scalars(_READ))
    sources = {source.table for source in catalog.participation.sources} if catalog.participation else set()
    others = [spec.name for spec in catalog.tables if spec.name in read - sources]
    return _in_cells(conn, others, value)


def _activity_tables(conn: Connection, catalog: Catalog) -> list[str]:
    sources = catalog.participation.sources if catalog.participation else ()
    read = set(conn.scalars(_READ))
    found = (
        conn.scalars(_REFERRED_TO, {"table": s.table, "column": s.fields.activity or ""}) for s in sources
    )
    return sorted({table for tables in found for table in tables} & read)


def _in_cells(conn: Connection, tables: Iterable[str], value: str) -> bool:
    # As the text of the whole row has it, with JSON's own escapes.
    needle = norm(json.dumps(value.strip(), ensure_ascii=False)[1:-1])
    parameters = {"needle": needle, "norm": norm(value)}
    return any(conn.scalar(on_table(_IN_CELLS, table), parameters) for table in tables)
