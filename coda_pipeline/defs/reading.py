"""What a run does to read a table of Coda: ask and report. How a table is read is in `sync.read_table`."""

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetExecutionContext, MaterializeResult

from coda_pipeline.catalog import Catalog, TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.checks import incomplete_read, read_checks
from coda_pipeline.defs.lineage import view_schema
from coda_pipeline.defs.names import is_full, raw_key
from coda_pipeline.defs.progress import tell_progress
from coda_pipeline.defs.report import read_metadata
from coda_pipeline.errors import IncompleteReadError
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.warehouse.ledger import known_columns


def read_and_report(
    context: AssetExecutionContext, catalog: Catalog, spec: TableSpec, source: ParticipationSource | None
) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Bring `raw.coda_<name>` up to date; `source` is the mapping where the table holds Участие."""
    key, engine = raw_key(spec.name), context.resources.warehouse.engine
    with without_personal_data():
        try:
            report = read_table(
                context.resources.coda.client,
                engine,
                spec,
                catalog.guards.lost,
                run_id=context.run.run_id,
                full=is_full(context.run.tags),
                on_progress=tell_progress(spec.name, context.log),
            )
        except IncompleteReadError as error:
            yield incomplete_read(key, error)
            raise
        with engine.connect() as conn:
            columns = known_columns(conn, spec.name)
        yield MaterializeResult(
            asset_key=key,
            metadata=read_metadata(spec, report, view_schema(columns)),
            check_results=read_checks(key, spec, report, columns, source),
        )
