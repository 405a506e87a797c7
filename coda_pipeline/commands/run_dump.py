"""Loads dumps in this process, with progress, and tells what became of their lines. Coda's tables: `run`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, Definitions, ExecuteInProcessResult

from coda_pipeline.commands.meter import showing_progress
from coda_pipeline.commands.run_report import failures, made_by, tell_checks, tell_participation
from coda_pipeline.commands.terminal import complain, remark, say
from coda_pipeline.commands.workplace import dagster_instance
from coda_pipeline.defs.launch import backfill_here, load_dump_here
from coda_pipeline.settings import Settings

Runs = list[ExecuteInProcessResult]
NO_LETTERS = {"-"}


def run_backfill(settings: Settings, years: Sequence[int]) -> bool:
    """Load these years from CODA_DUMP_DIR in one run, tell what became of the lines; whether all went well.

    Участие is not resolved: the next sync does that.
    """
    return _run(settings, lambda defs, instance: [backfill_here(defs, instance, years)])


def run_load(settings: Settings, path: Path, years: Sequence[int]) -> bool:
    """Load these years from a file, folder or ZIP, resolve Участие, and tell; whether all went well."""
    return _run(settings, lambda defs, instance: load_dump_here(defs, instance, path, years))


def _run(settings: Settings, start: Callable[[Definitions, DagsterInstance], Runs]) -> bool:
    # Imported here: it reads the environment, which has to be complete by now.
    from coda_pipeline.definitions import defs

    log = settings.dagster_home / "logs" / "sync.log"
    with dagster_instance() as instance, showing_progress(log):
        runs = start(defs, instance)
    for run in runs:
        for line in _loads(run):
            say(line)
        tell_participation(made_by(run))
        tell_checks(run)
        if not run.success:
            for reason in dict.fromkeys(failures(run.all_events)):
                complain(reason)
            remark(f"Run {run.run_id} failed; a year that is not listed above is as it was. Its log: {log}")
    return all(run.success for run in runs)


def _loads(run: ExecuteInProcessResult) -> Iterator[str]:
    """A line for each year that a run loaded, the oldest first."""
    loaded = {event.partition: event for event in run.get_asset_materialization_events() if event.partition}
    for year, event in sorted(loaded.items()):
        metadata = event.step_materialization_data.materialization.metadata
        yield _in_words(year, {name: value.value for name, value in metadata.items()})


def _in_words(year: str, made: Mapping[str, Any]) -> str:
    found = [made[name] for name in ("form", "encoding", "delimiter") if made[name] not in NO_LETTERS]
    return (
        f"{year}: {made['rows_read']} lines read = {made['rows_loaded']} loaded + "
        f"{made['rows_of_other_years']} of other years + {made['rows_rejected']} rejected; "
        f"{made['rows_replaced']} replaced ({', '.join(found)})"
    )
