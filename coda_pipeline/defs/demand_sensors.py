"""What starts write-backs by itself: edits made in the warehouse, approvals, and a plan that may be sent.

When to launch is decided in `pending`, as plain functions.
"""

from collections.abc import Callable
from typing import Any

from dagster import (
    AssetSelection,
    AutomationConditionSensorDefinition,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from sqlalchemy import Connection

from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.names import (
    AFTER_A_PLAN,
    APPROVALS,
    CODA_WRITING,
    PENDING_EDITS,
    SENT,
    SERVICE_TAG,
)
from coda_pipeline.defs.pending import Demand, Launched, decide, utc_now
from coda_pipeline.defs.sensing import SensorWarehouse

LOOK_EVERY_S = 10
# The time since the last edit after which the person, or the program, is taken to have finished.
QUIET_S = 30.0
Ask = Callable[[Connection], Demand | None]


def after_a_plan_sensor() -> SensorDefinition:
    """Evaluates the condition of the write-back; without it nothing is sent by itself."""
    return AutomationConditionSensorDefinition(
        AFTER_A_PLAN,
        target=AssetSelection.assets(SENT),
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=LOOK_EVERY_S,
        run_tags={SERVICE_TAG: CODA_WRITING},
        description="Sends what a new plan releases, unless a blocking check of what it rests on failed.",
    )


def pending_edits_sensor(job: UnresolvedAssetJobDefinition, warehouse: SensorWarehouse) -> SensorDefinition:
    """For edits of the application."""
    about = "Edits of the application start a sync half a minute after the last of them. Leave it on."
    return _sensor(PENDING_EDITS, job, warehouse, _pending_edits, quiet_s=QUIET_S, about=about)


def approvals_sensor(job: UnresolvedAssetJobDefinition, warehouse: SensorWarehouse) -> SensorDefinition:
    """For what people decide about plans."""
    about = "What a person approved or discarded in a plan is sent, or left out, at once. Leave it on."
    return _sensor(APPROVALS, job, warehouse, _approvals, quiet_s=0.0, about=about)


def _sensor(
    name: str,
    job: UnresolvedAssetJobDefinition,
    warehouse: SensorWarehouse,
    ask: Ask,
    *,
    quiet_s: float,
    about: str,
) -> SensorDefinition:
    options: dict[str, Any] = {
        "minimum_interval_seconds": LOOK_EVERY_S,
        "default_status": DefaultSensorStatus.RUNNING,
        "description": about,
    }

    @sensor(name=name, job=job, **options)
    def look(context: SensorEvaluationContext) -> SensorResult:
        with without_personal_data(), warehouse.open() as engine, engine.connect() as conn:
            decision = decide(ask(conn), Launched.parse(context.cursor), now=utc_now(), quiet_s=quiet_s)
        if decision.launched is None:
            return SensorResult(skip_reason=decision.says)
        request = RunRequest(run_key=f"{name}:{decision.launched.run_key}")
        return SensorResult([request], cursor=decision.launched.dump())

    return look


def _pending_edits(conn: Connection) -> Demand | None:
    # Imported here, as below: loading the code location stays below 2.5 seconds.
    from coda_pipeline.warehouse.core.reports import pending_edits  # noqa: PLC0415

    found = pending_edits(conn)
    return Demand(mark=found.last_at.isoformat(), since=found.last_at, count=found.count) if found else None


def _approvals(conn: Connection) -> Demand | None:
    from coda_pipeline.warehouse.write_back.decisions import last_decision  # noqa: PLC0415

    found = last_decision(conn)
    return Demand(mark=str(found), since=utc_now(), count=1, is_lasting=False) if found else None
