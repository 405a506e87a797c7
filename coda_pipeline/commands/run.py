"""Runs a sync in this process, with progress, for `sync` and the demo; `run_report` tells what arrived.

The run is an ordinary run of the Dagster instance of this environment (`workplace.export_environment`), so it
shows in the UI with its checks and metadata.
"""

import time
from collections.abc import Callable, Collection, Iterator

from dagster import DagsterInstance, Definitions, ExecuteInProcessResult

from coda_pipeline.commands.meter import showing_progress
from coda_pipeline.commands.run_report import made_by, tell
from coda_pipeline.commands.terminal import say
from coda_pipeline.commands.workplace import dagster_instance
from coda_pipeline.defs.coding_launch import run_coding_here
from coda_pipeline.defs.launch import run_here, write_back_here
from coda_pipeline.defs.names import PLAN
from coda_pipeline.settings import Settings

Runs = Callable[[Definitions, DagsterInstance], Iterator[ExecuteInProcessResult]]


def run_sync(settings: Settings, tables: Collection[str], *, full: bool, pull_only: bool = False) -> bool:
    """Sync some tables of Coda, all where none is named, and print what arrived; whether all of it was done.

    Where one is a source of Участие, what the plan releases is sent and proved, unless `pull_only`. Raises
    `ConfigurationError` for a table that the configuration does not have.
    """
    catalog = settings.catalog()

    def runs(defs: Definitions, instance: DagsterInstance) -> Iterator[ExecuteInProcessResult]:
        read = run_here(defs, catalog, instance, tables=tables, full=full, pull_only=pull_only)
        yield read
        if read.success and PLAN in made_by(read):
            yield write_back_here(defs, instance)

    return _run(settings, runs)


def run_coding_sync(settings: Settings, tables: Collection[str], *, full: bool) -> bool:
    """Poll these tables of every CODING project and print what arrived; whether all of it was done."""

    def runs(defs: Definitions, instance: DagsterInstance) -> Iterator[ExecuteInProcessResult]:
        yield run_coding_here(defs, instance, tables=tables, full=full)

    return _run(settings, runs)


def _run(settings: Settings, runs: Runs) -> bool:
    # Imported here: it reads the environment, which has to be complete by now.
    from coda_pipeline.definitions import defs

    began = time.monotonic()
    log = settings.dagster_home / "logs" / "sync.log"
    with dagster_instance() as instance, showing_progress(log):
        results = list(runs(defs, instance))
    for result in results:
        tell(result, log)
    is_done = all(result.success for result in results)
    if is_done:
        say(f"Done in {time.monotonic() - began:.1f} seconds. Run {results[0].run_id}.")
    return is_done
