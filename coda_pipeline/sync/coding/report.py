"""What reading one table of one CODING project came to: the numbers behind metadata and checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coda_pipeline.warehouse.coding.places import Place, Table

Mode = Literal["incremental", "full", "webhooks", "not_due"]


@dataclass(frozen=True, slots=True)
class CodingReport:
    """One read of one table of one project.

    `read` counts different records; `is_whole`: the list of all was seen to its end and its own count agrees
    (true where none was asked for); `is_still`: it held still under the read; `unreadable`: codes that could
    not be read, and why.
    """

    place: Place
    table: Table
    mode: Mode
    as_of: datetime | None
    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    newly_held: int = 0
    requests: int = 0
    seconds: float = 0.0
    is_whole: bool = True
    is_still: bool = True
    unreadable: tuple[tuple[int, str], ...] = ()
    deliveries: int = 0
    set_aside: int = 0

    @property
    def unchanged(self) -> int:
        """Records that were read and differ in nothing."""
        return self.read - self.inserted - self.updated


@dataclass(frozen=True, slots=True)
class CodingTotals:
    """The same over all projects of a table."""

    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    requests: int
    seconds: float


def totals(reports: Sequence[CodingReport]) -> CodingTotals:
    """What several projects came to together."""
    return CodingTotals(
        read=sum(r.read for r in reports),
        inserted=sum(r.inserted for r in reports),
        updated=sum(r.updated for r in reports),
        unchanged=sum(r.unchanged for r in reports),
        deleted=sum(r.deleted for r in reports),
        requests=sum(r.requests for r in reports),
        seconds=sum((r.seconds for r in reports), 0.0),
    )
