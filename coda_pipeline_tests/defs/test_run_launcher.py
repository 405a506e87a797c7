"""How runs get their processes: forked from a warm one, never older than the code, ended when asked to."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterInvariantViolationError, DagsterRun, DagsterRunStatus
from dagster._core.code_pointer import FileCodePointer
from dagster._core.launcher import LaunchRunContext
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    CodeLocationOrigin,
    GrpcServerCodeLocationOrigin,
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import create_run_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from sqlalchemy.engine import make_url

from coda_pipeline.defs.run_worker import LOOK_EVERY_S
from coda_pipeline_tests.conftest import TestServer

PATIENCE_S = 60
CODE = """
import os, time
from dagster import Definitions, in_process_executor, job, op

@op
def tell(context):
    context.instance.add_run_tags(context.run.run_id, {"parent": str(os.getppid()), "says": "first"})

@op
def wait(context):
    context.instance.add_run_tags(context.run.run_id, {"process": str(os.getpid())})
    time.sleep(60)

@job(executor_def=in_process_executor)
def telling():
    tell()

@job(executor_def=in_process_executor)
def waiting():
    wait()

defs = Definitions(jobs=[telling, waiting])
"""

Launch = Callable[[str], str]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module with a job that says in which process it runs, and one that waits."""
    path = tmp_path / "some_jobs.py"
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.fixture
def launch(instance: DagsterInstance, module: Path) -> Iterator[Launch]:
    """Launches a job of that module; the run's id."""
    location = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(python_file=str(module)))
    before = set(threading.enumerate())
    yield partial(launched, instance, module, location)
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_S)


def launched(instance: DagsterInstance, module: Path, location: CodeLocationOrigin, job_name: str) -> str:
    pointer = FileCodePointer(str(module), "defs", str(module.parent))
    code = RepositoryPythonOrigin(sys.executable, pointer)
    run = create_run_for_test(
        instance,
        job_name,
        status=DagsterRunStatus.STARTING,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job_name),
        job_code_origin=JobPythonOrigin(job_name, code),
    )
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
    return run.run_id


def run_of(instance: DagsterInstance, run_id: str) -> DagsterRun:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run


def wait_until(instance: DagsterInstance, run_id: str, holds: Callable[[DagsterRun], bool]) -> DagsterRun:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        run = run_of(instance, run_id)
        if holds(run):
            return run
        time.sleep(0.1)
    pytest.fail(f"the run came no further than {run_of(instance, run_id).status}")


def succeeded(run: DagsterRun) -> bool:
    assert run.status is not DagsterRunStatus.FAILURE
    return run.status is DagsterRunStatus.SUCCESS


def test_runs_are_forked_from_one_process_that_is_warm(instance: DagsterInstance, launch: Launch) -> None:
    runs = [wait_until(instance, launch("telling"), succeeded) for _ in range(2)]
    parents = {run.tags["parent"] for run in runs}
    assert len(parents) == 1
    assert parents != {str(os.getpid())}


def test_who_kills_the_warm_process_kills_no_run_and_the_next_one_gets_another(
    instance: DagsterInstance, launch: Launch
) -> None:
    warm = int(wait_until(instance, launch("telling"), succeeded).tags["parent"])
    waiting = launch("waiting")
    wait_until(instance, waiting, lambda run: "process" in run.tags)
    os.kill(warm, signal.SIGKILL)
    os.waitid(os.P_PID, warm, os.WEXITED | os.WNOWAIT)
    assert wait_until(instance, launch("telling"), succeeded).tags["parent"] != str(warm)
    assert run_of(instance, waiting).status is DagsterRunStatus.STARTED
    assert instance.run_launcher.terminate(waiting)
    wait_until(instance, waiting, lambda run: run.status is DagsterRunStatus.CANCELED)


def test_a_run_is_never_older_than_the_code(instance: DagsterInstance, launch: Launch, module: Path) -> None:
    assert wait_until(instance, launch("telling"), succeeded).tags["says"] == "first"
    module.write_text(CODE.replace("first", "second, longer"), encoding="utf-8")
    assert wait_until(instance, launch("telling"), succeeded).tags["says"] == "second, longer"


def test_a_run_ends_when_another_process_asks_dagster_to_end_it(
    instance: DagsterInstance, launch: Launch
) -> None:
    run_id = launch("waiting")
    process = int(wait_until(instance, run_id, lambda run: "process" in run.tags).tags["process"])
    with DagsterInstance.from_ref(instance.get_ref()) as the_uis_own:
        assert the_uis_own.run_launcher.terminate(run_id)
    wait_until(instance, run_id, lambda run: run.status is DagsterRunStatus.CANCELED)
    wait_until_gone(process)
    assert not instance.run_launcher.terminate(run_id)


@pytest.mark.drill
def test_a_run_still_ends_when_asked_after_the_database_was_away(
    instance: DagsterInstance, launch: Launch, server: TestServer, database: str
) -> None:
    run_id, name = launch("waiting"), str(make_url(database).database)
    wait_until(instance, run_id, lambda run: "process" in run.tags)
    server.execute("alter database {} allow_connections false", name)
    # Longer than a look and all tries of Dagster's to connect, each of which waits twice as long.
    time.sleep(LOOK_EVERY_S + 14)
    server.execute("alter database {} allow_connections true", name)
    assert instance.run_launcher.terminate(run_id)
    wait_until(instance, run_id, lambda run: run.status is DagsterRunStatus.CANCELED)


def test_a_run_whose_process_was_killed_has_failed_at_once(instance: DagsterInstance, launch: Launch) -> None:
    run_id = launch("waiting")
    process = int(wait_until(instance, run_id, lambda run: "process" in run.tags).tags["process"])
    os.kill(process, signal.SIGKILL)
    wait_until(instance, run_id, lambda run: run.status is DagsterRunStatus.FAILURE)


def test_runs_end_with_the_daemon_that_started_them(instance: DagsterInstance, launch: Launch) -> None:
    run_id = launch("waiting")
    process = int(wait_until(instance, run_id, lambda run: "process" in run.tags).tags["process"])
    instance.run_launcher.dispose()
    wait_until(instance, run_id, lambda run: run.is_finished)
    wait_until_gone(process)


def test_a_location_with_a_server_of_its_own_is_left_to_dagsters_launcher(
    instance: DagsterInstance, module: Path
) -> None:
    elsewhere = GrpcServerCodeLocationOrigin(host="elsewhere", port=4000)
    # Which wants to ask that server, and is not told here where it is.
    with pytest.raises(DagsterInvariantViolationError, match="DefaultRunLauncher requires a workspace"):
        launched(instance, module, elsewhere, "telling")


def wait_until_gone(process: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail(f"process {process} is still there")
