"""The tables in `raw` and the typed views over them in `coda`: made here, and only ever grown.

Names and order of the view columns come from the ledger. The one thing to know: a view is replaced only
where it differs from what it should be, since that waits for everybody who is reading it.
"""

import hashlib
from collections.abc import Sequence

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.errors import ConfigurationError, DatabaseError
from coda_pipeline.warehouse.cell_sql import can_be_unfit, cell_as, does_not_fit, literal
from coda_pipeline.warehouse.column_changes import KnownColumn
from coda_pipeline.warehouse.engine import execute_script
from coda_pipeline.warehouse.exclusion import scrub
from coda_pipeline.warehouse.ledger import known_columns
from coda_pipeline.warehouse.statement import on_table, raw_table
from coda_pipeline.warehouse.view_columns import (
    FIXED_COLUMNS,
    FIXED_HISTORY_COLUMNS,
    ViewColumn,
    view_columns,
)
from coda_pipeline.warehouse.view_names import readings

_TABLE = """
create table {raw} (
    row_id text primary key,
    values jsonb not null,
    row_hash text not null,
    browser_link text,
    coda_created_at timestamptz,
    coda_updated_at timestamptz,
    first_seen_at timestamptz not null,
    received_at timestamptz not null,
    deleted_at timestamptz,
    run_id text
)
"""
_CURRENT = ("r.row_id", "r.browser_link", "r.coda_created_at", "r.coda_updated_at")
_CURRENT_ROWS = "from {raw} r where r.deleted_at is null"
_ALL_VERSIONS = """from (
    select row_id, valid_from, valid_to, ended_as, coda_created_at as row_created_at,
           coda_updated_at as row_updated_at, values
      from raw.row_history where table_name = {table}
    union all
    select row_id, received_at, null, null, coda_created_at, coda_updated_at, values
      from {raw} where deleted_at is null
) r"""


def ensure_table(conn: Connection, spec: TableSpec) -> None:
    """Make `raw.coda_<name>` where there is none, and see to it that it holds no excluded cell.

    Raises `ConfigurationError` where the name stands for another Coda table.
    """
    _claim_name(conn, spec)
    if conn.execute(text("select to_regclass(:raw)"), {"raw": raw_table(spec.name)}).scalar() is None:
        conn.execute(on_table(_TABLE, spec.name))
        return
    fresh = {c.column_id for c in known_columns(conn, spec.name) if not c.excluded} & spec.excluded
    if fresh:
        scrub(conn, spec)


def grow_views(conn: Connection, spec: TableSpec) -> None:
    """Bring `coda.<name>` and `coda.<name>_history` up to date with the ledger: new columns at the end.

    Raises `DatabaseError` where a view was changed by hand so that it cannot grow.
    """
    script = _script(conn, spec, known_columns(conn, spec.name))
    digest = hashlib.sha256(script.encode()).hexdigest()
    if _is_made(conn, spec.name, digest):
        return
    try:
        with conn.begin_nested():
            execute_script(conn, script)
    except psycopg.errors.InvalidTableDefinition as error:
        message = (
            f"The view coda.{spec.name} or its history was changed by hand and cannot grow: "
            f"{error.diag.message_primary}. Give its columns back the names that `coda-pipeline columns` "
            "shows, or rename the view: a new one is made."
        )
        raise DatabaseError(message) from None
    conn.execute(
        text("update sync.tables set views_digest = :digest where table_name = :table"),
        {"table": spec.name, "digest": digest},
    )


def unfit_cells(conn: Connection, spec: TableSpec) -> dict[str, int]:
    """How many cells of live rows do not fit their column, by view column; columns without are left out.

    Such a cell reads NULL in the view and stays in `values`. One pass over the table.
    """
    counted: list[tuple[str, str]] = []
    for column in known_columns(conn, spec.name):
        if column.excluded or column.column_id in spec.excluded or column.gone_at is not None:
            continue
        current = readings(column.type, is_array=column.is_array)
        counted += [
            (view_column.name, does_not_fit(column.column_id, view_column.reads_as))
            for view_column in column.view_columns
            if view_column.reading in current and can_be_unfit(view_column.reads_as)
        ]
    if not counted:
        return {}
    counts = ", ".join(f"count(*) filter (where {condition})" for _, condition in counted)
    query = f"select array[{counts}] from {raw_table(spec.name)} r where deleted_at is null"  # noqa: S608
    found = execute_script(conn, query).fetchone() or ([0] * len(counted),)
    return {name: count for (name, _), count in zip(counted, found[0], strict=True) if count}


