"""What every read of a CODING table has at hand, and how it ends: cursor, lock, failures noted.

The tables themselves are read in `read_issues` and `read_lists`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from coda_pipeline.catalog import Guard
from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.sync.coding.choosing import is_poll_due
from coda_pipeline.sync.coding.report import CodingReport
from coda_pipeline.warehouse.coding.cursors import CodingCursor, load_cursor, record_failure, was_read
from coda_pipeline.warehouse.coding.places import Place, Table
from coda_pipeline.warehouse.locks import exclusive

# Longer than a first read of a large project takes at the service's pace.
WAIT_S = 3_600.0
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class CodingReading:
    """One project of one team, the warehouse, and who reads. `now` is the clock."""

    client: CodingClient
    engine: Engine
    team: TeamEntry
    project: str
    guard: Guard
    run_id: str
    now: Callable[[], datetime]
    on_progress: Progress = lambda _done, _total: None

    @property
    def place(self) -> Place:
        """Team and project."""
        return Place(self.team.name, self.project)

    @property
    def sweep_every(self) -> timedelta:
        """How often all are listed; behind webhooks alone, how often anything is polled."""
        return timedelta(minutes=self.team.polling.sweep_every_minutes)

    def cursor(self, table: Table) -> CodingCursor:
        """How far a table was read."""
        with self.engine.connect() as conn:
            return load_cursor(conn, self.place, table)

    def is_due(self, table: Table) -> bool:
        """Whether a scheduled read is: behind webhooks alone, polls are as rare as sweeps."""
        if self.team.incremental != "webhook":
            return True
        return is_poll_due(self.cursor(table), now=self.now(), every=self.sweep_every)


@contextmanager
def alone(reading: CodingReading, table: Table, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Let no one else read this table of the project meanwhile; note with the cursor why a read failed."""
    what = f"reading of CODING {table} of {reading.place}"
    try:
        with exclusive(reading.engine, what, wait_s=wait_s, holder=f"run {reading.run_id}"):
            meet(reading)
            yield
    except CodaPipelineError as error:
        with reading.engine.begin() as conn:
            outcome = type(error).__name__
            record_failure(conn, reading.place, table, run_id=reading.run_id, outcome=outcome)
        raise


def meet(reading: CodingReading) -> None:
    """Before the very first read: the token decides whose project it is, whatever team was named."""
    with reading.engine.connect() as conn:
        is_known = was_read(conn, reading.place)
    if not is_known:
        reading.client.check_team()


def not_due(reading: CodingReading, table: Table) -> CodingReport:
    """The report of a read that did not have its turn."""
    return CodingReport(reading.place, table, "not_due", reading.cursor(table).as_of)
