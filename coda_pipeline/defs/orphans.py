"""Runs whose process is gone: Dagster's default launcher never notices, they would count as running for ever.

A run holds a lock in the warehouse from its first step to its end, and PostgreSQL frees it however the
process ends (`warehouse.run_lock`). So a run that says it is running, while nobody holds its lock, has died.
Called at start-up, before the daemon counts the runs in progress; a run of `coda-pipeline sync` in another
process holds its lock and is left alone. Runs of other code locations on the same instance are never touched.
"""

import time
from collections.abc import Callable

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from sqlalchemy import Engine

from coda_pipeline.defs.names import JOBS, PROCESS_TAG
from coda_pipeline.warehouse.run_lock import living_runs

# Some hundred milliseconds pass from a run's start to its lock, and from the lock's end to the run's.
GRACE_S = 10.0

_RUNNING = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def fail_orphans(
    instance: DagsterInstance,
    engine: Engine,
    *,
    grace_s: float = GRACE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Mark every run as failed that counts as running while its process is gone; their ids.

    Where there are such runs, they get `grace_s` seconds to end by themselves or to take their lock.
    """
    suspects = {run.run_id for run in dead_runs(instance, engine)}
    if not suspects:
        return []
    sleep(grace_s)
    orphans = [run for run in dead_runs(instance, engine) if run.run_id in suspects]
    for run in orphans:
        end_orphan(instance, run)
    return [run.run_id for run in orphans]


def dead_runs(instance: DagsterInstance, engine: Engine) -> list[DagsterRun]:
    """Runs of this project that count as running while nobody holds their lock."""
    runs = [run for run in instance.get_runs(RunsFilter(statuses=_RUNNING)) if _is_ours(run)]
    living = living_runs(engine, [run.run_id for run in runs]) if runs else set()
    return [run for run in runs if run.run_id not in living]


def _is_ours(run: DagsterRun) -> bool:
    """By the tag that a run gives itself with its lock; before that, by the name of its job."""
    return PROCESS_TAG in run.tags or run.job_name in JOBS


def end_orphan(instance: DagsterInstance, run: DagsterRun) -> None:
    """Let a dead run count as failed, or as cancelled where it was to be."""
    if run.status == DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, _message(run))
    else:
        instance.report_run_failed(run, _message(run))


def _message(run: DagsterRun) -> str:
    process = run.tags.get(PROCESS_TAG)
    where = f" ({process})" if process else ""
    return (
        f"The process of this run{where} ended without a word: it was killed, or its machine stopped. "
        "What it had merged is kept and nothing is half done; the next run completes the work."
    )
