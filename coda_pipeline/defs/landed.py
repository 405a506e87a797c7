"""After dumps landed: one run over Участие, once no dump run is in flight.

The sensor reads, `decision` decides, the sensor emits. A run that fails is not repeated by it: the next sync
does the same work.
"""

from collections.abc import Collection
from dataclasses import dataclass

from dagster import (
    AssetSelection,
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus, PartitionBackfill
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.backfill import dump_years
from coda_pipeline.defs.names import (
    BACKFILL_JOB,
    DUMP,
    DUMP_LANDED,
    PARTICIPATION,
    RECORDS,
    RESOLVE_JOB,
    SERVICE_TAG,
)

LOOK_EVERY_S = 10


@dataclass(frozen=True, slots=True)
class Landing:
    """A load of a dump, by the id of its materialization, and when it was done (seconds since 1970)."""

    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to start a run, and why not. `seen` is the landing that is taken care of, once it is obeyed."""

    seen: int | None
    why_not: str | None = None


def decision(
    newest: Landing | None, *, seen: int | None, in_flight: Collection[str], resolved_from: float | None
) -> Decision:
    """Decide by the newest landing, the one last taken care of, and what is still under way.

    `resolved_from` is when the last run over Участие began: one that began after the landing has seen it.
    """
    if newest is None or newest.number == seen:
        return Decision(seen, "No dump landed since the last look.")
    if in_flight:
        return Decision(seen, f"Waiting: {', '.join(sorted(in_flight))}.")
    if resolved_from is not None and resolved_from > newest.at:
        return Decision(newest.number, "A run that began after the dump landed has brought Участие up to it.")
    return Decision(newest.number)


def landed_sensors(catalog: Catalog) -> list[SensorDefinition]:
    """The sensor; nothing where no year of a dump is configured."""
    if not dump_years(catalog):
        return []

    def look(context: SensorEvaluationContext) -> SensorResult:
        seen = int(context.cursor) if context.cursor else None
        instance = context.instance
        decided = decision(
            _newest_landing(instance),
            seen=seen,
            in_flight=_in_flight(instance),
            resolved_from=_resolved_from(instance),
        )
        cursor = None if decided.seen is None else str(decided.seen)
        if decided.why_not is not None:
            return SensorResult(skip_reason=decided.why_not, cursor=cursor)
        return SensorResult(run_requests=[RunRequest(run_key=f"dump {cursor}")], cursor=cursor)

    return [
        SensorDefinition(
            name=DUMP_LANDED,
            evaluation_fn=look,
            job_name=RESOLVE_JOB,
            minimum_interval_seconds=LOOK_EVERY_S,
            default_status=DefaultSensorStatus.RUNNING,
            description="Brings Участие up to the dumps that landed, once no dump run is in flight.",
        )
    ]


def resolve_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition]:
    """The job that resolves Участие without asking Coda anything new."""
    if not dump_years(catalog):
        return []
    return [
        define_asset_job(
            RESOLVE_JOB,
            selection=AssetSelection.assets(PARTICIPATION, RECORDS),
            description="Bring Участие up to what is in `raw`: rows as last read, and lines of dumps.",
            executor_def=in_process_executor,
            tags={SERVICE_TAG: "coda"},
        )
    ]


def _newest_landing(instance: DagsterInstance) -> Landing | None:
    records = instance.fetch_materializations(DUMP, limit=1).records
    return Landing(records[0].storage_id, records[0].timestamp) if records else None


def _resolved_from(instance: DagsterInstance) -> float | None:
    """When the run began that last brought Участие up to date."""
    records = instance.fetch_materializations(RECORDS, limit=1).records
    run = instance.get_run_record_by_id(records[0].run_id) if records else None
    return run.start_time if run is not None else None


def _in_flight(instance: DagsterInstance) -> set[str]:
    """Dump runs that are not over, and backfills of the dump that will start more."""
    runs = instance.get_runs(RunsFilter(statuses=NOT_FINISHED_STATUSES))
    loading = {
        f"run {run.run_id[:8]}"
        for run in runs
        if run.job_name == BACKFILL_JOB or DUMP in (run.asset_selection or ())
    }
    requested = instance.get_backfills(filters=BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED]))
    return loading | {f"backfill {b.backfill_id}" for b in requested if _is_of_dump(b)}


def _is_of_dump(backfill: PartitionBackfill) -> bool:
    return DUMP in (backfill.asset_selection or ()) or backfill.job_name == BACKFILL_JOB
