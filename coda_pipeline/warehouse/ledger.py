"""The column ledger: every column of a Coda table that was ever seen, by its id, and what became of it.

What a column is, and what counts as a change of it, is in `column_changes`. Its columns in SQL are named and
kept by `view_columns`, the views made by `views`. The one thing to know: a column keeps its SQL name when it
is renamed in Coda, until a person accepts the new one.
"""

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.errors import ConfigurationError
from coda_pipeline.warehouse.column_changes import (
    ColumnChanges,
    ColumnFact,
    KnownColumn,
    changes_between,
    storable,
)
from coda_pipeline.warehouse.exclusion import scrub
from coda_pipeline.warehouse.view_columns import (
    RenamedColumn,
    ViewColumn,
    adopt_names,
    assign_names,
    view_columns,
)


def describe_table(
    conn: Connection, table: str, *, title: str, link: str, display_column: str | None = None
) -> None:
    """Note a table's title, link and display column in Coda. After `ensure_table`."""
    conn.execute(
        text(
            "update sync.tables set title = :title, browser_link = :link, display_column_id = :display"
            " where table_name = :table"
        ),
        {"table": table, "title": storable(title), "link": link, "display": display_column},
    )


def record_columns(
    conn: Connection, spec: TableSpec, columns: Sequence[ColumnFact], *, now: datetime
) -> ColumnChanges:
    """Bring the ledger up to date with all columns of a table, and give new ones their names in SQL.

    Values of columns that are excluded now and were not before are removed from the stored rows and their
    history.
    """
    known = {column.column_id: column for column in known_columns(conn, spec.name)}
    changes = changes_between(known, columns, spec.excluded)
    if changes.newly_excluded:
        scrub(conn, spec)
    if columns:
        conn.execute(_UPSERT, [_row(spec, *numbered, now) for numbered in enumerate(columns)])
    conn.execute(
        _SETTLE,
        {
            "table": spec.name,
            "now": now,
            "present": [c.id for c in columns],
            "excluded": sorted(spec.excluded),
        },
    )
    shown = [c for c in columns if c.id not in spec.excluded]
    assign_names(conn, spec.name, [(c.id, c.name, c.type, c.is_array) for c in shown])
    return changes


def known_columns(conn: Connection, table: str) -> tuple[KnownColumn, ...]:
    """All columns of a table that were ever seen, in the order in which they came."""
    names: dict[str, list[ViewColumn]] = {}
    for column in view_columns(conn, table):
        names.setdefault(column.column_id, []).append(column)
    rows = conn.execute(_SELECT, {"table": table}).mappings()
    return tuple(KnownColumn(**row, view_columns=tuple(names.get(row["column_id"], ()))) for row in rows)


def accept(conn: Connection, table: str, column_id: str | None) -> tuple[RenamedColumn, ...]:
    """Let the SQL names of a column, or of all columns of a table, follow its name and type in Coda now.

    Only names change: views that others built on these go on working, and rights stay. Raises
    `ConfigurationError` where the ledger has no such column.
    """
    known = known_columns(conn, table)
    chosen = [c for c in known if column_id in {None, c.column_id}]
    if not chosen:
        what = f"column {column_id} of table {table!r}" if column_id else f"columns of table {table!r}"
        message = (
            f"The ledger knows no {what}: sync the table first; `coda-pipeline columns` lists what it knows."
        )
        raise ConfigurationError(message)
    renamed: list[RenamedColumn] = []
    for column in chosen:
        if (column.is_renamed or column.is_retyped) and not column.excluded:
            renamed += adopt_names(conn, table, (column.column_id, column.name, column.type, column.is_array))
    conn.execute(
        text(
            "update sync.columns "
            "set accepted_name = name, accepted_type = type, accepted_is_array = is_array "
            "where table_name = :table and column_id = any(:ids)"
        ),
        {"table": table, "ids": [c.column_id for c in chosen]},
    )
    return tuple(renamed)


_SELECT = text(
    "select column_id, name, type, is_array, calculated, excluded, accepted_name, accepted_type, "
    "accepted_is_array, first_seen_at, last_seen_at, gone_at from sync.columns where table_name = :table "
    "order by first_seen_at, position"
)
_UPSERT = text(
    "insert into sync.columns (table_name, column_id, name, type, is_array, calculated, position, format, "
    "excluded, accepted_name, accepted_type, accepted_is_array, first_seen_at, last_seen_at) "
    "values (:table, :id, :name, :type, :is_array, :calculated, :position, cast(:format as jsonb), "
    ":excluded, :name, :type, :is_array, :now, :now) "
    "on conflict (table_name, column_id) do update set name = excluded.name, type = excluded.type, "
    "is_array = excluded.is_array, calculated = excluded.calculated, format = excluded.format, "
    "last_seen_at = excluded.last_seen_at"
)
_SETTLE = text(
    "update sync.columns set excluded = column_id = any(:excluded), "
    "format = case when column_id = any(:excluded) then '{}' else format end, "
    "gone_at = case when column_id = any(:present) then null else coalesce(gone_at, :now) end "
    "where table_name = :table"
)


def _row(spec: TableSpec, position: int, column: ColumnFact, now: datetime) -> dict[str, object]:
    return {
        "table": spec.name,
        "id": column.id,
        "name": storable(column.name),
        "type": column.type,
        "is_array": column.is_array,
        "calculated": column.calculated,
        "position": position,
        "format": "{}"
        if column.id in spec.excluded
        else storable(orjson.dumps(dict(column.format)).decode()),
        "excluded": column.id in spec.excluded,
        "now": now,
    }
