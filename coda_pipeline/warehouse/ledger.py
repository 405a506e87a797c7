"""The column ledger: every column of a Coda table that was ever seen, by its id, and what became of it.

Its columns in SQL are named and kept by `view_columns`, the views made by `views`. The one thing to know: a
column keeps its SQL name when it is renamed in Coda, until a person accepts the new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.errors import ConfigurationError
from coda_pipeline.warehouse.exclusion import scrub
from coda_pipeline.warehouse.view_columns import (
    RenamedColumn,
    ViewColumn,
    adopt_names,
    assign_names,
    view_columns,
)


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as Coda describes it now. `format` holds options: it is not kept for excluded columns."""

    id: str
    name: str
    type: str
    is_array: bool
    calculated: bool = False
    format: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """A column of the ledger. Its names in SQL follow `accepted_…` until a person accepts a change."""

    column_id: str
    name: str
    type: str
    is_array: bool
    calculated: bool
    excluded: bool
    accepted_name: str
    accepted_type: str
    accepted_is_array: bool
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    view_columns: tuple[ViewColumn, ...] = ()

    @property
    def is_renamed(self) -> bool:
        """Whether it has another name in Coda than the one accepted."""
        return self.name != self.accepted_name

    @property
    def is_retyped(self) -> bool:
        """Whether it has another type in Coda than the one accepted."""
        return (self.type, self.is_array) != (self.accepted_type, self.accepted_is_array)

    @property
    def shown_type(self) -> str:
        """The type in words."""
        return _shown(self.type, is_array=self.is_array)

    @property
    def view_column(self) -> str:
        """The names of its columns in the view, former types included, joined by commas; may be empty."""
        return ", ".join(column.name for column in self.view_columns)


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One change of a column: its id, its name now, and name or type before and after where those changed."""

    column_id: str
    name: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """What is different from the last time. The first time, nothing is `added`: everything is new."""

    added: tuple[ColumnChange, ...] = ()
    renamed: tuple[ColumnChange, ...] = ()
    retyped: tuple[ColumnChange, ...] = ()
    gone: tuple[ColumnChange, ...] = ()
    returned: tuple[ColumnChange, ...] = ()
    newly_excluded: tuple[ColumnChange, ...] = ()
    reincluded: tuple[ColumnChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return self != ColumnChanges()


def describe_table(
    conn: Connection, table: str, *, title: str, link: str, display_column: str | None = None
) -> None:
    """Note a table's title, link and display column in Coda. After `ensure_table`."""
    conn.execute(
        text(
            "update sync.tables set title = :title, browser_link = :link, display_column_id = :display"
            " where table_name = :table"
        ),
        {"table": table, "title": _storable(title), "link": link, "display": display_column},
    )


def record_columns(
    conn: Connection, spec: TableSpec, columns: Sequence[ColumnFact], *, now: datetime
) -> ColumnChanges:
    """Bring the ledger up to date with all columns of a table, and give new ones their names in SQL.

    Values of columns that are excluded now and were not before are removed from the stored rows and their
    history.
    """
    known = {column.column_id: column for column in known_columns(conn, spec.name)}
    changes = _compare(known, columns, spec.excluded)
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
        "name": _storable(column.name),
        "type": column.type,
        "is_array": column.is_array,
        "calculated": column.calculated,
        "position": position,
        "format": "{}"
        if column.id in spec.excluded
        else _storable(orjson.dumps(dict(column.format)).decode()),
        "excluded": column.id in spec.excluded,
        "now": now,
    }


def _storable(value: str) -> str:
    """PostgreSQL cannot hold NUL; the same character stands for it as in rows."""
    return value.replace("\x00", "\ufffd").replace("\\u0000", "\ufffd")


def _shown(column_type: str, *, is_array: bool) -> str:
    return f"list of {column_type}" if is_array else column_type


def _compare(
    known: Mapping[str, KnownColumn], columns: Sequence[ColumnFact], excluded: frozenset[str]
) -> ColumnChanges:
    seen = [(known[c.id], c) for c in columns if c.id in known]
    present = {c.id for c in columns}
    return ColumnChanges(
        added=tuple(ColumnChange(c.id, c.name) for c in columns if known and c.id not in known),
        renamed=tuple(
            ColumnChange(c.id, c.name, k.name, c.name) for k, c in seen if k.name != _storable(c.name)
        ),
        retyped=tuple(
            ColumnChange(c.id, c.name, k.shown_type, after)
            for k, c in seen
            if k.shown_type != (after := _shown(c.type, is_array=c.is_array))
        ),
        gone=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if k.gone_at is None and k.column_id not in present
        ),
        returned=tuple(ColumnChange(c.id, c.name) for k, c in seen if k.gone_at is not None),
        newly_excluded=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if not k.excluded and k.column_id in excluded
        ),
        reincluded=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if k.excluded and k.column_id not in excluded
        ),
    )
