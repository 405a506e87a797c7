"""Running a job in the caller's own process, on a Dagster instance, as `coda-pipeline sync` does.

The run, its checks and its metadata appear in the UI like those of any other run.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from dagster import AssetKey, DagsterInstance, Definitions, ExecuteInProcessResult
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.names import (
    BACKFILL_JOB,
    DUMP_PATH_TAG,
    FULL_TAG,
    PARTICIPATION,
    PLAN,
    RECORDS,
    RESOLVE_JOB,
    SENT,
    SYNC_CODA,
    SYNC_PARTICIPATION,
    WRITE_BACK,
    raw_key,
)
from coda_pipeline.errors import ConfigurationError

# The UI lists a run under its job by this label, which a run that no workspace launched would lack.
_LABEL = {".dagster/repository": "__repository__@coda_pipeline"}


def run_here(
    definitions: Definitions,
    catalog: Catalog,
    instance: DagsterInstance,
    *,
    tables: Collection[str] = (),
    full: bool = False,
    pull_only: bool = False,
) -> ExecuteInProcessResult:
    """Read the named tables, all where none is named; where one is a source of Участие, resolve and plan it.

    A failed run is told by the result, not raised. Raises `ConfigurationError` for a table that is not in the
    catalogue.
    """
    selection = [key for key in select_assets(catalog, tables) if key != PLAN or not pull_only]
    job = definitions.resolve_job_def(job_name(catalog, selection))
    return job.execute_in_process(
        instance=instance,
        asset_selection=selection,
        tags={**_LABEL, **({FULL_TAG: "true"} if full else {})},
        raise_on_error=False,
    )


def write_back_here(definitions: Definitions, instance: DagsterInstance) -> ExecuteInProcessResult:
    """Send what the plan of the last sync releases, and prove it."""
    job = definitions.resolve_job_def(WRITE_BACK)
    return job.execute_in_process(
        instance=instance, asset_selection=[SENT], tags=_LABEL, raise_on_error=False
    )


def backfill_here(
    definitions: Definitions, instance: DagsterInstance, years: Sequence[int]
) -> ExecuteInProcessResult:
    """Load these neighbouring years from CODA_DUMP_DIR in one run, as a backfill of the UI does.

    A failed run is told by the result, not raised.
    """
    chosen = sorted(years)
    tags = {ASSET_PARTITION_RANGE_START_TAG: str(chosen[0]), ASSET_PARTITION_RANGE_END_TAG: str(chosen[-1])}
    return definitions.resolve_job_def(BACKFILL_JOB).execute_in_process(
        instance=instance, tags={**_LABEL, **tags}, raise_on_error=False
    )


def load_dump_here(
    definitions: Definitions, instance: DagsterInstance, path: Path, years: Sequence[int]
) -> list[ExecuteInProcessResult]:
    """Load years of a dump from a file, folder or ZIP, one run each, then resolve Участие if one arrived.

    A failed run is told by its result, not raised.
    """
    job = definitions.resolve_job_def(BACKFILL_JOB)
    tags = {**_LABEL, DUMP_PATH_TAG: str(path)}
    runs = [
        job.execute_in_process(instance=instance, partition_key=str(year), tags=tags, raise_on_error=False)
        for year in years
    ]
    if any(run.success for run in runs):
        resolve = definitions.resolve_job_def(RESOLVE_JOB)
        runs.append(resolve.execute_in_process(instance=instance, tags=_LABEL, raise_on_error=False))
    return runs


def select_assets(catalog: Catalog, tables: Collection[str]) -> list[AssetKey]:
    """The assets to make for some tables, for all where none is named."""
    known = [spec.name for spec in catalog.tables]
    unknown = sorted(set(tables) - set(known))
    if unknown:
        there_are = ", ".join(known) or "none"
        message = f"No table named {', '.join(unknown)} in the configuration; there are: {there_are}."
        raise ConfigurationError(message)
    wanted = [name for name in known if not tables or name in tables]
    core = [PARTICIPATION, RECORDS, PLAN] if set(wanted) & _sources(catalog) else []
    return [*(raw_key(name) for name in wanted), *core]


def job_name(catalog: Catalog, selection: Collection[AssetKey]) -> str:
    """The narrowest job that makes all of these."""
    participation = {raw_key(name) for name in _sources(catalog)} | {PARTICIPATION, RECORDS, PLAN}
    return SYNC_PARTICIPATION if set(selection) <= participation else SYNC_CODA


def _sources(catalog: Catalog) -> set[str]:
    return {source.table for source in catalog.participation.sources} if catalog.participation else set()
