"""`core.participation_wide`: Участие with the other columns of its row in Coda, read only.

Like the views in `coda` it only grows: a column keeps its name and place (`sync.wide_columns`), is there for
good, and reads NULL once it is excluded. Mapped columns are not repeated: their values are in
`core.participation`.
"""

from collections.abc import Iterator

from psycopg import sql
from sqlalchemy import Connection, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.warehouse.core.driver import driver_connection
from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS
from coda_pipeline.warehouse.ledger import known_columns
from coda_pipeline.warehouse.view_names import free_stem

FIXED = (
    "participation_id",
    "version",
    "external_id",
    "coda_row_id",
    "source_table",
    *FIELD_COLUMNS,
    "source",
    "year",
    "created_at",
    "updated_at",
)
ROW_LINK = "row_link"
_LEDGER = "select view_column, source_table, source_column from sync.wide_columns order by position"
_ADD = text(
    "insert into sync.wide_columns (view_column, source_table, source_column) values (:name, :table, :column)"
)
_DESCRIPTION = """
    select col_description(attrelid, attnum) from pg_attribute
     where attrelid = to_regclass(%s) and attname = %s
"""

Shown = tuple[str, str, str]  # view column, source table, column of the source's view


def grow_wide(conn: Connection, catalog: Catalog) -> list[str]:
    """Add the columns that the sources of Участие have by now; the names that were added.

    Call it after the views in `coda` grew. Does nothing where all is there.
    """
    shown: list[Shown] = [tuple(row) for row in conn.execute(text(_LEDGER))]
    new = list(_new(conn, catalog, shown))
    if not new:
        return []
    conn.execute(_ADD, [{"name": name, "table": table, "column": column} for name, table, column in new])
    driver = driver_connection(conn)
    driver.execute(_view([*shown, *new]))
    for name, table, column in new:
        view = f"coda.{table}"
        description = driver.execute(_DESCRIPTION, [view, column]).fetchone()
        driver.execute(
            sql.SQL("comment on column core.participation_wide.{} is {}").format(
                sql.Identifier(name), sql.Literal(description[0] if description else None)
            )
        )
    return [name for name, _, _ in new]


def _new(conn: Connection, catalog: Catalog, shown: list[Shown]) -> Iterator[Shown]:
    """Columns of the sources' views that are not shown yet, each with a name that is free."""
    there = {(table, column) for _, table, column in shown}
    taken = {*FIXED, ROW_LINK, *(name for name, _, _ in shown)}
    for source in catalog.participation.sources if catalog.participation else ():
        for column in _others(conn, catalog, source):
            if (source.table, column) not in there:
                name = free_stem(column, ("",), taken)
                taken.add(name)
                yield name, source.table, column


def _others(conn: Connection, catalog: Catalog, source: ParticipationSource) -> list[str]:
    """The columns of a source's view that come from neither a mapped nor an excluded column of Coda."""
    left_out = {*source.fields.mapped.values(), *catalog.table(source.table).excluded}
    view_columns = [
        view_column
        for column in known_columns(conn, source.table)
        if not column.excluded and column.column_id not in left_out
        for view_column in column.view_columns
    ]
    return [v.name for v in sorted(view_columns, key=lambda v: v.position)]


def _view(shown: list[Shown]) -> sql.Composed:
    """The statement that makes the view with these columns of Coda after its own."""
    tables = list(dict.fromkeys(table for _, table, _ in shown))
    alias = {table: sql.Identifier(f"t{number}") for number, table in enumerate(tables)}
    columns = [sql.SQL("p.{}").format(sql.Identifier(name)) for name in FIXED]
    columns.append(sql.SQL("r.browser_link as {}").format(sql.Identifier(ROW_LINK)))
    columns += [
        sql.SQL("{}.{} as {}").format(alias[table], sql.Identifier(column), sql.Identifier(name))
        for name, table, column in shown
    ]
    joins = [
        sql.SQL(" left join {} as {} on p.source_table = {} and {}.row_id = p.coda_row_id").format(
            sql.Identifier("coda", table), alias[table], sql.Literal(table), alias[table]
        )
        for table in tables
    ]
    return sql.SQL(
        "create or replace view core.participation_wide as select {} from core.participation as p"
        " left join core.participation_records as r on r.record_id = p.source_table || ':' || p.coda_row_id{}"
    ).format(sql.SQL(", ").join(columns), sql.SQL("").join(joins))
