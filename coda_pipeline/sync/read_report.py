"""What a read of one table tells about itself: counts and times, no cell and no person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coda_pipeline.sync.read_mode import WhyFull
from coda_pipeline.warehouse.column_changes import ColumnChanges

ReadMode = Literal["full", "incremental"]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """One read of one table.

    Of the rows read, `inserted` + `updated` + `unchanged` = `read`; an update without history counts as
    unchanged. `held` and `ignored` are all the vanished rows on the list after this read, `newly_held` those
    that it added. `count_difference` is remembered from the last short read: live rows, less those on the
    list, less the table's own count. `requests` counts retries. `why_full` is None for an incremental read.
    """

    table: str
    mode: ReadMode
    as_of: datetime
    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    held: int
    ignored: int
    newly_held: int
    row_count: int
    live_rows: int
    count_difference: int
    moved_under_read: bool
    short: bool
    column_changes: ColumnChanges
    unfit_cells: int
    why_full: WhyFull | None
    requests: int = 0
    seconds: float = 0.0
