"""What becomes of records that are proved gone: tombstones up to the guard, above it a person decides."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from coda_pipeline.sync.coding.reading import CodingReading
from coda_pipeline.sync.guard import Fate, fate_of
from coda_pipeline.warehouse.coding.known import held_ids, live_ids
from coda_pipeline.warehouse.coding.landing import hold, tombstone
from coda_pipeline.warehouse.coding.places import Table


@dataclass(frozen=True, slots=True)
class Gone:
    """How many records became tombstones, and how many were newly put on the list."""

    deleted: int = 0
    newly_held: int = 0


def missing_from(reading: CodingReading, table: Table, listed: Collection[int]) -> list[int]:
    """Live records that a whole list lacks and that are not held already."""
    with reading.engine.connect() as conn:
        live, held = live_ids(conn, reading.place, table), held_ids(conn, reading.place, table)
    return sorted(live - held - set(listed))


def settle_gone(
    reading: CodingReading, table: Table, gone: Collection[int], *, left: int | None, looked_at: datetime
) -> Gone:
    """Make records tombstones or hold them; `left` is how many CODING still lists, None where not asked."""
    if not gone:
        return Gone()
    place, run_id, now = reading.place, reading.run_id, reading.now()
    with reading.engine.begin() as conn:
        live = len(live_ids(conn, place, table))
        rest = live - len(gone) if left is None else left
        if fate_of(len(gone), live=live, left_in_coda=rest, guard=reading.guard) is Fate.HOLD:
            return Gone(newly_held=hold(conn, place, table, gone, run_id=run_id, now=now))
        return Gone(deleted=tombstone(conn, place, table, gone, looked_at=looked_at, run_id=run_id, now=now))
