"""All sensors. What each is for is in its own module, and in its description in the UI.

Those that answer a person or a machine are on everywhere; what looks by itself is off until turned on.
"""

from collections.abc import Sequence

from dagster import AssetsDefinition, AssetSpec, SensorDefinition
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.alert_sensor import alert_sensor
from coda_pipeline.defs.clean_up_sensor import clean_up_sensor
from coda_pipeline.defs.demand_sensors import after_a_plan_sensor, approvals_sensor, pending_edits_sensor
from coda_pipeline.defs.doc_changed_sensor import doc_changed_sensor
from coda_pipeline.defs.names import SYNC_CODA, SYNC_PARTICIPATION, WRITE_BACK
from coda_pipeline.defs.request_table_sensor import request_table_sensor
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.defs.trigger_sensor import trigger_sensor
from coda_pipeline.settings import Settings


def build_sensors(
    settings: Settings,
    catalog: Catalog,
    jobs: Sequence[UnresolvedAssetJobDefinition],
    assets: Sequence[AssetsDefinition | AssetSpec],
) -> list[SensorDefinition]:
    """The sensors for these jobs and assets; none where the catalogue names nothing."""
    if not jobs:
        return []
    warehouse = SensorWarehouse(settings)
    by_name = {job.name: job for job in jobs}
    checks = [key for asset in assets if isinstance(asset, AssetsDefinition) for key in asset.check_keys]
    sensors = [
        alert_sensor(settings, warehouse, list(by_name), sorted(checks)),
        clean_up_sensor(warehouse),
    ]
    if SYNC_CODA in by_name:
        sensors.append(doc_changed_sensor(by_name[SYNC_CODA], settings, catalog, warehouse))
    table = catalog.gateway.request_table
    if SYNC_PARTICIPATION in by_name and table is not None:
        sensors.append(request_table_sensor(settings, catalog, table, warehouse))
    if WRITE_BACK in by_name:
        sensors += [
            after_a_plan_sensor(),
            pending_edits_sensor(by_name[SYNC_PARTICIPATION], warehouse),
            approvals_sensor(by_name[WRITE_BACK], warehouse),
        ]
    if SYNC_PARTICIPATION in by_name:
        # The last of all: it stays until something comes, while the others have had their turn.
        sensors.append(trigger_sensor(by_name[SYNC_PARTICIPATION], warehouse))
    return sensors
