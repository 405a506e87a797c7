"""Puts the definitions together: what the catalogue names becomes assets, jobs and schedules."""

from dagster import AssetsDefinition, AssetSpec, Definitions, in_process_executor

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.backfill import backfill_jobs, dump_assets
from coda_pipeline.defs.coding_assets import coding_assets, coding_source_specs
from coda_pipeline.defs.coding_jobs import (
    build_coding_jobs,
    build_coding_schedules,
    build_coding_sensors,
)
from coda_pipeline.defs.extract import raw_assets, source_spec
from coda_pipeline.defs.jobs import build_jobs, build_schedules
from coda_pipeline.defs.landed import landed_sensors, resolve_jobs
from coda_pipeline.defs.publish import publish_assets
from coda_pipeline.defs.resolve import participation_assets
from coda_pipeline.defs.resources import build_resources
from coda_pipeline.defs.sensors import build_sensors
from coda_pipeline.settings import Settings


def build_definitions(settings: Settings) -> Definitions:
    """Everything that Dagster shows. Raises `CatalogError` with every mistake of the configuration file."""
    catalog = settings.catalog()
    jobs, coding_jobs = build_jobs(catalog), build_coding_jobs(catalog)
    dump_jobs, assets = [*backfill_jobs(catalog), *resolve_jobs(catalog)], _assets(settings, catalog)
    return Definitions(
        assets=assets,
        jobs=[*jobs, *dump_jobs, *coding_jobs],
        schedules=[*build_schedules(jobs), *build_coding_schedules(coding_jobs)],
        sensors=[
            *build_sensors(settings, catalog, [*jobs, *dump_jobs, *coding_jobs], assets),
            *landed_sensors(catalog),
            *build_coding_sensors(settings, catalog),
        ],
        resources=build_resources(settings, catalog),
        executor=in_process_executor,
    )


def _assets(settings: Settings, catalog: Catalog) -> list[AssetsDefinition | AssetSpec]:
    return [
        *(source_spec(spec) for spec in catalog.tables),
        *raw_assets(catalog),
        *dump_assets(settings, catalog),
        *participation_assets(catalog),
        *publish_assets(catalog),
        *coding_source_specs(catalog),
        *coding_assets(catalog),
    ]
