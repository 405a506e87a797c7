"""What people do to columns and tables: rename, retype, add, remove, hide. Acts on rows are in `hr`."""

from dataclasses import replace

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.document import (
    Change,
    Column,
    DropTable,
    RowVersion,
    SetTable,
    TableMeta,
    with_column,
)
from coda_pipeline.sandbox.world import HostedDoc, World


class ColumnActs:
    """Acts on the columns of one doc; columns go by id or name."""

    def __init__(self, world: World, doc: HostedDoc) -> None:
        self.world = world
        self.doc = doc
        # Deleted rows by (table id, row id), to be restored.
        self.bin: dict[tuple[str, str], RowVersion] = {}

    def rename_column(self, column: str, name: str, table: str = schema.PARTICIPATION) -> None:
        """Gives a column another name; two of one name are allowed."""
        self._set_column(table, replace(self._column(table, column), name=name))

    def retype_column(
        self, column: str, kind: str, *, is_array: bool = False, table: str = schema.PARTICIPATION
    ) -> None:
        """Gives a column another type; what is in its cells stays."""
        found = self._column(table, column)
        self._set_column(table, replace(found, kind=kind, is_array=is_array, extras=(), target_id=None))

    def make_formula(
        self, column: str, formula: str = "RowId(thisRow)", table: str = schema.PARTICIPATION
    ) -> None:
        """Makes a column calculated, so that nothing can be written to it; what is in its cells stays."""
        self._set_column(table, replace(self._column(table, column), formula=formula))

    def add_column(
        self,
        name: str,
        kind: str = "text",
        *,
        column_id: str | None = None,
        is_array: bool = False,
        target: str | None = None,
        options: tuple[str, ...] = (),
        table: str = schema.PARTICIPATION,
    ) -> str:
        """Adds a column, last; its id comes back."""
        made_id = column_id or "c-" + self.doc.new_row_id()[2:]
        made = Column(made_id, name, kind, is_array=is_array, target_id=target, options=tuple(options))
        self._set_column(table, made)
        return made_id

    def restore_column(self, column: Column, table: str = schema.PARTICIPATION) -> None:
        """Undoes the removal of a column: the cells are there again."""
        self._set_column(table, column)

    def remove_column(self, column: str, table: str = schema.PARTICIPATION) -> Column:
        """Deletes a column; it comes back as a value for `restore_column`."""
        found = self._column(table, column)
        meta = self._meta(table)
        self._set(replace(meta, columns=tuple(c for c in meta.columns if c.id != found.id)))
        return found

    def hide_column(self, column: str, table: str = schema.PARTICIPATION) -> None:
        """Hides a column in a table or view; a view then no longer answers with it."""
        meta = self._meta(table)
        self._set(replace(meta, hidden=meta.hidden | {self._column(table, column).id}))

    def show_column(self, column: str, table: str = schema.PARTICIPATION) -> None:
        """Shows a hidden column again."""
        meta = self._meta(table)
        self._set(replace(meta, hidden=meta.hidden - {self._column(table, column).id}))

    def rename_table(self, name: str, table: str = schema.PARTICIPATION) -> None:
        """Gives a table or view another name."""
        self._set(replace(self._meta(table), name=name))

    def remove_table(self, table: str) -> None:
        """Deletes a table or view."""
        with self.world.lock:
            self._record(DropTable(table))

    def _set_column(self, table: str, column: Column) -> None:
        self._set(with_column(self._meta(table), column))

    def _set(self, meta: TableMeta) -> None:
        with self.world.lock:
            self._record(SetTable(meta))

    def _meta(self, table: str) -> TableMeta:
        return self.doc.timeline.live.tables[table].meta

    def _column(self, table: str, column: str) -> Column:
        live = self.doc.timeline.live
        found = live.base_of(live.tables[table]).meta.column(column)
        if found is None:
            message = f"HR sees no column {column} in {table}"
            raise KeyError(message)
        return found

    def _record(self, *changes: Change) -> None:
        self.world.catch_up()
        self.doc.timeline.record(changes)
