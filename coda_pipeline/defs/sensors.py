"""What starts runs by itself: edits made in the warehouse, approvals, and a plan that may be sent.

They answer people and programs, so they are on everywhere; schedules, which go by the clock, are off until
someone turns them on. When to launch is decided in `pending`, as plain functions.
"""

from collections.abc import Callable, Iterator

from dagster import (
    AssetSelection,
    AutomationConditionSensorDefinition,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)
from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.names import (
    AFTER_A_PLAN,
    APPROVALS,
    PENDING_EDITS,
    SENT,
    SERVICE_TAG,
    SYNC_PARTICIPATION,
    WRITE_BACK,
)
from coda_pipeline.defs.pending import Demand, Launched, decide, utc_now
from coda_pipeline.settings import Settings

LOOK_EVERY_S = 10
# The time since the last edit after which the person, or the program, is taken to have finished.
QUIET_S = 30.0


def build_sensors(settings: Settings, catalog: Catalog) -> list[SensorDefinition]:
    """The sensors; none where the catalogue has no source of Участие."""
    if catalog.participation is None:
        return []
    return [
        AutomationConditionSensorDefinition(
            AFTER_A_PLAN,
            target=AssetSelection.assets(SENT),
            default_status=DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=LOOK_EVERY_S,
            run_tags={SERVICE_TAG: "coda"},
            description="Sends what a new plan releases, unless a blocking check of what it rests on failed.",
        ),
        _sensor(
            settings,
            PENDING_EDITS,
            SYNC_PARTICIPATION,
            _pending_edits,
            quiet_s=QUIET_S,
            description="Edits of the application start a sync half a minute after the last of them.",
        ),
        _sensor(
            settings,
            APPROVALS,
            WRITE_BACK,
            _approvals,
            quiet_s=0.0,
            description="What a person approved or discarded in a plan is sent, or left out, at once.",
        ),
    ]


def _sensor(
    settings: Settings,
    name: str,
    job_name: str,
    demand: Callable[[Connection], Demand | None],
    *,
    quiet_s: float,
    description: str,
) -> SensorDefinition:
    def look(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.connections import open_warehouse  # noqa: PLC0415

        with (
            without_personal_data(),
            open_warehouse(settings) as warehouse,
            warehouse.engine.connect() as conn,
        ):
            decision = decide(demand(conn), Launched.parse(context.cursor), now=utc_now(), quiet_s=quiet_s)
        if decision.launched is None:
            yield SkipReason(decision.says)
            return
        context.update_cursor(decision.launched.dump())
        yield RunRequest(run_key=f"{name}:{decision.launched.run_key}")

    return SensorDefinition(
        name=name,
        job_name=job_name,
        evaluation_fn=look,
        minimum_interval_seconds=LOOK_EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description=description,
    )


def _pending_edits(conn: Connection) -> Demand | None:
    from coda_pipeline.warehouse.core.reports import pending_edits  # noqa: PLC0415

    found = pending_edits(conn)
    return Demand(mark=found.last_at.isoformat(), since=found.last_at, count=found.count) if found else None


def _approvals(conn: Connection) -> Demand | None:
    from coda_pipeline.warehouse.write_back.decisions import last_decision  # noqa: PLC0415

    found = last_decision(conn)
    return Demand(mark=str(found), since=utc_now(), count=1, is_lasting=False) if found else None
