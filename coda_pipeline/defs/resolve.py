"""Участие: the participations without duplicates, and what became of each record. Two assets of one step.

What a run does with them is in `resolving`, imported only then.
"""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetsDefinition, AssetSpec, MaterializeResult, multi_asset

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSection
from coda_pipeline.defs.check_specs import participation_check_specs
from coda_pipeline.defs.extract import FRESH
from coda_pipeline.defs.names import DATA, DUMP, HR, PARTICIPATION, RECORDS, RESOLVE, raw_key
from coda_pipeline.defs.resources import RESOURCES
from coda_pipeline.defs.schema import PARTICIPATION_COLUMNS, RECORD_COLUMNS


def participation_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """The step that resolves Участие; none where the catalogue has no source of it."""
    section = catalog.participation
    if section is None:
        return []

    @multi_asset(
        name="resolve_participation",
        specs=_specs(section),
        check_specs=participation_check_specs(),
        required_resource_keys=RESOURCES,
    )
    def resolve(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.resolving import resolve_and_report  # noqa: PLC0415

        yield from resolve_and_report(context, catalog, section)

    return [resolve]


def _specs(section: ParticipationSection) -> list[AssetSpec]:
    deps = [*(raw_key(source.table) for source in section.sources), *([DUMP] if section.dump else [])]
    return [
        AssetSpec(
            PARTICIPATION,
            deps=deps,
            description=(
                "Участие without duplicates: who takes part in which activity, in which role, when. The "
                "application reads and writes the view `core.participation`; no sync overwrites an edit "
                "silently."
            ),
            group_name=RESOLVE,
            kinds={"python", "postgres"},
            owners=[DATA, HR],
            metadata={
                "dagster/table_name": "core.participation",
                "dagster/column_schema": PARTICIPATION_COLUMNS,
            },
            freshness_policy=FRESH,
        ),
        AssetSpec(
            RECORDS,
            deps=deps,
            description=(
                "Every record of every source and what became of it: survivor, duplicate, twin or "
                "incomplete. The view `core.participation_duplicates` shows each duplicate beside its "
                "survivor."
            ),
            group_name=RESOLVE,
            kinds={"python", "postgres"},
            owners=[DATA],
            metadata={
                "dagster/table_name": "core.participation_records",
                "dagster/column_schema": RECORD_COLUMNS,
            },
            freshness_policy=FRESH,
        ),
    ]
