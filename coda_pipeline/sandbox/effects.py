"""What accepted writes do once their time has come, looking at the live doc of that moment.

Between acceptance and effect people may have changed or deleted the row: then a write changes nothing, or a
keyed upsert makes a new row of the cells that it carries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coda_pipeline.sandbox.cells import BLANK, Cell, is_blank
from coda_pipeline.sandbox.document import Change, Column, DocState, DropRow, PutRow, RowVersion, TableState
from coda_pipeline.sandbox.schema import ANSWER
from coda_pipeline.sandbox.typing_in import cell_from
from coda_pipeline.sandbox.world import HostedDoc, World

Edit = Sequence[tuple[Column, object]]
LAST_PRESS = "c-Pressed001"
PRESS_COUNT = "c-Presses001"


@dataclass(frozen=True)
class Upsert:
    """Inserts rows, or updates every row that matches the keys. The ids are for rows that come out new."""

    doc: HostedDoc
    table_id: str
    rows: Sequence[tuple[str, Edit]]
    keys: Sequence[Column]
    is_parsed: bool
    is_one_per_key: bool

    def __call__(self, live: DocState, at: datetime) -> Iterable[Change]:
        """The changes, decided on the doc as it is by then."""
        table = live.tables.get(self.table_id)
        if table is None:
            return []
        by_key = _by_key(table, self.keys, self.doc.live_renderer.text) if self.keys else {}
        changes: list[Change] = []
        for row_id, edit in self.rows:
            cells = cells_of(self.doc, live, edit, is_parsed=self.is_parsed)
            matches = by_key.get(self._key_of(cells), []) if self.keys else []
            if matches:
                matches[:] = [edited(match, cells, at) for match in matches]
                changes += [PutRow(self.table_id, row) for row in matches]
                continue
            made = new_row(self.doc, row_id, cells, at)
            changes.append(PutRow(self.table_id, made))
            if self.keys and self.is_one_per_key:
                by_key[self._key_of(cells)] = [made]
        return changes

    def _key_of(self, cells: Mapping[str, Cell]) -> tuple[str, ...]:
        return tuple(self.doc.live_renderer.text(cells.get(column.id, BLANK)) for column in self.keys)


@dataclass(frozen=True)
class Update:
    """Changes the named cells of a row, if it is still there."""

    doc: HostedDoc
    table_id: str
    row_id: str
    edit: Edit
    is_parsed: bool

    def __call__(self, live: DocState, at: datetime) -> Iterable[Change]:
        """The changes, decided on the doc as it is by then."""
        table = live.tables.get(self.table_id)
        row = table.rows.get(self.row_id) if table else None
        if row is None:
            return []
        cells = cells_of(self.doc, live, self.edit, is_parsed=self.is_parsed)
        return [PutRow(self.table_id, edited(row, cells, at))]


@dataclass(frozen=True)
class Delete:
    """Deletes the rows that are still there."""

    table_id: str
    row_ids: Sequence[str]

    def __call__(self, live: DocState, at: datetime) -> Iterable[Change]:
        """The changes, decided on the doc as it is by then."""
        table = live.tables.get(self.table_id)
        there = table.rows if table else {}
        return [DropRow(self.table_id, row_id) for row_id in self.row_ids if row_id in there]


@dataclass(frozen=True)
class Press:
    """Pushes a button: the row notes when and how often, where it has columns for that.

    The doc's Pack runs, and the row keeps its answer once that is there.
    """

    world: World
    doc: HostedDoc
    table_id: str
    row_id: str
    column_id: str
    by: str

    def __call__(self, live: DocState, at: datetime) -> Iterable[Change]:
        """The changes, decided on the doc as it is by then."""
        self.doc.presses.append((self.row_id, self.column_id))
        table = live.tables.get(self.table_id)
        row = table.rows.get(self.row_id) if table else None
        if table is None or row is None or table.meta.column(LAST_PRESS) is None:
            return []
        if self.doc.pack is not None:
            self.doc.pack.start(self.by, self.doc.links.browser_row(self.table_id, self.row_id), self._keep)
        count = row.values.get(PRESS_COUNT, 0)
        pressed = (count if isinstance(count, int) else 0) + 1
        return [PutRow(self.table_id, edited(row, {LAST_PRESS: at, PRESS_COUNT: pressed, ANSWER: BLANK}, at))]

    def _keep(self, answer: str) -> None:
        """Store result in: «Ответ»."""
        with self.world.lock:
            self.world.catch_up()
            row = self.doc.timeline.live.tables[self.table_id].rows.get(self.row_id)
            if row is not None:
                put = PutRow(self.table_id, edited(row, {ANSWER: answer}, self.world.clock.now()))
                self.doc.timeline.record([put])


def nothing(live: DocState, at: datetime) -> Iterable[Change]:
    """Changes nothing."""
    return []


def cells_of(doc: HostedDoc, live: DocState, edit: Edit, *, is_parsed: bool = True) -> dict[str, Cell]:
    """What sent values come to in the doc as it is now."""
    return {
        column.id: cell_from(value, column, live, doc.people, is_parsed=is_parsed) for column, value in edit
    }


def new_row(doc: HostedDoc, row_id: str, cells: Mapping[str, Cell], at: datetime) -> RowVersion:
    """A row made now, last in the table."""
    ordinal = doc.next_ordinal()
    return RowVersion(row_id, at, at, ordinal, float(ordinal), _without_blanks(cells))


def edited(row: RowVersion, cells: Mapping[str, Cell], at: datetime) -> RowVersion:
    """The row with these cells, saved now."""
    return replace(row, updated_at=at, values=_without_blanks({**row.values, **cells}))


def _without_blanks(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {column_id: cell for column_id, cell in cells.items() if not is_blank(cell)}


def _by_key(
    table: TableState, keys: Sequence[Column], plain: Callable[[Cell], str]
) -> dict[tuple[str, ...], list[RowVersion]]:
    found: dict[tuple[str, ...], list[RowVersion]] = {}
    for row in table.created_order:
        key = tuple(plain(row.values.get(column.id, BLANK)) for column in keys)
        found.setdefault(key, []).append(row)
    return found
