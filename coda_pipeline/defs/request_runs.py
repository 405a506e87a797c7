"""What a run does for the requests that it answers: marks them before its first read, closes them at its end.

A run knows by its tags that it answers requests. How it went is read from its own events; what they say is
decided by `outcome_of`, which is pure. A run that is killed closes nothing: the clean-up sensor does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.connections import Warehouse
from coda_pipeline.defs.names import PASS_TAG, REQUEST_TAG, raw_key
from coda_pipeline.defs.run_outcome import LOGGED, RunOutcome, outcome_of
from coda_pipeline.warehouse.request_counts import counts_of_run
from coda_pipeline.warehouse.trigger_requests import Push
from coda_pipeline.warehouse.trigger_runs import (
    ReadOutcome,
    begin_pass,
    begin_read,
    close_pass,
    close_read,
    fail_read,
    skip_passes,
)
from coda_pipeline.warehouse.write_back.standing import push_standing


@contextmanager
def answering(
    warehouse: Warehouse, instance: DagsterInstance, run: DagsterRun, catalog: Catalog
) -> Iterator[None]:
    """Answer requests by what runs inside the block; nothing for a run without a request."""
    request = run.tags.get(REQUEST_TAG)
    if request is None:
        yield
        return
    engine, number = warehouse.engine, int(run.tags.get(PASS_TAG, "0"))
    with engine.begin() as conn:
        if number:
            begin_pass(conn, UUID(request), run.run_id)
        else:
            begin_read(conn, run.run_id)
    try:
        yield
    finally:
        events = instance.all_logs(run.run_id, of_type=LOGGED)
        now = instance.get_run_by_id(run.run_id)
        is_cancelled = now is not None and now.status is DagsterRunStatus.CANCELING
        found = outcome_of(
            [entry.dagster_event for entry in events if entry.dagster_event],
            sources=_sources(catalog),
            is_cancelled=is_cancelled,
        )
        is_sending = warehouse.permission(catalog).is_allowed
        with engine.begin() as conn:
            _close(
                conn, UUID(request), number, run.run_id, found, lag_s=_lag_s(catalog), is_sending=is_sending
            )


def _close(
    conn: Connection,
    request_id: UUID,
    number: int,
    run_id: str,
    found: RunOutcome,
    *,
    lag_s: float,
    is_sending: bool,
) -> None:
    if found.error_kind is not None:
        if number:
            skip_passes(conn, [request_id], up_to=number)
            return
        fail_read(conn, run_id, kind=found.error_kind, error=found.error or "", may_retry=found.may_retry)
        return
    counts = {**found.counts, **counts_of_run(conn, run_id)}
    needs_attention = bool(counts["held"] or counts["conflicts"])
    push: Push = push_standing(conn) if is_sending else "off"
    outcome = ReadOutcome(counts, needs_attention=needs_attention, push=push)
    if number:
        close_pass(conn, request_id, number, run_id, outcome, lag_s=lag_s)
    else:
        close_read(conn, run_id, outcome, lag_s=lag_s)


def _sources(catalog: Catalog) -> frozenset[str]:
    sources: Sequence = catalog.participation.sources if catalog.participation else ()
    return frozenset(raw_key(source.table).to_user_string() for source in sources)


def _lag_s(catalog: Catalog) -> float:
    """How old the oldest of the snapshots may be that the sources were read from."""
    sources = catalog.participation.sources if catalog.participation else ()
    return max((catalog.table(source.table).snapshot_lag_s for source in sources), default=0.0)
