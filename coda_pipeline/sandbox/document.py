"""The doc as it is at one moment: tables, columns, views, rows. Two of these exist per doc, see `timeline`.

A row version never changes; an edit puts a new one. No time passes in here and nothing is rendered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from coda_pipeline.sandbox.cells import BLANK, Cell

Extras = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Column:
    """A column. `kind` is the API's `format.type`; `days_until` calculates it with Today() from a date."""

    id: str
    name: str
    kind: str = "text"
    is_array: bool = False
    display: bool = False
    target_id: str | None = None
    options: tuple[str, ...] = ()
    formula: str | None = None
    days_until: str | None = None
    extras: Extras = ()

    @property
    def is_written_by_people(self) -> bool:
        """Whether a cell can be typed into."""
        return self.formula is None and self.kind != "button"


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A row as it was last saved. Creation order is (`created_at`, `ordinal`); table order is `position`."""

    id: str
    created_at: datetime
    updated_at: datetime
    ordinal: int
    position: float
    values: Mapping[str, Cell] = field(hash=False)


@dataclass(frozen=True)
class TableMeta:
    """A table, or a view of `base_id` that keeps rows whose date in `until` is blank or not past."""

    id: str
    name: str
    created_at: datetime
    columns: tuple[Column, ...] = ()
    hidden: frozenset[str] = frozenset()
    base_id: str | None = None
    until: str | None = None

    @property
    def is_view(self) -> bool:
        """A view has no columns and rows of its own."""
        return self.base_id is not None

    def column(self, id_or_name: str) -> Column | None:
        """The column with this id, else with this name."""
        by_id = next((c for c in self.columns if c.id == id_or_name), None)
        return by_id or next((c for c in self.columns if c.name == id_or_name), None)

    @property
    def display(self) -> Column:
        """The column whose text is the row's name."""
        return next((c for c in self.columns if c.display), self.columns[0])


@dataclass(frozen=True)
class PutRow:
    """A row was added, edited or restored."""

    table_id: str
    row: RowVersion


@dataclass(frozen=True)
class DropRow:
    """A row was deleted."""

    table_id: str
    row_id: str


@dataclass(frozen=True)
class SetTable:
    """A table or view was made, renamed, or its columns changed."""

    meta: TableMeta


@dataclass(frozen=True)
class DropTable:
    """A table or view was deleted."""

    table_id: str


Change = PutRow | DropRow | SetTable | DropTable


class TableState:
    """A table's rows, with what deltas and stale replicas need to know."""

    def __init__(self, meta: TableMeta, rows: Mapping[str, RowVersion] | None = None) -> None:
        self.meta = meta
        self.rows: dict[str, RowVersion] = dict(rows or {})
        self.changed: dict[str, int] = {}
        self.previous: dict[str, RowVersion] = {}
        self._created_order: list[RowVersion] | None = None
        self._index: dict[str, int] | None = None

    def put(self, row: RowVersion, sequence: int) -> None:
        """Adds or replaces a row."""
        old = self.rows.get(row.id)
        if old is not None:
            self.previous[row.id] = old
        self.rows[row.id] = row
        self.changed[row.id] = sequence
        self._created_order = None
        if old is None or old.position != row.position:
            self._index = None

    def drop(self, row_id: str) -> None:
        """Removes a row, if it is there."""
        old = self.rows.pop(row_id, None)
        if old is not None:
            self.previous[row_id] = old
            self.changed.pop(row_id, None)
            self._created_order = self._index = None

    @property
    def created_order(self) -> list[RowVersion]:
        """All rows, oldest first: the order in which the API lists them."""
        if self._created_order is None:
            self._created_order = sorted(self.rows.values(), key=lambda row: (row.created_at, row.ordinal))
        return self._created_order

    @property
    def index(self) -> Mapping[str, int]:
        """Row id -> place in the table as people see it."""
        if self._index is None:
            placed = sorted(self.rows.values(), key=lambda row: (row.position, row.ordinal))
            self._index = {row.id: place for place, row in enumerate(placed)}
        return self._index


class DocState:
    """A doc at one moment. `sequence` counts changes, `epoch` those that alter how other rows look."""

    def __init__(self, tables: Mapping[str, TableState], calculated_at: datetime) -> None:
        self.tables = dict(tables)
        self.sequence = 0
        self.epoch = 0
        self.calculated_at = calculated_at

    def apply(self, change: Change, at: datetime) -> None:
        """Makes a change. Formulas over Today() are worked out anew with it, as of `at`."""
        self.sequence += 1
        self.calculated_at = max(self.calculated_at, at)
        if isinstance(change, PutRow):
            table = self.tables.get(change.table_id)
            if table is not None:
                self._put(table, change.row)
        elif isinstance(change, DropRow):
            table = self.tables.get(change.table_id)
            if table is not None:
                table.drop(change.row_id)
                self.epoch += self._is_target(table.meta.id)
        elif isinstance(change, SetTable):
            self.epoch += 1
            table = self.tables.get(change.meta.id)
            if table is None:
                self.tables[change.meta.id] = TableState(change.meta)
            else:
                table.meta = change.meta
        else:
            self.epoch += 1
            self.tables.pop(change.table_id, None)

    def _put(self, table: TableState, row: RowVersion) -> None:
        display = table.meta.display.id
        old = table.rows.get(row.id) or table.previous.get(row.id)
        if old is not None and self._is_target(table.meta.id):
            was_there = row.id in table.rows
            self.epoch += not was_there or old.values.get(display) != row.values.get(display)
        table.put(row, self.sequence)

    def _is_target(self, table_id: str) -> bool:
        return any(c.target_id == table_id for table in self.tables.values() for c in table.meta.columns)

    def base_of(self, table: TableState) -> TableState:
        """The table that holds the rows of a view; a table is its own."""
        return self.tables[table.meta.base_id] if table.meta.base_id else table

    def find_table(self, id_or_name: str) -> TableState | None:
        """The table or view with this id, else one with this name."""
        if id_or_name in self.tables:
            return self.tables[id_or_name]
        return next((t for t in self.tables.values() if t.meta.name == id_or_name), None)

    def listed_rows(self, table: TableState, today: date) -> list[RowVersion]:
        """The rows that a table or view shows, oldest first."""
        rows = self.base_of(table).created_order
        until = table.meta.until
        if until is None:
            return rows
        return [row for row in rows if _is_current(row.values.get(until, BLANK), today)]

    def name_of(self, table_id: str, row_id: str) -> Cell:
        """What the row's display column holds; blank where the row is gone."""
        table = self.tables.get(table_id)
        row = table.rows.get(row_id) if table else None
        return row.values.get(table.meta.display.id, BLANK) if table and row else BLANK


def with_column(meta: TableMeta, column: Column) -> TableMeta:
    """The table with this column added, or replaced where its id is known."""
    if any(c.id == column.id for c in meta.columns):
        return replace(meta, columns=tuple(column if c.id == column.id else c for c in meta.columns))
    return replace(meta, columns=(*meta.columns, column))


def _is_current(cell: Cell, today: date) -> bool:
    return not isinstance(cell, date) or cell >= today
