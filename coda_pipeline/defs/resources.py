"""The resources of a run: `warehouse`, `coda`, `coding` (see `connections`, imported only by a run).

The first thing a run does is to take its own lock in the warehouse, which it holds while it lives: `orphans`
knows by it which runs have died. The second is to mark the requests that it answers (`request_runs`).
"""

import os
import socket
from collections.abc import Iterator

from dagster import InitResourceContext, ResourceDefinition

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.names import PROCESS_TAG
from coda_pipeline.settings import Settings

RESOURCES = {"warehouse", "coda"}
CODING_RESOURCES = {"warehouse", "coding"}
WAREHOUSE = {"warehouse"}


def build_resources(settings: Settings, catalog: Catalog) -> dict[str, ResourceDefinition]:
    """The resources by name."""

    def warehouse(context: InitResourceContext) -> Iterator[object]:
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.defs.connections import open_warehouse  # noqa: PLC0415
        from coda_pipeline.defs.request_runs import answering  # noqa: PLC0415
        from coda_pipeline.warehouse.run_lock import hold_run  # noqa: PLC0415

        with without_personal_data(), open_warehouse(settings) as opened:
            if context.run is None or context.instance is None:
                yield opened
                return
            with hold_run(opened.engine, context.run.run_id):
                context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: _this_process()})
                with answering(opened, context.instance, context.run, catalog):
                    yield opened

    def coda(context: InitResourceContext) -> object:
        from coda_pipeline.defs.connections import Coda  # noqa: PLC0415

        return Coda(settings, catalog, context.resources.warehouse.database_url)

    def coding(context: InitResourceContext) -> Iterator[object]:
        from coda_pipeline.defs.coding_connections import Coding  # noqa: PLC0415

        shared = context.resources.warehouse
        opened = Coding(settings, shared.engine, shared.database_url)
        yield opened
        opened.close()

    return {
        "warehouse": ResourceDefinition(warehouse, description="The PostgreSQL warehouse (DATABASE_URL)."),
        "coda": ResourceDefinition(
            coda, description="The client of Coda (CODA_API_TOKEN).", required_resource_keys={"warehouse"}
        ),
        "coding": ResourceDefinition(
            coding,
            description="The clients of CODING, one per team (CODING_TOKEN_<TEAM>).",
            required_resource_keys={"warehouse"},
        ),
    }


def _this_process() -> str:
    return f"{os.getpid()} on {socket.gethostname()}"
