"""Runs whose process was killed are failed at start-up; living runs, and those of others, are left alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from sqlalchemy import Engine

from coda_pipeline.defs.names import PROCESS_TAG, SYNC_CODA
from coda_pipeline.defs.orphans import fail_orphans
from coda_pipeline.sandbox import schema
from coda_pipeline_tests.defs.workshop import Workshop

PATIENCE_S = 120
SYNC = """
from dagster import DagsterInstance
from coda_pipeline.defs.build import build_definitions
from coda_pipeline.defs.launch import run_here
from coda_pipeline.settings import Settings
settings = Settings()
run_here(build_definitions(settings), settings.catalog(), DagsterInstance.get(), tables=["people"])
"""


@contextmanager
def running_sync(workshop: Workshop, database: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A sync of people in a process of its own, which Coda keeps waiting until the block ends."""
    workshop.sandbox.faults.inject("slow", path=f"{schema.PEOPLE}/rows$", times=None, seconds=PATIENCE_S)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DAGSTER_DATABASE_URL": database,
        "DAGSTER_HOME": str(workshop.settings.dagster_home),
        "CODA_API_TOKEN": workshop.sandbox.token,
        "CODA_BASE_URL": workshop.sandbox.base_url,
    }
    log = folder / "sync.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SYNC], env=environment, cwd=folder, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for_held_run(instance: DagsterInstance, process: subprocess.Popen[bytes]) -> DagsterRun:
    """The one run, once it says in which process it lives."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at and process.poll() is None:
        for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
            if PROCESS_TAG in run.tags:
                return run
        time.sleep(0.1)
    pytest.fail("the run did not start")


def status_of(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_a_run_is_failed_once_its_process_was_killed_and_not_before(
    workshop: Workshop, database: str, engine: Engine, tmp_path: Path
) -> None:
    with running_sync(workshop, database, tmp_path) as process:
        run = wait_for_held_run(workshop.instance, process)
        assert run.tags[PROCESS_TAG].startswith(f"{process.pid} on ")
        assert fail_orphans(workshop.instance, engine, grace_s=0) == []
        assert status_of(workshop.instance, run.run_id) is DagsterRunStatus.STARTED
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert fail_orphans(workshop.instance, engine, grace_s=5) == [run.run_id]
    assert status_of(workshop.instance, run.run_id) is DagsterRunStatus.FAILURE
    stored = workshop.everything_stored(run.run_id)
    assert f"The process of this run ({run.tags[PROCESS_TAG]}) ended without a word" in stored
    assert fail_orphans(workshop.instance, engine, grace_s=0) == []


def test_a_run_that_was_to_be_cancelled_when_it_died_counts_as_cancelled(
    instance: DagsterInstance, engine: Engine
) -> None:
    run = instance.add_run(DagsterRun(job_name=SYNC_CODA, status=DagsterRunStatus.CANCELING))
    assert fail_orphans(instance, engine, grace_s=0) == [run.run_id]
    assert status_of(instance, run.run_id) is DagsterRunStatus.CANCELED


def test_a_run_that_ends_within_the_grace_is_not_an_orphan(instance: DagsterInstance, engine: Engine) -> None:
    run = instance.add_run(DagsterRun(job_name=SYNC_CODA, status=DagsterRunStatus.STARTED))

    def meanwhile(_seconds: float) -> None:
        instance.report_run_failed(run, "ended by itself")

    assert fail_orphans(instance, engine, sleep=meanwhile) == []


def test_runs_that_wait_and_runs_of_other_projects_are_left_alone(
    instance: DagsterInstance, engine: Engine
) -> None:
    theirs = instance.add_run(DagsterRun(job_name="their_job", status=DagsterRunStatus.STARTED))
    waiting = instance.add_run(DagsterRun(job_name=SYNC_CODA, status=DagsterRunStatus.NOT_STARTED))
    assert fail_orphans(instance, engine, grace_s=0) == []
    assert status_of(instance, theirs.run_id) is DagsterRunStatus.STARTED
    assert status_of(instance, waiting.run_id) is DagsterRunStatus.NOT_STARTED
