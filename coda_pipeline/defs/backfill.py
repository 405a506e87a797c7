"""Участие of past years, from a dump of the Coda file: one partition a year, backfilled by an analyst.

What a run does with them is in `backfilling`, imported only then. A backfill makes one run over all chosen
years; the job's own policy makes one a year: both end the same.
"""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    BackfillPolicy,
    MaterializeResult,
    StaticPartitionsDefinition,
    define_asset_job,
    in_process_executor,
    multi_asset,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.check_specs import dump_check_specs
from coda_pipeline.defs.names import BACKFILL, BACKFILL_JOB, DATA, DUMP
from coda_pipeline.defs.resources import WAREHOUSE
from coda_pipeline.defs.schema import DUMP_COLUMNS
from coda_pipeline.settings import Settings


def dump_years(catalog: Catalog) -> list[str]:
    """The partitions: the configured years, oldest first."""
    return [str(year) for year in sorted(catalog.participation.dump)] if catalog.participation else []


def dump_assets(settings: Settings, catalog: Catalog) -> list[AssetsDefinition]:
    """`raw/participation_dump`; nothing where no year of a dump is configured."""
    years = dump_years(catalog)
    if not years:
        return []

    @multi_asset(
        name="load_participation_dump",
        specs=[dump_spec(years)],
        check_specs=dump_check_specs(),
        required_resource_keys=WAREHOUSE,
        partitions_def=StaticPartitionsDefinition(years),
        backfill_policy=BackfillPolicy.single_run(),
    )
    def load(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.backfilling import load_and_report  # noqa: PLC0415

        yield from load_and_report(context, settings, catalog)

    return [load]


def dump_spec(years: list[str]) -> AssetSpec:
    """The lines of the dumps."""
    return AssetSpec(
        DUMP,
        description=(
            f"Участие of {', '.join(years)} as a dump of the Coda file tells it, one partition a year. "
            "Reads the files in CODA_DUMP_DIR that the configuration names; running a partition again "
            "replaces exactly its lines. Lines that cannot be read are in `raw.participation_dump_rejected`."
        ),
        group_name=BACKFILL,
        kinds={"csv", "postgres"},
        owners=[DATA],
        metadata={"dagster/table_name": "raw.participation_dump", "dagster/column_schema": DUMP_COLUMNS},
        partitions_def=StaticPartitionsDefinition(years),
    )


def backfill_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition]:
    """The job that loads dumps; nothing where no year of a dump is configured."""
    if not dump_years(catalog):
        return []
    return [
        define_asset_job(
            BACKFILL_JOB,
            selection=AssetSelection.assets(DUMP),
            description=(
                "Load the dump of the chosen years. Once no such run is in flight, one run brings Участие "
                "up to it."
            ),
            executor_def=in_process_executor,
        )
    ]
