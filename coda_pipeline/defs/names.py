"""Every name that Dagster shows: asset keys, groups, owners, tags, jobs. No definitions (see `build`).

An asset key is `[schema, table]` of the table it stands for; an external asset is `[coda_source, name]`.
"""

from collections.abc import Mapping

from dagster import AssetKey

from coda_pipeline.defs.coding_names import SYNC_CODING, WEBHOOK_SENSOR

EXTRACT = "extract"
BACKFILL = "backfill"
RESOLVE = "resolve"
PUBLISH = "publish"

PARTICIPATION = AssetKey(["core", "participation"])
RECORDS = AssetKey(["core", "participation_records"])
DUMP = AssetKey(["raw", "participation_dump"])
PLAN = AssetKey(["sync", "participation_plan"])
SENT = AssetKey(["sync", "participation_write_back"])

SYNC_PARTICIPATION = "sync_participation"
SYNC_CODA = "sync_coda"
WRITE_BACK = "write_back"
BACKFILL_JOB = "backfill_participation_dump"
RESOLVE_JOB = "resolve_participation_after_dump"
JOBS = (SYNC_PARTICIPATION, SYNC_CODA, WRITE_BACK, BACKFILL_JOB, RESOLVE_JOB, SYNC_CODING)
HOURLY = "sync_coda_hourly"
NIGHTLY = "sync_coda_nightly_full"
AFTER_A_PLAN = "write_back_after_a_plan"
PENDING_EDITS = "pending_edits"
APPROVALS = "approvals"

TRIGGER_REQUESTS = "trigger_requests"
CLEAN_UP = "clean_up"
ALERTS = "alerts"
DOC_CHANGED = "doc_changed"
REQUEST_TABLE = "request_table"
DUMP_LANDED = "dump_landed"
# What answers a person or a machine; `serving` turns these on wherever Dagster is started.
ALWAYS_ON = (
    TRIGGER_REQUESTS,
    CLEAN_UP,
    ALERTS,
    REQUEST_TABLE,
    AFTER_A_PLAN,
    PENDING_EDITS,
    APPROVALS,
    WEBHOOK_SENSOR,
    DUMP_LANDED,
)

HR = "team:hr"
DATA = "team:data"

# A run with this tag reads its tables in full, whatever the cursors say. Works in the launchpad as well.
FULL_TAG = "coda_pipeline/full"
# The file that `coda-pipeline load-dump` was given, in place of those in CODA_DUMP_DIR.
DUMP_PATH_TAG = "coda_pipeline/dump_path"
# Runs of one service wait for each other in the queue (dagster_home/dagster.yaml).
SERVICE_TAG = "coda_pipeline/service"
CODA, CODA_WRITING = "coda", "coda_writing"
# Of which request a run is, and which of its further reads (0: the first one).
REQUEST_TAG = "coda_pipeline/request"
PASS_TAG = "coda_pipeline/pass"  # noqa: S105
# Set by the run itself once it holds its lock; says in which process it lives.
PROCESS_TAG = "coda_pipeline/process"


def source_key(table: str) -> AssetKey:
    """The table in Coda, which this project does not make."""
    return AssetKey(["coda_source", table])


def target_key(table: str) -> AssetKey:
    """The same table in Coda, as far as edits made here reach it."""
    return AssetKey(["coda_target", table])


def raw_key(table: str) -> AssetKey:
    """`raw.coda_<table>`, the rows as received."""
    return AssetKey(["raw", f"coda_{table}"])


def doc_link(doc_id: str) -> str:
    """Where a person opens the doc (reference/coda-api.md section 5)."""
    return f"https://coda.io/d/_d{doc_id}"


def table_link(doc_id: str, table_id: str) -> str:
    """Where a person opens the table."""
    return f"{doc_link(doc_id)}#_tu{table_id}"


def is_full(tags: Mapping[str, str]) -> bool:
    """Whether a run with these tags reads in full."""
    return tags.get(FULL_TAG, "").lower() == "true"
