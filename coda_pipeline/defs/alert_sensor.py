"""The sensor that tells of failed runs and failed checks, once per change, to CODA_PIPELINE_ALERT_URL."""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from coda_pipeline.defs.alert_findings import CheckVerdict, JobRun, check_findings, job_findings
from coda_pipeline.defs.names import ALERTS
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.settings import Settings

EVERY_S = 30
OVER = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
ABOUT = (
    "Tells of failed runs and failed checks, and when they are well again: once per change, to the address "
    "in CODA_PIPELINE_ALERT_URL. Without an address it does nothing. Leave it on."
)


def alert_sensor(
    settings: Settings, warehouse: SensorWarehouse, jobs: Sequence[str], checks: Sequence[AssetCheckKey]
) -> SensorDefinition:
    """The sensor over some jobs and checks; it starts no runs."""

    @sensor(
        name=ALERTS,
        minimum_interval_seconds=EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description=ABOUT,
    )
    def alerts(context: SensorEvaluationContext) -> SensorResult:
        from coda_pipeline.warehouse.notice import tell_change  # noqa: PLC0415

        url = settings.alert_url()
        if url is None:
            return SensorResult(skip_reason="CODA_PIPELINE_ALERT_URL is not set: nobody is told.")
        found = [
            *job_findings(latest_runs(context.instance, jobs)),
            *check_findings(latest_verdicts(context.instance, checks)),
        ]
        base = settings.coda_pipeline_ui_url
        with warehouse.open() as engine:
            told = [
                one
                for one in found
                if tell_change(
                    engine, url, one.subject, one.wrong, link=f"{base}{one.path}" if base else None
                )
            ]
        return SensorResult(skip_reason=f"{len(told)} change(s) told of {len(found)} looked at.")

    return alerts


def latest_runs(instance: DagsterInstance, jobs: Sequence[str]) -> Iterator[JobRun]:
    """The latest run of each job that succeeded or failed; one that was cancelled says nothing."""
    for job in jobs:
        for run in instance.get_runs(RunsFilter(job_name=job, statuses=OVER), limit=1):
            yield JobRun(job, run.run_id, run.status is DagsterRunStatus.FAILURE)


def latest_verdicts(instance: DagsterInstance, checks: Sequence[AssetCheckKey]) -> Iterator[CheckVerdict]:
    """The latest verdict of each check that was ever evaluated."""
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    for key, record in found.items():
        event = record.event.dagster_event if record.event else None
        said = event.event_specific_data if event else None
        if isinstance(said, AssetCheckEvaluation):
            yield CheckVerdict(
                key.asset_key.to_user_string(),
                key.name,
                said.passed,
                said.severity.value,
                said.description or "",
            )
