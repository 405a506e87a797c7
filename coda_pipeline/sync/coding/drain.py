"""Working off the inbox of the webhooks for one table: a body is a hint, the record is read again.

So it does not matter in which order hooks arrive, how often, how stale their bodies are, or whether one is
missing: what lands is what CODING answers now, and a poll behind finds what no hook told. A deletion counts
where the hook says so *and* the record is proved gone; any other record that is not found asks for a sweep.

The one thing to know: a failure that concerns one delivery sets that one aside; any other leaves all of them
waiting for the next time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coda_pipeline.coding.events import Hint, event_of
from coda_pipeline.sync.coding.details import Details, read_details
from coda_pipeline.sync.coding.gone import Gone, settle_gone
from coda_pipeline.sync.coding.read_issues import read_issues
from coda_pipeline.sync.coding.read_lists import read_iterations, read_members
from coda_pipeline.sync.coding.reading import WAIT_S, CodingReading, meet
from coda_pipeline.sync.coding.report import CodingReport
from coda_pipeline.warehouse.coding.cursors import ask_for_sweep
from coda_pipeline.warehouse.coding.inbox import (
    WaitingDelivery,
    cross_off,
    forget_drained,
    set_aside,
    waiting_deliveries,
)
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline.warehouse.coding.relatives import issues_behind
from coda_pipeline.warehouse.locks import exclusive

BATCH = 500


@dataclass
class _Batch:
    """The deliveries of one project in a batch, and what they say of the table."""

    deliveries: list[WaitingDelivery] = field(default_factory=list)
    hints: dict[str, tuple[Hint, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> set[int]:
        """Records that are named."""
        return {hint.key for hints in self.hints.values() for hint in hints if hint.key is not None}

    @property
    def deleted(self) -> set[int]:
        """Records that are said to be deleted."""
        named = (hint for hints in self.hints.values() for hint in hints if hint.action == "deleted")
        return {hint.key for hint in named if hint.key is not None}

    @property
    def names_no_record(self) -> bool:
        """Whether a hook says that something changed, but not what."""
        return any(hint.key is None for hints in self.hints.values() for hint in hints)


def drain(
    readings: Mapping[str, CodingReading], team: str, table: Table, *, wait_s: float = WAIT_S
) -> list[CodingReport]:
    """Work off what waits for a table of a team; `readings` are its projects by name.

    One report for each project that was spoken of. Deliveries of other projects are only crossed off.
    Raises what concerns more than one delivery.
    """
    if not readings:
        return []
    anyone = next(iter(readings.values()))
    engine, reports = anyone.engine, list[CodingReport]()
    holder = f"run {anyone.run_id}"
    with exclusive(engine, f"webhooks of CODING {table} of {team}", wait_s=wait_s, holder=holder):
        while True:
            with engine.connect() as conn:
                waiting = waiting_deliveries(conn, [team], table, limit=BATCH)
            for project, batch in _by_project(waiting, table).items():
                if project in readings:
                    reports.append(_work_off(readings[project], table, batch))
                else:
                    _cross_off(anyone, table, batch.deliveries)
            if len(waiting) < BATCH:
                break
        with engine.begin() as conn:
            forget_drained(conn, now=anyone.now())
    return reports


def _by_project(waiting: Sequence[WaitingDelivery], table: Table) -> dict[str, _Batch]:
    found: dict[str, _Batch] = {}
    for delivery in waiting:
        batch = found.setdefault(delivery.project or "", _Batch())
        batch.deliveries.append(delivery)
        hints = event_of(delivery.body).hints
        batch.hints[delivery.delivery_id] = tuple(hint for hint in hints if hint.table == table)
    return found


def _work_off(reading: CodingReading, table: Table, batch: _Batch) -> CodingReport:
    if table is Table.ISSUES:
        report, unreadable = _refresh_issues(reading, batch)
    else:
        read = read_iterations if table is Table.ITERATIONS else read_members
        report, unreadable = read(reading, is_forced=True), {}
    poisonous = {
        delivery.delivery_id: reason
        for delivery in batch.deliveries
        for hint in batch.hints[delivery.delivery_id]
        if hint.key is not None and (reason := unreadable.get(hint.key)) is not None
    }
    _cross_off(reading, table, [d for d in batch.deliveries if d.delivery_id not in poisonous])
    with reading.engine.begin() as conn:
        for delivery in batch.deliveries:
            if delivery.delivery_id in poisonous:
                set_aside(conn, delivery, reason=poisonous[delivery.delivery_id], now=reading.now())
    return replace(report, mode="webhooks", deliveries=len(batch.deliveries), set_aside=len(poisonous))


def _refresh_issues(reading: CodingReading, batch: _Batch) -> tuple[CodingReport, dict[int, str]]:
    started_at, sent_before = reading.now(), reading.client.requests_sent
    meet(reading)
    details = read_details(reading, sorted(batch.keys))
    gone = _settle(reading, batch, details, looked_at=started_at)
    details += _read_behind(reading)
    report = CodingReport(
        place=reading.place,
        table=Table.ISSUES,
        mode="webhooks",
        as_of=started_at,
        read=len(details.found),
        inserted=details.landed.inserted,
        updated=details.landed.updated,
        deleted=gone.deleted,
        newly_held=gone.newly_held,
        requests=reading.client.requests_sent - sent_before,
        seconds=(reading.now() - started_at).total_seconds(),
    )
    if batch.names_no_record:
        report = _with_poll(report, read_issues(reading, is_forced=True))
    return report, details.unreadable


def _settle(reading: CodingReading, batch: _Batch, details: Details, *, looked_at: datetime) -> Gone:
    """Tombstones for what a hook calls deleted and is proved gone; a sweep for what else was not found."""
    unexpected = details.gone - batch.deleted
    if unexpected:
        with reading.engine.begin() as conn:
            ask_for_sweep(conn, reading.place, Table.ISSUES, now=reading.now())
    return settle_gone(reading, Table.ISSUES, details.gone & batch.deleted, left=None, looked_at=looked_at)


def _read_behind(reading: CodingReading) -> Details:
    with reading.engine.connect() as conn:
        behind = sorted(issues_behind(conn, reading.place, run_id=reading.run_id))
    return read_details(reading, behind)


def _with_poll(drained: CodingReport, polled: CodingReport) -> CodingReport:
    return replace(
        polled,
        read=drained.read + polled.read,
        inserted=drained.inserted + polled.inserted,
        updated=drained.updated + polled.updated,
        deleted=drained.deleted + polled.deleted,
        newly_held=drained.newly_held + polled.newly_held,
        requests=drained.requests + polled.requests,
        seconds=drained.seconds + polled.seconds,
    )


def _cross_off(reading: CodingReading, table: Table, deliveries: Sequence[WaitingDelivery]) -> None:
    with reading.engine.begin() as conn:
        cross_off(conn, table, deliveries, now=reading.now())
