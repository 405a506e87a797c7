"""Writing back: what the open plans release is sent to Coda, and proved by reading.

Order: what an earlier write-back left open, a fresh read, send, then read and prove until nothing is open or
patience is over; what is open then is proved by the next run. Without permission nothing is sent, and only
the last reads are looked at. The parts are in `releasing` (what may still go), `batches` and `sending`,
`watching`, `confirming`, `judging` and `proving`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.sync.batches import Batch, batches_for
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline.sync.permission import Permission
from coda_pipeline.sync.plan_model import Op, Plan
from coda_pipeline.sync.proving import ProofReport
from coda_pipeline.sync.read_table import utc_now
from coda_pipeline.sync.releasing import fit_for
from coda_pipeline.sync.sending import Sender, Tally
from coda_pipeline.sync.watching import Watch
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline.warehouse.write_back import writes as store
from coda_pipeline.warehouse.write_back.plan_heads import open_heads
from coda_pipeline.warehouse.write_back.plans import plans_to_send

LOCK_WAIT_S = 300.0
# Where sending takes long, what was sent is proved in between.
LOOK_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What one write-back did: counts of rows.

    `created` to `keyed` are rows that Coda accepted, `verified` to `superseded` what became of rows sent now
    or before, `pending` those that are still to be proved. `held` wait in the plans for their reasons; `left`
    changed on either side since they were planned, and are for the next plan.
    """

    created: int = 0
    updated: int = 0
    deleted: int = 0
    keyed: int = 0
    verified: int = 0
    edited_meanwhile: int = 0
    rejected: int = 0
    superseded: int = 0
    pending: int = 0
    held: int = 0
    left: int = 0
    requests: int = 0
    seconds: float = 0.0
    nothing_sent_because: tuple[str, ...] = ()


def write_back(  # noqa: PLR0913 -- all by name
    engine: Engine,
    catalog: Catalog,
    client: CodaClient,
    write_client: CodaClient,
    *,
    permission: Permission,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    patience_s: float = 180.0,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> WriteReport:
    """Send what the open plans release and prove it, then resolve and plan again where anything was proved.

    Args:
        engine: the warehouse, migrated.
        catalog: with the sources of Участие.
        client: of the user whose docs are read.
        write_client: of the user under whose name the edits appear.
        permission: whether anything may be sent; otherwise its reasons are reported.
        run_id: who did it, kept with every write.
        now: the clock.
        sleep: waits between two looks.
        patience_s: how long to go on looking once everything is sent.
        on_progress: hears rows sent so far and rows to send.

    Raises:
        BusyError: another write-back or resolution did not end in time.
        RetriableError: the service failed; what was sent is known, and the next write-back goes on there.
        ConfigurationError: the table, or the right to write to it, is gone.
    """
    section = catalog.participation
    if section is None:
        return WriteReport()
    started, clients = time.monotonic(), {client, write_client}
    asked = sum(c.requests_sent for c in clients)
    watch = Watch(engine, catalog, section, client, write_client, run_id, now, sleep, Tally(), ProofReport())
    with exclusive(engine, "write-back of participation", wait_s=LOCK_WAIT_S, holder=f"run {run_id}"):
        with engine.connect() as conn:
            heads, plans = open_heads(conn), plans_to_send(conn)
        if permission.is_allowed:
            watch.tally.reasons += [reason for head in heads if head.rows for reason in head.blocked_by]
            _send_and_prove(watch, plans, patience_s, on_progress or (lambda _done, _total: None))
        else:
            watch.tally.reasons += permission.reasons
            watch.prove()
        if watch.proof.closed or watch.tally.rejected or watch.tally.gone:
            resolve_participation(engine, catalog, client, run_id=run_id, now=now)
            plan_participation(engine, catalog, run_id=run_id, now=now)
    requests = sum(c.requests_sent for c in clients) - asked
    held = sum(head.rows for head in heads) - sum(len(plan.rows) for plan in plans)
    return _report(watch, held=held, requests=requests, seconds=time.monotonic() - started)


def _report(watch: Watch, *, held: int, requests: int, seconds: float) -> WriteReport:
    tally, proof = watch.tally, watch.proof
    with watch.engine.connect() as conn:
        pending = len(store.open_writes(conn))
    return WriteReport(
        created=tally.taken[Op.CREATE],
        updated=tally.taken[Op.UPDATE],
        deleted=tally.taken[Op.DELETE],
        keyed=tally.taken[Op.KEY],
        verified=proof.verified,
        edited_meanwhile=proof.edited_meanwhile,
        rejected=proof.rejected + tally.rejected,
        superseded=proof.superseded + tally.gone,
        pending=pending,
        held=held,
        left=tally.left,
        requests=requests,
        seconds=seconds,
        nothing_sent_because=tuple(dict.fromkeys(tally.reasons)),
    )


def _send_and_prove(
    watch: Watch,
    plans: Sequence[Plan],
    patience_s: float,
    on_progress: Callable[[int, int | None], None],
) -> None:
    if watch.is_open():
        watch.look()
    for source in watch.section.sources:
        released = [plan for plan in plans if plan.source_table == source.table and plan.rows]
        if released:
            _send(watch, source, released, on_progress)
    watch.until_proved(patience_s)


def _send(
    watch: Watch,
    source: ParticipationSource,
    plans: Sequence[Plan],
    on_progress: Callable[[int, int | None], None],
) -> None:
    """Send the released rows of one source, of both its plans."""
    watch.read(source, may_be_recent=True)
    writable = watch.writable(source)
    sender = watch.sender(source, writable)
    for plan in plans:
        fitting = fit_for(plan.rows, writable)
        holding = watch.holding(source, fitting)
        watch.tally.left += len(plan.rows) - len(holding)
        if len(fitting) < len(plan.rows):
            says = f"columns of {source.table} have changed in Coda; the next plan names the rows that wait"
            watch.tally.reasons.append(says)
        batches = batches_for(holding, writable.key_column)
        _send_batches(watch, source, sender, batches, plan.plan_id, on_progress)
    sender.finish()


def _send_batches(
    watch: Watch,
    source: ParticipationSource,
    sender: Sender,
    batches: Sequence[Batch],
    plan_id: int | None,
    on_progress: Callable[[int, int | None], None],
) -> None:
    """Send batch after batch; where that takes long, look in between and check the rest against it."""
    done, total, reads = 0, sum(len(batch.rows) for batch in batches), watch.reads
    watch.looked_at = watch.now()
    for batch in batches:
        rows = batch.rows if watch.reads == reads else watch.holding(source, batch.rows)
        watch.tally.left += len(batch.rows) - len(rows)
        if rows:
            sender.send(Batch(batch.method, rows), plan_id=plan_id)
        done += len(batch.rows)
        on_progress(done, total)
        if watch.now() - watch.looked_at >= timedelta(seconds=LOOK_EVERY_S):
            sender.finish()
            watch.look()
