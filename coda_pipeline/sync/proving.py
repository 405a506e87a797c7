"""Proving what was sent: the last read against every open write, and what follows from it, stored.

The judgement on one write is `judging`'s, what follows from it `closing`'s; asking how far requests have come
is `confirming`'s. Nothing is read from the table and nothing is sent to it here, apart from the question
whether some rows still answer.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from coda_pipeline.catalog import Catalog, TableSpec
from coda_pipeline.catalog_participation import ParticipationSection, ParticipationSource
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.sync.closing import store_judgements
from coda_pipeline.sync.confirming import MAX_QUESTIONS, confirm
from coda_pipeline.sync.judging import FieldOutcome, WriteJudgement, judge
from coda_pipeline.sync.plan_model import Op, Write, WriteState
from coda_pipeline.sync.sights import meaning_of, sights_of
from coda_pipeline.warehouse.cursors import load_cursor, lock_cursor
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline.warehouse.merge import tombstone_rows
from coda_pipeline.warehouse.write_back import writes as store

LOCK_WAIT_S = 300.0
# A deletion takes about 10 s, small docs at most 30 (reference/coda-api.md section 4).
APPLIED_WITHIN = timedelta(seconds=60)
_UNHOLD = text("delete from sync.held_deletions where table_name = :table and row_id = any(:ids)")


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What became of the open writes: counts of rows. `pending` ones are still open."""

    verified: int = 0
    edited_meanwhile: int = 0
    rejected: int = 0
    superseded: int = 0
    pending: int = 0

    @property
    def closed(self) -> int:
        """How many are decided now."""
        return self.verified + self.edited_meanwhile + self.rejected + self.superseded

    def plus(self, other: "ProofReport") -> "ProofReport":
        """Both together; what is pending is as of the other."""
        return ProofReport(
            self.verified + other.verified,
            self.edited_meanwhile + other.edited_meanwhile,
            self.rejected + other.rejected,
            self.superseded + other.superseded,
            other.pending,
        )


def prove_open_writes(
    engine: Engine,
    catalog: Catalog,
    client: CodaClient | None,
    *,
    run_id: str,
    now: Callable[[], datetime],
    has_asked: bool = False,
) -> ProofReport:
    """Judge every open write by the last read of its table. Cheap where there is none.

    `client` answers how far requests have come (unless the caller `has_asked` just now), and whether rows
    still answer; without one the table as read is all there is. Raises `BusyError` where another run
    resolves for long.
    """
    section = catalog.participation
    with engine.connect() as conn:
        open_writes = store.open_writes(conn)
    if section is None or not open_writes:
        return ProofReport(pending=len(open_writes))
    if client is not None and not has_asked:
        confirm(engine, client, open_writes, now=now)
        note_deletions(engine, catalog, client, run_id=run_id, now=now)
    has_late = any(_is_late(write, section, now()) for write in open_writes)
    gone = _rows_gone(engine, catalog, section, client) if client and has_late else frozenset()
    # A resolution that is under way has seen the bases as they were.
    with exclusive(engine, "core.participation", wait_s=LOCK_WAIT_S), engine.begin() as conn:
        return _settle(conn, catalog, section, gone, run_id=run_id, now=now())


def judgements(
    conn: Connection,
    spec: TableSpec,
    source: ParticipationSource,
    writes: Sequence[Write],
    timeout_s: float,
    gone: Collection[str] = (),
) -> list[WriteJudgement]:
    """Every one of these writes as the last read of its table shows it; `gone` rows are no more in it."""
    cursor = load_cursor(conn, spec.name)
    if cursor is None:
        return []
    is_same = meaning_of(conn, source)
    sights = sights_of(conn, spec, source, cursor, writes, gone)
    return [
        judge(w, sights[w.write_id or 0], is_same, timeout_s=timeout_s)
        for w in writes
        if w.write_id in sights
    ]


def note_deletions(
    engine: Engine,
    catalog: Catalog,
    client: CodaClient,
    *,
    run_id: str,
    now: Callable[[], datetime],
) -> None:
    """Tombstone rows that we had deleted and that answer no more, so that no read takes them for lost."""
    with engine.connect() as conn:
        deleting = [write for write in store.open_writes(conn) if _may_be_deleted(write, now())]
    for name in {write.source_table for write in deleting if catalog.has_table(write.source_table)}:
        spec = catalog.table(name)
        ids = [w.row_id for w in deleting if w.source_table == name and w.row_id is not None]
        gone = [row_id for row_id in ids if not client.has_row(spec.doc_id, spec.table_id, row_id)]
        if gone:
            with engine.begin() as conn:
                lock_cursor(conn, name)
                conn.execute(_UNHOLD, {"table": name, "ids": gone})
                tombstone_rows(conn, name, gone, ended_by=run_id, now=now())


def _may_be_deleted(write: Write, at: datetime) -> bool:
    """Whether the question is worth a request: the service said so, or had its time."""
    is_due = write.state is WriteState.CONFIRMED or at - write.sent_at >= APPLIED_WITHIN
    return write.op is Op.DELETE and is_due


def _judged(
    conn: Connection,
    catalog: Catalog,
    section: ParticipationSection,
    open_writes: Sequence[Write],
    gone: Collection[str] = (),
) -> list[WriteJudgement]:
    found: list[WriteJudgement] = []
    for source in section.sources:
        writes = [write for write in open_writes if write.source_table == source.table]
        if writes:
            spec = catalog.table(source.table)
            found += judgements(conn, spec, source, writes, section.write_back.proof_timeout_s, gone)
    return found


def _is_late(write: Write, section: ParticipationSection, at: datetime) -> bool:
    return at - write.sent_at >= timedelta(seconds=section.write_back.proof_timeout_s)


def _rows_gone(
    engine: Engine, catalog: Catalog, section: ParticipationSection, client: CodaClient
) -> frozenset[str]:
    """Rows that would be said not to have taken what was sent, while in truth they are gone."""
    with engine.connect() as conn:
        judged = _judged(conn, catalog, section, store.open_writes(conn))
    specs = {source.table: catalog.table(source.table) for source in section.sources}
    doubted = [j.write for j in judged if j.state is WriteState.REJECTED and j.write.op is not Op.CREATE]
    return frozenset(
        write.row_id
        for write in doubted[:MAX_QUESTIONS]
        if write.row_id
        and not client.has_row(
            specs[write.source_table].doc_id, specs[write.source_table].table_id, write.row_id
        )
    )


def _settle(
    conn: Connection,
    catalog: Catalog,
    section: ParticipationSection,
    gone: Collection[str],
    *,
    run_id: str,
    now: datetime,
) -> ProofReport:
    open_writes = store.open_writes(conn)
    found = _judged(conn, catalog, section, open_writes, gone)
    closed = [judgement for judgement in found if not judgement.is_open]
    store_judgements(conn, closed, policy=section.conflicts, run_id=run_id, now=now)
    edited = [j for j in closed if j.fields_that_are(FieldOutcome.EDITED)]
    states = [j.state for j in closed]
    return ProofReport(
        verified=states.count(WriteState.VERIFIED),
        edited_meanwhile=len(edited),
        rejected=states.count(WriteState.REJECTED),
        superseded=states.count(WriteState.SUPERSEDED),
        pending=len(open_writes) - len(closed),
    )
