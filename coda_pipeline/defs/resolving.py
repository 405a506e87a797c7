"""What a run does to resolve Участие: ask and report. How it is resolved is in `sync.participation`."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, MaterializeResult

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSection
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.lineage import participation_lineage
from coda_pipeline.defs.names import PARTICIPATION, RECORDS, is_full, table_link
from coda_pipeline.defs.participation_checks import findings, participation_checks, record_checks
from coda_pipeline.defs.participation_report import participation_metadata, records_metadata
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.proving import prove_open_writes
from coda_pipeline.sync.read_table import utc_now
from coda_pipeline.warehouse.cursors import oldest_read
from coda_pipeline.warehouse.ledger import known_columns


def resolve_and_report(
    context: AssetExecutionContext, catalog: Catalog, section: ParticipationSection
) -> Iterator[MaterializeResult]:
    """Bring core.participation and core.participation_records up to what the sources hold."""
    engine, links = context.resources.warehouse.engine, _links(catalog, section)
    run_id, client = context.run.run_id, context.resources.coda.client
    with without_personal_data():
        prove_open_writes(engine, catalog, client, run_id=run_id, now=utc_now)
        report = resolve_participation(
            engine,
            catalog,
            client,
            run_id=run_id,
            full=is_full(context.run.tags),
        )
        with engine.connect() as conn:
            found, as_of = findings(conn, links), oldest_read(conn, links)
            lineage = participation_lineage(section.sources, {t: known_columns(conn, t) for t in links})
        yield MaterializeResult(
            asset_key=PARTICIPATION,
            metadata=participation_metadata(report, as_of, links, lineage),
            check_results=participation_checks(found),
        )
        yield MaterializeResult(
            asset_key=RECORDS,
            metadata=records_metadata(report, as_of, links),
            check_results=record_checks(found),
        )


def _links(catalog: Catalog, section: ParticipationSection) -> dict[str, str]:
    """The sources by name, with their tables in Coda."""
    specs = [catalog.table(source.table) for source in section.sources]
    return {spec.name: table_link(spec.doc_id, spec.table_id) for spec in specs}
