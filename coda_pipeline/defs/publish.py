"""What goes back to Coda: the plan, what was sent and proved, and the tables that receive it.

What a run does with them is in `publishing`, imported only then. The write-back depends directly on all that
it trusts: a blocking check gates only the direct dependents of its asset.
"""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    AutomationCondition,
    MaterializeResult,
    multi_asset,
)

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSection
from coda_pipeline.defs.check_specs import write_back_check_specs
from coda_pipeline.defs.names import (
    DATA,
    HR,
    PARTICIPATION,
    PLAN,
    PUBLISH,
    RECORDS,
    SENT,
    raw_key,
    table_link,
    target_key,
)
from coda_pipeline.defs.resources import RESOURCES
from coda_pipeline.defs.schema import PLAN_COLUMNS, WRITE_COLUMNS


def publish_assets(catalog: Catalog) -> list[AssetsDefinition | AssetSpec]:
    """The plan, the write-back and its targets; none where the catalogue has no source of Участие."""
    section = catalog.participation
    if section is None:
        return []

    @multi_asset(
        name="plan_participation", specs=[_plan_spec(section)], required_resource_keys=RESOURCES - {"coda"}
    )
    def plan(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.publishing import plan_and_report  # noqa: PLC0415

        yield from plan_and_report(context, catalog)

    @multi_asset(
        name="write_back_participation",
        specs=[_write_back_spec(section)],
        check_specs=write_back_check_specs(),
        required_resource_keys=RESOURCES,
    )
    def send(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        from coda_pipeline.defs.publishing import send_and_report  # noqa: PLC0415

        yield from send_and_report(context, catalog)

    return [plan, send, *(_target_spec(catalog, source.table) for source in section.sources)]


def _plan_spec(section: ParticipationSection) -> AssetSpec:
    return AssetSpec(
        PLAN,
        deps=[PARTICIPATION, RECORDS, *(raw_key(source.table) for source in section.sources)],
        description=(
            "What should change in Coda, row by row and field by field, with the reason for every row that "
            "waits. `coda-pipeline plans show` draws it; nothing is sent by this asset."
        ),
        group_name=PUBLISH,
        kinds={"python", "postgres"},
        owners=[DATA, HR],
        metadata={"dagster/table_name": "sync.plan_rows", "dagster/column_schema": PLAN_COLUMNS},
    )


def _write_back_spec(section: ParticipationSection) -> AssetSpec:
    return AssetSpec(
        SENT,
        deps=[PLAN, PARTICIPATION, RECORDS, *(raw_key(source.table) for source in section.sources)],
        description=(
            "What was sent to Coda and what became of it: sent, confirmed, verified or rejected. Sends only "
            "with CODA_PIPELINE_ALLOW_WRITE=1 and participation.write_back.enabled; runs by itself after a "
            "plan whose blocking checks passed."
        ),
        group_name=PUBLISH,
        kinds={"python", "coda"},
        owners=[DATA, HR],
        metadata={"dagster/table_name": "sync.writes", "dagster/column_schema": WRITE_COLUMNS},
        automation_condition=(
            AutomationCondition.eager() & AutomationCondition.all_deps_blocking_checks_passed()
        ),
    )


def _target_spec(catalog: Catalog, table: str) -> AssetSpec:
    spec = catalog.table(table)
    return AssetSpec(
        target_key(table),
        deps=[SENT],
        description=f"The table `{spec.table_id}` of the Coda doc `{spec.doc_id}`, with the edits made here.",
        group_name=PUBLISH,
        kinds={"coda"},
        owners=[HR],
        metadata={"coda": table_link(spec.doc_id, spec.table_id)},
    )
