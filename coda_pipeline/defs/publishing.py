"""What a run does to write back: ask and report. What is planned and sent is decided in `sync`."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, MaterializeResult

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.names import PLAN, SENT
from coda_pipeline.defs.progress import tell_progress
from coda_pipeline.defs.publish_report import plan_metadata, write_back_checks, write_back_metadata
from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline.sync.write_back import write_back
from coda_pipeline.warehouse.write_back.rejected import rejected_count


def plan_and_report(context: AssetExecutionContext, catalog: Catalog) -> Iterator[MaterializeResult]:
    """Bring the plans up to what the warehouse holds."""
    engine, permission = context.resources.warehouse.engine, context.resources.warehouse.permission(catalog)
    with without_personal_data():
        report = plan_participation(engine, catalog, run_id=context.run.run_id)
        for reason in permission.reasons:
            context.log.info("Nothing will be sent: %s", reason)
        yield MaterializeResult(asset_key=PLAN, metadata=plan_metadata(report, permission))


def send_and_report(context: AssetExecutionContext, catalog: Catalog) -> Iterator[MaterializeResult]:
    """Send what the plans release, and prove it."""
    warehouse, coda = context.resources.warehouse, context.resources.coda
    with without_personal_data():
        report = write_back(
            warehouse.engine,
            catalog,
            coda.client,
            coda.write_client,
            permission=warehouse.permission(catalog),
            run_id=context.run.run_id,
            on_progress=tell_progress("write-back", context.log),
        )
        with warehouse.engine.connect() as conn:
            rejected = rejected_count(conn)
        yield MaterializeResult(
            asset_key=SENT, metadata=write_back_metadata(report), check_results=write_back_checks(rejected)
        )
