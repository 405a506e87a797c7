"""The tables of CODING: issues, iterations, project members; the external ones, and the records as received.

What a run does with them is in `coding_reading`, imported only then.
"""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    TableColumn,
    TableSchema,
    multi_asset,
)

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.check_specs import coding_check_specs
from coda_pipeline.defs.coding_names import (
    CODING,
    INCOMING_TAG,
    TABLES,
    WEBHOOKS,
    coding_raw_key,
    coding_source_key,
)
from coda_pipeline.defs.extract import FRESH
from coda_pipeline.defs.names import DATA, FULL_TAG
from coda_pipeline.defs.resources import CODING_RESOURCES

_WHAT = {
    "issues": "Issues of every type with all their details: requirements, tasks, defects, epics, sub-tasks",
    "iterations": "Iterations with their counts",
    "project_members": "Members of each project with their roles",
}


def coding_source_specs(catalog: Catalog) -> list[AssetSpec]:
    """The tables in CODING; none where the catalogue names no team."""
    return [_source_spec(catalog, table) for table in TABLES if catalog.coding.teams]


def coding_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """One asset per table, for all teams and projects together."""
    return [_coding_asset(catalog, table) for table in TABLES if catalog.coding.teams]


def _coding_asset(catalog: Catalog, table: str) -> AssetsDefinition:
    @multi_asset(
        name=f"read_coding_{table}",
        specs=[_raw_spec(table)],
        check_specs=coding_check_specs(coding_raw_key(table), table),
        required_resource_keys=CODING_RESOURCES,
    )
    def read(context: AssetExecutionContext) -> Iterator[MaterializeResult | AssetCheckResult]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.coding_reading import read_and_report  # noqa: PLC0415

        yield from read_and_report(context, catalog, table)

    return read


def _source_spec(catalog: Catalog, table: str) -> AssetSpec:
    places = [f"{team.name}/{project}" for team in catalog.coding.teams for project in team.projects]
    return AssetSpec(
        coding_source_key(table),
        description=f"{_WHAT[table]}, in CODING: {', '.join(places)}.",
        group_name=CODING,
        kinds={"coding"},
        owners=[DATA],
    )


def _raw_spec(table: str) -> AssetSpec:
    return AssetSpec(
        coding_raw_key(table),
        deps=[coding_source_key(table)],
        description=(
            f"{_WHAT[table]}, as CODING sent them, with the deleted ones; analysts use the typed view "
            f"`coding.{table}`. Reads what changed; everything with the tag `{FULL_TAG}: true`; with "
            f"`{INCOMING_TAG}: {WEBHOOKS}` what webhooks told of."
        ),
        group_name=CODING,
        kinds={"coding", "postgres"},
        owners=[DATA],
        metadata={
            "dagster/table_name": f"raw.coding_{table}",
            "dagster/column_schema": _columns("member_id" if table == "project_members" else "code"),
        },
        freshness_policy=FRESH,
    )


def _columns(key: str) -> TableSchema:
    return TableSchema(
        [
            TableColumn("team", "text"),
            TableColumn("project", "text", description="as its address names it"),
            TableColumn(key, "bigint", description="unique within the project"),
            TableColumn("record", "jsonb", description="everything that CODING sent"),
            TableColumn("record_hash", "text", description="digest of what counts as a change"),
            TableColumn("coding_updated_at", "timestamptz", description="UpdatedAt of the record"),
            TableColumn("read_at", "timestamptz", description="when it was last looked at by itself"),
            TableColumn("first_seen_at", "timestamptz"),
            TableColumn("received_at", "timestamptz", description="since when this version is known here"),
            TableColumn("deleted_at", "timestamptz", description="since when it is gone from CODING"),
            TableColumn("run_id", "text", description="the run that brought this version"),
        ]
    )
