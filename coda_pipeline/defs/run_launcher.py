"""How a run gets its process: forked from one that has loaded Dagster and the libraries already.

Dagster's own launcher starts a new Python for each run, which imports Dagster for some three seconds: most of
what a person waited after pressing the button. Here Python's fork server imports them once. The project's own
code and configuration are loaded by each run, as before, so no run is older than the code.

`dagster.yaml` names this launcher; without those lines Dagster uses its own.
"""

import multiprocessing
import os
import sys
import threading
from multiprocessing.context import ForkServerProcess

from dagster import DagsterInstance, DagsterRun, DefaultRunLauncher
from dagster._core.instance import InstanceRef
from dagster._core.launcher import LaunchRunContext
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData

from coda_pipeline.defs.orphans import end_orphan
from coda_pipeline.defs.run_worker import execute

# What a run imports that is not ours, and takes time. A name that cannot be imported is passed over.
PRELOADED = [
    "dagster._cli",
    "dagster_postgres",
    "orjson",
    "psycopg",
    "psycopg_pool",
    "pydantic_settings",
    "pyrate_limiter",
    "requests",
]


class ForkingRunLauncher(DefaultRunLauncher):
    """Starts each run as a fork of a warm process, which lives as long as the daemon that launches.

    Runs of a code location that has a server or a Python of its own are left to Dagster's launcher.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._processes = multiprocessing.get_context("forkserver")
        self._workers: list[ForkServerProcess] = []

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process and return at once."""
        run, origin = context.dagster_run, context.job_code_origin
        if origin is None or not _is_of_this_python(run):
            super().launch_run(context)
            return
        self._processes.set_forkserver_preload(PRELOADED)
        instance_ref = self._instance.get_ref()
        args = ExecuteRunArgs(job_origin=origin, run_id=run.run_id, instance_ref=instance_ref)
        worker = self._processes.Process(target=execute, args=(args, instance_ref, dict(os.environ)))
        worker.start()
        self._workers.append(worker)
        threading.Thread(target=self._watch, args=(worker, run.run_id, instance_ref), daemon=True).start()

    def terminate(self, run_id: str) -> bool:
        """Ask the run to end, from whatever process; its worker looks for that. False if it has ended."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or GRPC_INFO_TAG in run.tags:
            return super().terminate(run_id)
        self._instance.report_run_canceling(run)
        return True

    def dispose(self) -> None:
        """End what was started here: the daemon ends, and would wait for its workers."""
        for worker in list(self._workers):
            worker.terminate()
        super().dispose()

    def _watch(self, worker: ForkServerProcess, run_id: str, instance_ref: InstanceRef) -> None:
        """Let the run count as failed at once where its process ends without a word."""
        worker.join()
        self._workers.remove(worker)
        if _is_there(worker.pid):
            return  # it is the warm process that ended
        with DagsterInstance.from_ref(instance_ref) as instance:
            run = instance.get_run_by_id(run_id)
            if run is not None and not run.is_finished:
                end_orphan(instance, run)


def _is_of_this_python(run: DagsterRun) -> bool:
    origin = run.remote_job_origin
    location = origin.repository_origin.code_location_origin if origin else None
    if not isinstance(location, ManagedGrpcPythonEnvCodeLocationOrigin):
        return False
    return location.loadable_target_origin.executable_path in {None, sys.executable}


def _is_there(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    return True
