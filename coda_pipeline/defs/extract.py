"""The tables of Coda: for each table of the catalogue the external one, and its rows as received.

What a run does with them is in `reading`, imported only then.
"""

from collections.abc import Iterator
from datetime import timedelta

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    FreshnessPolicy,
    MaterializeResult,
    multi_asset,
)

from coda_pipeline.catalog import Catalog, TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.defs.check_specs import raw_check_specs
from coda_pipeline.defs.names import DATA, EXTRACT, FULL_TAG, HR, doc_link, raw_key, source_key, table_link
from coda_pipeline.defs.resources import RESOURCES
from coda_pipeline.defs.schema import ROW_COLUMNS

# Hourly reads: two missed ones are worth a look, a day without any is a failure.
FRESH = FreshnessPolicy.time_window(fail_window=timedelta(hours=25), warn_window=timedelta(hours=3))


def source_spec(spec: TableSpec) -> AssetSpec:
    """The table in Coda."""
    return AssetSpec(
        source_key(spec.name),
        description=f"The table `{spec.table_id}` of the Coda doc `{spec.doc_id}`, where HR works.",
        group_name=EXTRACT,
        kinds={"coda"},
        owners=[HR],
        metadata={"coda": table_link(spec.doc_id, spec.table_id), "doc": doc_link(spec.doc_id)},
    )


def raw_spec(spec: TableSpec) -> AssetSpec:
    """The rows as received."""
    return AssetSpec(
        raw_key(spec.name),
        deps=[source_key(spec.name)],
        description=(
            f"Rows of the Coda table «{spec.name}» as received, with the deleted ones; analysts use the "
            f"typed views `coda.{spec.name}` and `coda.{spec.name}_history`. Reads what changed; in full "
            f"with the tag `{FULL_TAG}: true`."
        ),
        group_name=EXTRACT,
        kinds={"coda", "postgres"},
        owners=[DATA],
        metadata={
            "dagster/table_name": f"raw.coda_{spec.name}",
            "dagster/column_schema": ROW_COLUMNS,
            "coda": table_link(spec.doc_id, spec.table_id),
        },
        freshness_policy=FRESH,
    )


def raw_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """One asset per table of the catalogue."""
    sources = (
        {source.table: source for source in catalog.participation.sources} if catalog.participation else {}
    )
    return [_raw_asset(catalog, spec, sources.get(spec.name)) for spec in catalog.tables]


def _raw_asset(catalog: Catalog, spec: TableSpec, source: ParticipationSource | None) -> AssetsDefinition:
    @multi_asset(
        name=f"read_{spec.name}",
        specs=[raw_spec(spec)],
        check_specs=raw_check_specs(raw_key(spec.name)),
        required_resource_keys=RESOURCES,
    )
    def read(context: AssetExecutionContext) -> Iterator[MaterializeResult | AssetCheckResult]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.reading import read_and_report  # noqa: PLC0415

        yield from read_and_report(context, catalog, spec, source)

    return read
