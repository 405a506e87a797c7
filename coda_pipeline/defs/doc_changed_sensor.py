"""The sensor that reads a doc once people have changed it. Off until someone turns it on; the demo does."""

import time

from dagster import (
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.doc_turns import looked, next_doc, turns_from
from coda_pipeline.defs.names import DOC_CHANGED
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.settings import Settings

EVERY_S = 60
ABOUT = (
    "Asks Coda every minute whether a doc was changed, one doc at a time, and then reads what changed: at "
    "most one run in ten minutes. Costs two requests a minute. Turn it on where an hour is too long to wait."
)


def doc_changed_sensor(
    job: UnresolvedAssetJobDefinition, settings: Settings, catalog: Catalog, warehouse: SensorWarehouse
) -> SensorDefinition:
    """The sensor over the docs of the catalogue."""
    docs = [doc.id for doc in catalog.coda.docs]

    @sensor(
        name=DOC_CHANGED,
        job=job,
        minimum_interval_seconds=EVERY_S,
        default_status=DefaultSensorStatus.STOPPED,
        description=ABOUT,
    )
    def doc_changed(context: SensorEvaluationContext) -> SensorResult:
        turns = turns_from(context.cursor)
        doc = next_doc(turns, docs)
        updated_at = _updated_at(settings, catalog, warehouse, doc)
        after, is_due = looked(turns, doc, updated_at, now=time.time())
        if not is_due:
            return SensorResult(skip_reason=f"Nothing to read in {doc} now.", cursor=after.text())
        return SensorResult([RunRequest(f"doc:{doc}:{updated_at}")], cursor=after.text())

    return doc_changed


def _updated_at(settings: Settings, catalog: Catalog, warehouse: SensorWarehouse, doc: str) -> str:
    """When the doc was last changed, as Coda tells it."""
    from coda_pipeline.coda.client import connect_coda  # noqa: PLC0415
    from coda_pipeline.warehouse.engine import plain_url  # noqa: PLC0415

    with warehouse.open() as engine:
        url = plain_url(engine.url.render_as_string(hide_password=False))
        with connect_coda(settings, catalog.coda.limits, url) as client:
            return client.doc(doc).updated_at
