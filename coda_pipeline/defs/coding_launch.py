"""Running `sync_coding` in the caller's own process, as `coda-pipeline sync coding` does. See `launch`."""

from collections.abc import Collection

from dagster import DagsterInstance, Definitions, ExecuteInProcessResult

from coda_pipeline.defs.coding_names import INCOMING_TAG, SYNC_CODING, TABLES, WEBHOOKS, coding_raw_key
from coda_pipeline.defs.names import FULL_TAG

# The UI lists a run under its job by this label, which a run that no workspace launched would lack.
_LABEL = {".dagster/repository": "__repository__@coda_pipeline"}


def run_coding_here(
    definitions: Definitions,
    instance: DagsterInstance,
    *,
    tables: Collection[str] = TABLES,
    full: bool = False,
    from_webhooks: bool = False,
) -> ExecuteInProcessResult:
    """Poll the tables of every CODING project, or work off what webhooks brought.

    A failed run is told by the result, not raised.
    """
    tags = {FULL_TAG: "true"} if full else {}
    if from_webhooks:
        tags[INCOMING_TAG] = WEBHOOKS
    return definitions.resolve_job_def(SYNC_CODING).execute_in_process(
        instance=instance,
        asset_selection=[coding_raw_key(table) for table in TABLES if table in tables],
        tags={**_LABEL, **tags},
        raise_on_error=False,
    )
