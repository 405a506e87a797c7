"""Open conflicts as the page shows them: whose, what each side says, where the row is. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.dump_lines import is_line
from coda_pipeline.sync.model import BaseKey, Conflict, ConflictKind, Fields, Value
from coda_pipeline.sync.normalize import alike
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.reports import links_of

_PLACE = text("""
    select conflict_id, participation_id from sync.conflicts where outcome is null
     order by conflict_id limit :limit offset :offset
""")
_COUNT = text("select count(*) from sync.conflicts where outcome is null")


@dataclass(frozen=True, slots=True)
class Shown:
    """One conflict; of a whole row, with all fields of both sides and as they last agreed."""

    conflict: Conflict
    about: Fields = field(repr=False)
    link: str | None
    was: Fields = field(repr=False)
    ours: Fields = field(repr=False)
    theirs: Fields = field(repr=False)

    @property
    def is_field(self) -> bool:
        """Whether one field is in question, not the whole row."""
        return self.conflict.kind is ConflictKind.FIELD

    @property
    def what(self) -> str:
        """What is at odds; the last line of a dump that is gone is no row of Coda."""
        kind = self.conflict.kind
        is_of_dump = kind is ConflictKind.DELETED_IN_CODA and is_line(self.conflict.record_id)
        return "gone_from_dump" if is_of_dump else kind.value

    @property
    def shown_fields(self) -> list[str]:
        """The fields that say something on a side."""
        sides = (self.was, self.ours, self.theirs)
        return [name for name in CANONICAL_FIELDS if any(side.get(name) is not None for side in sides)]

    def is_changed(self, name: str, value: Value) -> bool:
        """Whether a side says something else than both last agreed on."""
        return bool(self.was) and not alike(value, self.was.get(name))


def count(conn: Connection) -> int:
    """How many are open."""
    return conn.scalar(_COUNT) or 0


def some(conn: Connection, *, limit: int, offset: int) -> list[Shown]:
    """Some of the open conflicts, the oldest first."""
    places = conn.execute(_PLACE, {"limit": limit, "offset": offset}).all()
    if not places:
        return []
    ids = {place.participation_id for place in places}
    wanted = {place.conflict_id for place in places}
    found = [one for one in load.open_conflicts(conn, ids) if one.conflict_id in wanted]
    known = {one.participation_id: one.fields for one in load.participations(conn, ids=ids)}
    records = load.records(conn, record_ids={one.record_id for one in found})
    rows = {record.record_id: record.fields for record in records if record.deleted_at is None}
    links = links_of(conn, [one.record_id for one in found])
    bases = load.bases(conn, ids)
    return [_shown(one, known, rows, links, bases) for one in found]


def _shown(
    conflict: Conflict,
    known: Mapping[UUID, Fields],
    rows: Mapping[str, Fields],
    links: Mapping[str, str],
    bases: Mapping[BaseKey, Fields],
) -> Shown:
    ours = known.get(conflict.participation_id, {})
    is_row = conflict.kind is not ConflictKind.FIELD
    theirs = rows.get(conflict.record_id, {})
    return Shown(
        conflict,
        about={**theirs, **{name: value for name, value in ours.items() if value is not None}},
        link=links.get(conflict.record_id) if conflict.record_id in rows else None,
        was=bases.get(BaseKey(conflict.participation_id, conflict.record_id), {}) if is_row else {},
        ours=ours if is_row and conflict.kind is not ConflictKind.DELETED_HERE else {},
        theirs=theirs if is_row else {},
    )
