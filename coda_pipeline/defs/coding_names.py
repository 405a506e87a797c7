"""Every name that Dagster shows of CODING: asset keys, group, job, schedule, sensor, tags. See `names`."""

from collections.abc import Mapping

from dagster import AssetKey

CODING = "coding"
# The tables of CODING, by the names of their views in schema `coding`.
TABLES = ("issues", "iterations", "project_members")

SYNC_CODING = "sync_coding"
EVERY_TEN_MINUTES = "sync_coding_every_ten_minutes"
WEBHOOK_SENSOR = "coding_webhook_sensor"

# A run with this tag works off what webhooks brought; without it, it polls.
INCOMING_TAG = "coda_pipeline/coding"
WEBHOOKS = "webhooks"


def coding_source_key(table: str) -> AssetKey:
    """The table in CODING, which this project does not make."""
    return AssetKey(["coding_source", table])


def coding_raw_key(table: str) -> AssetKey:
    """`raw.coding_<table>`, the records as received."""
    return AssetKey(["raw", f"coding_{table}"])


def project_link(team_url: str, project: str) -> str:
    """Where a person opens the project (reference/coding-api.md section 5)."""
    return f"{team_url}/p/{project}"


def is_from_webhooks(tags: Mapping[str, str]) -> bool:
    """Whether a run with these tags works off what webhooks brought."""
    return tags.get(INCOMING_TAG, "") == WEBHOOKS