def _claim_name(conn: Connection, spec: TableSpec) -> None:
    here = {"table": spec.name, "doc_id": spec.doc_id, "table_id": spec.table_id}
    conn.execute(
        text(
            "insert into sync.tables (table_name, doc_id, table_id) values (:table, :doc_id, :table_id) "
            "on conflict do nothing"
        ),
        here,
    )
    found = conn.execute(
        text("select doc_id, table_id from sync.tables where table_name = :table"), {"table": spec.name}
    ).one()
    if tuple(found) != (spec.doc_id, spec.table_id):
        message = (
            f"The name {spec.name!r} stands for table {found.table_id} of doc {found.doc_id} in this "
            f"warehouse, the configuration gives it to {spec.table_id} of {spec.doc_id}. Choose another name "
            "for that one."
        )
        raise ConfigurationError(message)
    other = conn.execute(
        text("select table_name from sync.tables where table_name || '_history' = :table"),
        {"table": spec.name},
    ).scalar()
    if other is not None:
        message = f"The name {spec.name!r} is that of the history of table {other!r}. Choose another one."
        raise ConfigurationError(message)


def _is_made(conn: Connection, name: str, digest: str) -> bool:
    query = text(
        "select views_digest = :digest and (select count(*) from pg_views where schemaname = 'coda' "
        "and viewname in (:table, :history)) = 2 from sync.tables where table_name = :table"
    )
    return bool(conn.execute(query, {"table": name, "history": f"{name}_history", "digest": digest}).scalar())


def _script(conn: Connection, spec: TableSpec, columns: Sequence[KnownColumn]) -> str:
    """The statements that make both views and describe their columns."""
    by_id = {c.column_id: c for c in columns}
    table = conn.execute(
        text("select title, browser_link from sync.tables where table_name = :table"), {"table": spec.name}
    ).one()
    where = table.browser_link or f"doc {spec.doc_id}, table {spec.table_id}"
    title = f"«{table.title or spec.table_id}» in Coda: {where}"
    typed: list[tuple[str, str, str]] = []
    for view_column in view_columns(conn, spec.name):
        column = by_id[view_column.column_id]
        hidden = column.excluded or column.column_id in spec.excluded
        value = f"null::{view_column.sql_type}" if hidden else cell_as(column.column_id, view_column.reads_as)
        typed.append((view_column.name, value, _described(column, view_column, hidden=hidden)))
    current = [(name, expression, "") for name, expression in zip(FIXED_COLUMNS, _CURRENT, strict=True)]
    history = [(name, f"r.{name}", "") for name in FIXED_HISTORY_COLUMNS]
    return "\n".join(
        [
            *_view(spec.name, f"Current rows of {title}", current + typed, _CURRENT_ROWS, spec.name),
            *_view(
                f"{spec.name}_history",
                f"All versions of the rows of {title}",
                history + typed,
                _ALL_VERSIONS,
                spec.name,
            ),
        ]
    )


def _view(
    name: str, comment: str, columns: Sequence[tuple[str, str, str]], rows: str, table: str
) -> list[str]:
    view = f"coda.{_quoted(name)}"
    selected = ",\n".join(f"    {expression} as {_quoted(column)}" for column, expression, _ in columns)
    source = rows.format(raw=raw_table(table), table=literal(table))
    described = [
        f"comment on column {view}.{_quoted(c)} is {literal(text)};" for c, _, text in columns if text
    ]
    return [
        f"create or replace view {view} as select\n{selected}\n{source};",
        f"comment on view {view} is {literal(comment)};",
        *described,
    ]


def _described(column: KnownColumn, view_column: ViewColumn, *, hidden: bool) -> str:
    words = [f"«{column.name}» in Coda ({column.column_id}, {column.shown_type})"]
    if hidden:
        words.append("excluded: reads NULL")
    elif column.gone_at is not None:
        words.append(f"gone from Coda since {column.gone_at:%Y-%m-%d}")
    elif view_column.reading not in readings(column.type, is_array=column.is_array):
        words.append("its type changed; this one reads what still fits the former type")
    return ", ".join(words)


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()
