"""The sensor that finds what runs left behind: runs whose process died, and requests that nobody closed.

A run that says it lives while nobody holds its lock is ended at the second look, half a minute later. What to
note of requests is decided by `clean_up_decisions`.
"""

import json
from collections.abc import Sequence

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from sqlalchemy import Engine

from coda_pipeline.defs.clean_up_decisions import Ending, RunFacts, endings
from coda_pipeline.defs.names import CLEAN_UP, REQUEST_TAG
from coda_pipeline.defs.run_outcome import CANCELLED
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.warehouse.idempotency import forget_old_keys
from coda_pipeline.warehouse.trigger_runs import OpenRequest, fail_requests, open_requests, skip_passes

EVERY_S = 30
_RUN_KEY_TAG = "dagster/run_key"
ABOUT = (
    "Ends runs whose process was killed, which frees their place in the queue, and takes up requests that "
    "such a run left behind: they are tried again. Leave it on."
)


def clean_up_sensor(warehouse: SensorWarehouse) -> SensorDefinition:
    """The sensor; it starts no runs itself."""

    @sensor(
        name=CLEAN_UP,
        minimum_interval_seconds=EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description=ABOUT,
    )
    def clean_up(context: SensorEvaluationContext) -> SensorResult:
        before = set(json.loads(context.cursor or "[]"))
        with warehouse.open() as engine:
            suspects, ended = look_for_dead(context.instance, engine, before)
            noted = take_up(context.instance, engine)
        said = f"{len(ended)} dead run(s) ended, {noted} request(s) taken up."
        return SensorResult(skip_reason=said, cursor=json.dumps(sorted(suspects)))

    return clean_up


def look_for_dead(
    instance: DagsterInstance, engine: Engine, suspects: set[str]
) -> tuple[set[str], list[str]]:
    """Runs that look dead now, and those of `suspects` that still did and were ended."""
    from coda_pipeline.defs.orphans import dead_runs, end_orphan  # noqa: PLC0415

    dead = dead_runs(instance, engine)
    ended = [run for run in dead if run.run_id in suspects]
    for run in ended:
        end_orphan(instance, run)
    return {run.run_id for run in dead} - suspects, [run.run_id for run in ended]


def take_up(instance: DagsterInstance, engine: Engine) -> int:
    """Note what became of requests whose runs are over; how many."""
    with engine.connect() as conn:
        requests = open_requests(conn)
    found = endings(requests, {request.request_id: _runs_of(instance, request) for request in requests})
    with engine.begin() as conn:
        forget_old_keys(conn)
        for ending in found:
            if ending.kind == "pass":
                skip_passes(conn, [ending.request_id], up_to=ending.number)
            else:
                fail_requests(
                    conn,
                    [ending.request_id],
                    kind=ending.kind,
                    error=_message(ending),
                    may_retry=ending.kind != CANCELLED,
                )
    return len(found)


def _runs_of(instance: DagsterInstance, request: OpenRequest) -> Sequence[RunFacts]:
    runs = list(instance.get_runs(RunsFilter(tags={REQUEST_TAG: str(request.request_id)})))
    # The run of another request may have taken this one along.
    other = instance.get_run_by_id(request.run_id) if request.run_id else None
    if other is not None and other.run_id not in {run.run_id for run in runs}:
        runs.append(other)
    return [_facts(run) for run in runs]


def _facts(run: DagsterRun) -> RunFacts:
    is_cancelled = run.status is DagsterRunStatus.CANCELED
    return RunFacts(run.run_id, run.tags.get(_RUN_KEY_TAG, ""), run.is_finished, is_cancelled)


def _message(ending: Ending) -> str:
    if ending.kind == CANCELLED:
        return "The run was ended by hand."
    return "The run was killed or could not start; nothing it had merged is lost."
