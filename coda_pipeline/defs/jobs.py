"""The jobs and their schedules. A job runs in one process: a process per step costs three seconds each."""

from collections.abc import Sequence

from dagster import (
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.names import (
    CODA,
    CODA_WRITING,
    FULL_TAG,
    HOURLY,
    NIGHTLY,
    PARTICIPATION,
    PLAN,
    RECORDS,
    SENT,
    SERVICE_TAG,
    SYNC_CODA,
    SYNC_PARTICIPATION,
    WRITE_BACK,
    raw_key,
)

_THEN = "resolve it and plan what goes back"
_READS = f"Reads what changed; with the tag `{FULL_TAG}: true` everything."


def build_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition]:
    """What people and schedules start.

    `sync_coda` reads every table, `sync_participation` the sources of Участие; both then resolve it and plan
    what goes back. `write_back` plans anew, with what people approved, and sends.
    """
    everything = [raw_key(spec.name) for spec in catalog.tables]
    sources = (
        [raw_key(source.table) for source in catalog.participation.sources] if catalog.participation else []
    )
    core = [PARTICIPATION, RECORDS, PLAN] if sources else []
    jobs = []
    if everything:
        jobs.append(_job(SYNC_CODA, [*everything, *core], f"Read every table of Coda, {_THEN}. {_READS}"))
    if sources:
        jobs.append(_job(SYNC_PARTICIPATION, [*sources, *core], f"Read Участие, {_THEN}. {_READS}"))
        about = "Send to Coda what the plan releases, and prove it."
        jobs.append(_job(WRITE_BACK, [PLAN, SENT], about, service=CODA_WRITING))
    return jobs


def _job(
    name: str, keys: Sequence[AssetKey], description: str, *, service: str = CODA
) -> UnresolvedAssetJobDefinition:
    return define_asset_job(
        name,
        selection=AssetSelection.assets(*keys),
        description=description,
        executor_def=in_process_executor,
        tags={SERVICE_TAG: service},
    )


def build_schedules(jobs: Sequence[UnresolvedAssetJobDefinition]) -> list[ScheduleDefinition]:
    """Every hour what changed, every night everything: deltas tell neither deletions nor calculated columns.

    Off until someone turns them on; the demo does. Times are UTC: half past midnight is night from Lisbon to
    Yekaterinburg.
    """
    return [
        schedule
        for job in jobs
        if job.name == SYNC_CODA
        for schedule in (
            ScheduleDefinition(
                name=HOURLY,
                job=job,
                cron_schedule="0 * * * *",
                execution_timezone="UTC",
                default_status=DefaultScheduleStatus.STOPPED,
                description="What changed in Coda, every hour.",
            ),
            ScheduleDefinition(
                name=NIGHTLY,
                job=job,
                cron_schedule="30 0 * * *",
                execution_timezone="UTC",
                default_status=DefaultScheduleStatus.STOPPED,
                tags={FULL_TAG: "true"},
                description="Every table in full, every night: finds what deltas do not tell.",
            ),
        )
    ]
