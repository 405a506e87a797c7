"""Looking at what was sent until it is proved: ask, read, prove, and send once more what was never answered.

Used by `write_back`, under its lock. The judgement is `judging`'s; here is the order of things and the pace.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, repeat

from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSection, ParticipationSource
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.sync.batches import again, batches_for
from coda_pipeline.sync.confirming import confirm
from coda_pipeline.sync.plan_model import PlanRow, Write, WriteState
from coda_pipeline.sync.proving import ProofReport, judgements, note_deletions, prove_open_writes
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.sync.releasing import Writable, fit_for, rows_that_hold, writable_columns
from coda_pipeline.sync.sending import Sender, Tally
from coda_pipeline.warehouse.cursors import load_cursor
from coda_pipeline.warehouse.write_back import writes as store

# A snapshot is older than that anyway.
FRESH_S = 15.0
# An insert took about 20 s on a tiny doc, and minutes on big ones (reference/coda-api.md section 4).
WAITS_S = (3.0, 3.0, 4.0, 5.0, 5.0, 10.0)
SENT_AGAIN = "no answer came; sent again"


@dataclass
class Watch:
    """What one write-back works with, and what its looks have proved so far."""

    engine: Engine
    catalog: Catalog
    section: ParticipationSection
    client: CodaClient
    write_client: CodaClient
    run_id: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    tally: Tally
    proof: ProofReport
    reads: int = 0
    looked_at: datetime | None = None

    def is_open(self) -> bool:
        """Whether anything waits to be proved."""
        with self.engine.connect() as conn:
            return bool(store.open_writes(conn))

    def until_proved(self, patience_s: float) -> None:
        """Look again and again until nothing is open, or patience is over."""
        until = self.now() + timedelta(seconds=patience_s)
        for wait_s in chain(WAITS_S, repeat(WAITS_S[-1])):
            if not self.is_open() or self.now() + timedelta(seconds=wait_s) > until:
                return
            self.sleep(wait_s)
            self.look()

    def look(self) -> None:
        """Ask, read, prove, and send again what never got an answer."""
        with self.engine.connect() as conn:
            open_writes = store.open_writes(conn)
        confirm(self.engine, self.client, open_writes, now=self.now)
        # Before the read: it would take many rows of our own deletion for lost.
        note_deletions(self.engine, self.catalog, self.client, run_id=self.run_id, now=self.now)
        tables = {write.source_table for write in open_writes}
        sources = [source for source in self.section.sources if source.table in tables]
        for source in sources:
            self.read(source)
        self.prove(has_asked=True)
        for source in sources:
            self._send_again(source)
        self.looked_at = self.now()

    def prove(self, *, has_asked: bool = False) -> None:
        """Judge what is open by the last reads."""
        found = prove_open_writes(
            self.engine, self.catalog, self.client, run_id=self.run_id, now=self.now, has_asked=has_asked
        )
        self.proof = self.proof.plus(found)

    def read(self, source: ParticipationSource, *, may_be_recent: bool = False) -> None:
        """Read the source as usual; where the last read may be some seconds old, only if it is older."""
        spec = self.catalog.table(source.table)
        if may_be_recent:
            with self.engine.connect() as conn:
                cursor = load_cursor(conn, spec.name)
            as_of = cursor.as_of if cursor else None
            fresh_s = spec.snapshot_lag_s + FRESH_S
            if as_of is not None and self.now() - as_of < timedelta(seconds=fresh_s):
                return
        lost = self.catalog.guards.lost
        read_table(self.client, self.engine, spec, lost, run_id=self.run_id, now=self.now)
        self.reads += 1

    def writable(self, source: ParticipationSource) -> Writable:
        """The columns of a source that take a value right now."""
        return writable_columns(self.client, self.catalog.table(source.table), source)

    def holding(self, source: ParticipationSource, rows: Iterable[PlanRow]) -> tuple[PlanRow, ...]:
        """Those of the rows that may still go."""
        with self.engine.connect() as conn:
            return rows_that_hold(conn, self.catalog.table(source.table), source, tuple(rows))

    def sender(self, source: ParticipationSource, writable: Writable) -> Sender:
        """A sender to the table of a source."""
        return Sender(
            self.engine,
            self.client,
            self.write_client,
            self.catalog.table(source.table),
            writable.key_column,
            self.run_id,
            self.now,
            self.tally,
        )

    def _send_again(self, source: ParticipationSource) -> None:
        """Send what Coda never answered, once a read from after that shows nothing of it."""
        with self.engine.begin() as conn:
            due = self._silent(conn, source)
            again_as = (store.Closing(write, WriteState.SUPERSEDED, reason=SENT_AGAIN) for write in due)
            store.close(conn, list(again_as), now=self.now())
        if due:
            writable = self.writable(source)
            rows = self.holding(source, fit_for(map(again, due), writable))
            sender = self.sender(source, writable)
            for batch in batches_for(rows, writable.key_column):
                sender.send(batch, plan_id=None)
            sender.finish()

    def _silent(self, conn: Connection, source: ParticipationSource) -> list[Write]:
        """Open writes without an answer, where the last read is from after them and shows no other edit."""
        cursor = load_cursor(conn, source.table)
        if cursor is None or cursor.as_of is None:
            return []
        silent = [
            write
            for write in store.open_writes(conn)
            if write.source_table == source.table
            and write.request_id is None
            and cursor.as_of >= write.sent_at
        ]
        timeout_s = self.section.write_back.proof_timeout_s
        found = judgements(conn, self.catalog.table(source.table), source, silent, timeout_s)
        return [judgement.write for judgement in found if judgement.is_untouched]
