"""How rows look over HTTP. How a cell looks is in `cell_formats`, tables and columns are in `describe`.

Rows are rendered once and kept as bytes until something that shows in them changes; only their index is put
in at each answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import orjson

from coda_pipeline.sandbox.cell_formats import CellFormats, Encoder, ValueFormat
from coda_pipeline.sandbox.cells import BLANK, Cell
from coda_pipeline.sandbox.config import Switches
from coda_pipeline.sandbox.document import Column, DocState, RowVersion, TableState
from coda_pipeline.sandbox.links import Links


@dataclass(frozen=True)
class Layout:
    """Which cells of a table an answer shows, and how. `table_id` may be a view's."""

    table_id: str
    value_format: ValueFormat
    use_names: bool
    columns: tuple[Column, ...]


@dataclass(slots=True)
class _Rendered:
    row: RowVersion
    stamp: object
    before_index: bytes
    after_index: bytes


class Renderer:
    """Renders the rows of one doc at one of its states."""

    def __init__(
        self, state: DocState, links: Links, zone: ZoneInfo, switches: Switches, now: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._links = links
        self._zone = zone
        self._formats = CellFormats(state, links, zone, switches, now)
        self._kept: dict[Layout, dict[str, _Rendered]] = {}
        self._today_of = state.calculated_at, state.calculated_at.astimezone(zone).date()
        self.text = self._formats.text

    @property
    def today(self) -> date:
        """The day as of which formulas over Today() were last worked out."""
        at = self._state.calculated_at
        if at is not self._today_of[0]:
            self._today_of = at, at.astimezone(self._zone).date()
        return self._today_of[1]

    def rows(self, table: TableState, layout: Layout, rows: Sequence[RowVersion]) -> bytes:
        """The rows as the inside of a JSON array, without its brackets."""
        kept = self._kept.setdefault(layout, {})
        stamp = self._stamp(layout)
        index = self._state.base_of(table).index
        encoders = self._encoders(layout)
        parts: list[bytes] = []
        for row in rows:
            made = kept.get(row.id)
            if made is None or made.row is not row or made.stamp != stamp:
                made = kept[row.id] = self._rendered(layout, row, stamp, encoders)
            parts.append(b"%b%d%b" % (made.before_index, index.get(row.id, 0), made.after_index))
        return b",".join(parts)

    def cell(self, row: RowVersion, column: Column) -> Cell:
        """What a cell holds, calculated ones included."""
        if column.days_until is None:
            return row.values.get(column.id, BLANK)
        until = row.values.get(column.days_until, BLANK)
        return until.toordinal() - self.today.toordinal() if isinstance(until, date) else BLANK

    def _stamp(self, layout: Layout) -> object:
        """Changes with everything beside the row itself that shows in it."""
        today = self.today if any(c.days_until for c in layout.columns) else None
        return (
            self._state.epoch,
            today,
            self._formats.image_signature() if _has_images(layout.columns) else "",
        )

    def _encoders(self, layout: Layout) -> list[tuple[str, Column, Encoder]]:
        return [
            (c.name if layout.use_names else c.id, c, self._formats.encoder(c, layout.value_format))
            for c in layout.columns
        ]

    def _rendered(
        self, layout: Layout, row: RowVersion, stamp: object, encoders: Sequence[tuple[str, Column, Encoder]]
    ) -> _Rendered:
        table = self._state.base_of(self._state.tables[layout.table_id])
        head = orjson.dumps({"id": row.id, "type": "row", "href": self._links.row(layout.table_id, row.id)})
        cells = row.values
        tail = orjson.dumps(
            {
                "name": self.text(cells.get(table.meta.display.id, BLANK)),
                "browserLink": self._links.browser_row(layout.table_id, row.id),
                "createdAt": utc_text(row.created_at),
                "updatedAt": utc_text(row.updated_at),
                "values": {
                    key: encode(self.cell(row, column) if column.days_until else cells.get(column.id, BLANK))
                    for key, column, encode in encoders
                },
            }
        )
        return _Rendered(row, stamp, head[:-1] + b',"index":', b"," + tail[1:])


def utc_text(moment: datetime) -> str:
    """The form of createdAt and updatedAt."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _has_images(columns: Iterable[Column]) -> bool:
    return any(c.kind in ("image", "attachments") for c in columns)
