"""What people do in the doc by hand: the acts of HR, for tests, demos and drills.

An act is visible to people at once and to the API only with a later snapshot. Values are simple ones: a text,
a number, a date or its ISO text, a bool, a list; a person is `{"name": …, "email": …}` or a `Person`, a
relation a row id or a name. Columns go by id or name. How columns themselves change is in `hr_columns`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import BLANK, Cell, Image, Link, Person, RowRef, Styled, is_blank
from coda_pipeline.sandbox.document import Column, DropRow, PutRow, RowVersion, TableState
from coda_pipeline.sandbox.effects import Press, edited, new_row
from coda_pipeline.sandbox.hr_columns import ColumnActs
from coda_pipeline.sandbox.typing_in import cell_from

Values = Mapping[str, object]
MADE_CELLS = (Person, RowRef, Image, Link, Styled, date, datetime)


class Hr(ColumnActs):
    """HR at work in one doc. Without `table`, an act is on Участие."""

    def add_row(self, values: Values | None = None, table: str = schema.PARTICIPATION) -> str:
        """Adds a row at the end; its id comes back."""
        with self.world.lock:
            row_id = self.doc.new_row_id()
            cells = self._cells(table, values or {})
            self._record(PutRow(table, new_row(self.doc, row_id, cells, self._now())))
            return row_id

    def add_participation(
        self,
        person: str | None = None,
        email: str | None = None,
        *,
        project: str | None = None,
        role: str | None = None,
        started_on: date | str | None = None,
        ended_on: date | str | None = None,
        share: float | None = None,
        comment: str | None = None,
        sync_id: str | None = None,
        **others: object,
    ) -> str:
        """Adds a row of Участие; a project that is not there yet is added. `others` go by column id."""
        values: dict[str, object] = {
            schema.PERSON: None if person is None else Person(person, email),
            schema.PROJECT: None if project is None else self.project(project),
            schema.ROLE: role,
            schema.START: started_on,
            schema.END: ended_on,
            schema.SHARE: share,
            schema.NOTE: comment,
            schema.SYNC_ID: sync_id,
            **others,
        }
        return self.add_row({column: value for column, value in values.items() if value is not None})

    def project(self, name_or_id: str) -> str:
        """The id of the first project with this name (or id); one is added if there is none."""
        rows = self._live(schema.PROJECTS).created_order
        found = (r.id for r in rows if name_or_id in (r.id, r.values.get(schema.TITLE)))
        return next(found, None) or self.add_project(name_or_id)

    def add_project(self, title: str) -> str:
        """Adds a project, also a second one of the same name."""
        return self.add_row({schema.TITLE: title}, schema.PROJECTS)

    def add_employee(self, name: str, email: str | None = None, department: str = "Разработка") -> str:
        """Adds a person to Сотрудники; from now on the doc knows them."""
        self.doc.people.add(Person(name, email))
        values = {schema.FULL_NAME: name, schema.EMAIL: email or BLANK, schema.DEPARTMENT: department}
        return self.add_row(values, schema.PEOPLE)

    def edit_row(self, row_id: str, values: Values, table: str = schema.PARTICIPATION) -> None:
        """Types into cells; `""` or None empties one."""
        with self.world.lock:
            row = self._row(table, row_id)
            self._record(PutRow(table, edited(row, self._cells(table, values), self._now())))

    def copy_row(self, row_id: str, values: Values | None = None, table: str = schema.PARTICIPATION) -> str:
        """Copies a row with all its cells, the key column too, and types into the copy; its id comes back."""
        with self.world.lock:
            copy_id = self.doc.new_row_id()
            cells = {**self._row(table, row_id).values, **self._cells(table, values or {})}
            self._record(PutRow(table, new_row(self.doc, copy_id, cells, self._now())))
            return copy_id

    def delete_rows(self, row_ids: str | Iterable[str], table: str = schema.PARTICIPATION) -> None:
        """Deletes rows; they can be restored."""
        with self.world.lock:
            ids = [row_ids] if isinstance(row_ids, str) else list(row_ids)
            for row_id in ids:
                self.bin[table, row_id] = self._row(table, row_id)
            self._record(*(DropRow(table, row_id) for row_id in ids))

    def restore_rows(self, row_ids: str | Iterable[str], table: str = schema.PARTICIPATION) -> None:
        """Undoes a deletion: the same ids, cells and creation times; `updatedAt` is now."""
        with self.world.lock:
            ids = [row_ids] if isinstance(row_ids, str) else list(row_ids)
            rows = [self.bin.pop((table, row_id)) for row_id in ids]
            self._record(*(PutRow(table, replace(row, updated_at=self._now())) for row in rows))

    def clear_table(self, table: str = schema.PARTICIPATION) -> None:
        """Deletes every row."""
        self.delete_rows(self.row_ids(table), table)

    def swap(self, row_a: str, row_b: str, column: str, table: str = schema.PARTICIPATION) -> None:
        """Swaps what two rows hold in a column."""
        with self.world.lock:
            a, b, column_id = self._row(table, row_a), self._row(table, row_b), self._column(table, column).id
            cell_a, cell_b = a.values.get(column_id, BLANK), b.values.get(column_id, BLANK)
            now = self._now()
            self._record(
                PutRow(table, edited(a, {column_id: cell_b}, now)),
                PutRow(table, edited(b, {column_id: cell_a}, now)),
            )

    def move_row(self, row_id: str, position: float, table: str = schema.PARTICIPATION) -> None:
        """Drags a row to another place; creation order stays."""
        with self.world.lock:
            self._record(PutRow(table, replace(self._row(table, row_id), position=position)))

    def press_button(self, row_id: str | None = None, by: str = "anna.hr@example.com") -> str:
        """Presses the button of a row of Действия, of the first one without `row_id`; its id comes back.

        What the Pack answers is in the row's column «Ответ» once it is there.
        """
        with self.world.lock:
            row_id = row_id or self.row_ids(schema.ACTIONS)[0]
            press = Press(self.world, self.doc, schema.ACTIONS, row_id, schema.BUTTON, by)
            self._record(*press(self.doc.timeline.live, self._now()))
            return row_id

    def touch(self) -> None:
        """Somebody edits something unimportant, so that formulas over Today() are worked out anew."""
        with self.world.lock:
            self._record(DropRow(schema.ROLES, "i-nothing"))

    def delete_doc(self) -> None:
        """Deletes the doc."""
        self.doc.is_deleted = True

    def expire_tokens(self) -> None:
        """Every page and sync token given out so far is refused from now on."""
        self.doc.token_generation += 1

    def row_ids(self, table: str = schema.PARTICIPATION) -> list[str]:
        """The rows that people see, oldest first."""
        with self.world.lock:
            self.world.catch_up()
            return [row.id for row in self._live(table).created_order]

    def row(self, row_id: str, table: str = schema.PARTICIPATION) -> dict[str, Cell]:
        """What people see in a row, by column id; blank cells are left out."""
        with self.world.lock:
            self.world.catch_up()
            return dict(self._row(table, row_id).values)

    def _now(self) -> datetime:
        return self.world.clock.now()

    def _row(self, table: str, row_id: str) -> RowVersion:
        row = self._live(table).rows.get(row_id)
        if row is None:
            message = f"HR sees no row {row_id} in {table}"
            raise KeyError(message)
        return row

    def _cells(self, table: str, values: Values) -> dict[str, Cell]:
        pairs = [(self._column(table, name), value) for name, value in values.items()]
        return {column.id: self._cell(column, value) for column, value in pairs}

    def _cell(self, column: Column, value: object) -> Cell:
        if value is None:
            return BLANK
        if isinstance(value, dict):
            value = Person(str(value["name"]), str(value["email"]) if value.get("email") else None)
        if isinstance(value, Person):
            self.doc.people.add(value)
        if isinstance(value, MADE_CELLS):
            return (value,) if column.is_array else value
        if isinstance(value, list | tuple) and any(isinstance(part, (dict, *MADE_CELLS)) for part in value):
            return tuple(part for item in value if not isinstance(part := self._cell(column, item), tuple))
        if isinstance(value, Sequence) and not isinstance(value, str) and is_blank(tuple(value)):
            return BLANK
        return cell_from(value, column, self.doc.timeline.live, self.doc.people)

    def _live(self, table: str) -> TableState:
        self.world.catch_up()
        return self.doc.timeline.live.tables[table]
