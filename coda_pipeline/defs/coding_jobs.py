"""The job of CODING, its schedule, and the sensor that has webhooks worked off."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import (
    AssetSelection,
    DagsterInstance,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from sqlalchemy import Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.coding_names import (
    CODING,
    EVERY_TEN_MINUTES,
    INCOMING_TAG,
    SYNC_CODING,
    TABLES,
    WEBHOOK_SENSOR,
    WEBHOOKS,
    coding_raw_key,
)
from coda_pipeline.defs.names import FULL_TAG, SERVICE_TAG
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.settings import Settings

LOOK_EVERY_S = 5


def build_coding_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition]:
    """`sync_coding`; none where the catalogue names no team."""
    if not catalog.coding.teams:
        return []
    return [
        define_asset_job(
            SYNC_CODING,
            selection=AssetSelection.assets(*map(coding_raw_key, TABLES)),
            description=(
                "Read what changed in every CODING project; one that fails lets the others go on. With the "
                f"tag `{FULL_TAG}: true` everything; with `{INCOMING_TAG}: {WEBHOOKS}` what webhooks brought."
            ),
            executor_def=in_process_executor,
            tags={SERVICE_TAG: CODING},
        )
    ]


def build_coding_schedules(jobs: Sequence[UnresolvedAssetJobDefinition]) -> list[ScheduleDefinition]:
    """A poll every ten minutes, off until someone turns it on; behind webhooks alone it polls more seldom."""
    return [
        ScheduleDefinition(
            name=EVERY_TEN_MINUTES,
            job=job,
            cron_schedule="*/10 * * * *",
            execution_timezone="UTC",
            default_status=DefaultScheduleStatus.STOPPED,
            description="What changed in CODING, every ten minutes.",
        )
        for job in jobs
    ]


def build_coding_sensors(settings: Settings, catalog: Catalog) -> list[SensorDefinition]:
    """The sensor of the inbox; none where no team takes webhooks."""
    teams = [team.name for team in catalog.coding.teams if team.incremental != "polling"]
    if not teams:
        return []

    warehouse = SensorWarehouse(settings)

    def look(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        with warehouse.open() as engine:
            return look_into_inbox(context.instance, engine, teams, now=datetime.now(UTC))

    return [
        SensorDefinition(
            name=WEBHOOK_SENSOR,
            job_name=SYNC_CODING,
            evaluation_fn=look,
            minimum_interval_seconds=LOOK_EVERY_S,
            default_status=DefaultSensorStatus.RUNNING,
            description="Has what CODING's webhooks brought read again, within seconds.",
        )
    ]


def look_into_inbox(
    instance: DagsterInstance, engine: Engine, teams: list[str], *, now: datetime
) -> RunRequest | SkipReason:
    """One look of the sensor: read, decide, say. `engine` is the warehouse's."""
    from coda_pipeline.defs.boundary import without_personal_data  # noqa: PLC0415
    from coda_pipeline.defs.coding_turn import Rest, turn_of  # noqa: PLC0415
    from coda_pipeline.warehouse.coding.inbox import what_waits  # noqa: PLC0415

    with without_personal_data(), engine.connect() as conn:
        waiting = what_waits(conn, teams)
    running = RunsFilter(job_name=SYNC_CODING, tags={INCOMING_TAG: WEBHOOKS}, statuses=NOT_FINISHED_STATUSES)
    turn = turn_of(waiting, is_under_way=bool(instance.get_runs(running, limit=1)), now=now)
    if isinstance(turn, Rest):
        return SkipReason(turn.reason)
    return RunRequest(
        run_key=turn.run_key,
        tags={INCOMING_TAG: WEBHOOKS},
        asset_selection=[coding_raw_key(table) for table in turn.tables],
    )
