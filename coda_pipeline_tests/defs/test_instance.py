"""dagster_home/dagster.yaml: what the project asks of Dagster."""

import subprocess
import sys

from dagster import DagsterInstance
from dagster._core.run_coordinator import QueuedRunCoordinator
from sqlalchemy import Engine, text

HEAVY = {"alembic", "fastapi", "jinja2", "pandas", "rich", "starlette", "typer", "uvicorn"}


def test_everything_of_dagster_is_stored_in_postgresql(instance: DagsterInstance, engine: Engine) -> None:
    with engine.connect() as conn:
        tables = set(conn.scalars(text("select tablename from pg_tables where schemaname = 'public'")))
    assert {"runs", "event_logs", "instigators"} <= tables


def test_a_queued_run_waits_a_second_not_five(instance: DagsterInstance) -> None:
    coordinator = instance.run_coordinator
    assert isinstance(coordinator, QueuedRunCoordinator)
    assert coordinator.dequeue_interval_seconds == 1


def test_reads_wait_for_reads_and_writes_for_writes_but_no_press_for_a_write(
    instance: DagsterInstance,
) -> None:
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs > 1
    assert queue.tag_concurrency_limits == [
        {"key": "coda_pipeline/service", "value": "coda", "limit": 1},
        {"key": "coda_pipeline/service", "value": "coda_writing", "limit": 1},
    ]


def test_runs_are_watched_and_nothing_is_sent_home(instance: DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_start_timeout_seconds > 0
    assert instance.run_monitoring_max_runtime_seconds > 0
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled


def test_loading_the_code_location_imports_nothing_that_it_does_not_need() -> None:
    program = "import coda_pipeline.definitions, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    argv = [sys.executable, "-c", program]
    found = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())
