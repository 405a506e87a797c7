"""The sensor behind the button: starts a run for what is queued. What to start is `trigger_decisions`'s.

The daemon looks at its sensors every five seconds. So that a person does not wait for that, a tick stays a
few seconds and returns as soon as somebody presses.
"""

import time
from collections.abc import Callable

from dagster import (
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from sqlalchemy import Engine

from coda_pipeline.defs.names import TRIGGER_REQUESTS
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.defs.trigger_decisions import Decision, decide

STAYS_S = 3.5
LOOK_EVERY_S = 0.25
ABOUT = (
    "Starts a run for every press of the button in Coda and for every call of the trigger endpoint, and the "
    "further reads that catch edits made just before. Reads the queue in ops.trigger_requests, so a press "
    "is kept while this is off. Leave it on."
)


def trigger_sensor(job: UnresolvedAssetJobDefinition, warehouse: SensorWarehouse) -> SensorDefinition:
    """The sensor for one job."""

    @sensor(
        name=TRIGGER_REQUESTS,
        job=job,
        minimum_interval_seconds=1,
        default_status=DefaultSensorStatus.RUNNING,
        description=ABOUT,
    )
    def trigger_requests(_context: SensorEvaluationContext) -> SensorResult:
        with warehouse.open() as engine:
            found = wait_for_work(engine)
        if not found.launches:
            return SensorResult(skip_reason="Nobody has asked for a sync.")
        return SensorResult([RunRequest(one.run_key, tags=dict(one.tags)) for one in found.launches])

    return trigger_requests


def wait_for_work(
    engine: Engine,
    *,
    stays_s: float = STAYS_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Decision:
    """What to start, as soon as there is something, at the latest after `stays_s` seconds."""
    # Imported here: loading the code location stays below 2.5 seconds.
    from coda_pipeline.warehouse.trigger_runs import open_requests, skip_passes  # noqa: PLC0415

    give_up_at = clock() + stays_s
    while True:
        with engine.begin() as conn:
            found = decide(open_requests(conn))
            if found.settled:
                skip_passes(conn, found.settled)
        if found.launches or clock() >= give_up_at:
            return found
        sleep(LOOK_EVERY_S)
