"""What a run of `sync` did, for people: rows by table, Участие, what went to Coda, and what did not pass."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster import AssetCheckEvaluation, AssetKey, DagsterEvent, DagsterEventType, ExecuteInProcessResult
from dagster_shared.error import SerializableErrorInfo

from coda_pipeline.commands.terminal import complain, remark, say, say_table
from coda_pipeline.defs.names import PARTICIPATION, RECORDS, SENT
from coda_pipeline.defs.publish_report import OUTCOMES as SENT_OUTCOMES
from coda_pipeline.errors import CodaPipelineError

COUNTS = (
    "rows_read",
    "rows_inserted",
    "rows_updated",
    "rows_unchanged",
    "rows_deleted",
    "rows_held",
    "requests",
    "seconds",
)
HEADER = ("table", "read", "new", "changed", "unchanged", "deleted", "held", "requests", "seconds")
OUTCOMES = ("survivors", "duplicates", "twins", "incomplete")
# As tables are named on the command line, so in the report of it.
_SHOWN_AS = {"coda_": "", "coding_": "coding."}


def made_by(result: ExecuteInProcessResult) -> dict[AssetKey | None, Mapping[str, Any]]:
    """What a run made, by asset, with the metadata."""
    return {event.asset_key: _values(event) for event in result.get_asset_materialization_events()}


def tell(result: ExecuteInProcessResult, log: Path) -> None:
    """Print what a run did."""
    made = made_by(result)
    _tell_tables(result)
    tell_participation(made)
    if SENT in made:
        _tell_sent(made[SENT])
    tell_checks(result)
    if not result.success:
        for reason in dict.fromkeys(failures(result.all_events)):
            complain(reason)
        remark(f"Run {result.run_id} failed; what was stored before is kept. Its log: {log}")


def failures(events: Collection[DagsterEvent]) -> Iterator[str]:
    """Why steps, or the run as a whole, failed: the messages of the errors at the bottom of it."""
    for event in events:
        if event.event_type == DagsterEventType.STEP_FAILURE:
            yield _bottom(event.step_failure_data.error)
        elif event.event_type == DagsterEventType.RUN_FAILURE and event.job_failure_data.error:
            yield _bottom(event.job_failure_data.error)


def _bottom(error: SerializableErrorInfo | None) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "A step failed without saying why."
    name, _, message = error.message.strip().partition(": ")
    # Our own messages say what to do; others mean something only with their kind.
    return message if name.startswith(CodaPipelineError.__module__) else f"{name}: {message}"


def _tell_tables(result: ExecuteInProcessResult) -> None:
    rows = []
    for event in result.get_asset_materialization_events():
        key, metadata = event.asset_key, _values(event)
        if key is not None and key.path[0] == "raw":
            rows.append((_shown(key.path[-1]), *(metadata[name] for name in COUNTS)))
    if rows:
        total = [sum(row[n] for row in rows) for n in range(1, len(HEADER))]
        say_table(HEADER, [*rows, ("all", *total[:-1], round(total[-1], 3))])


def _shown(table: str) -> str:
    for prefix, shown in _SHOWN_AS.items():
        if table.startswith(prefix):
            return shown + table.removeprefix(prefix)
    return table


def tell_participation(found: Mapping[AssetKey | None, Mapping[str, Any]]) -> None:
    """Print how many participations the records came to, where a run resolved them."""
    records, live = found.get(RECORDS), found.get(PARTICIPATION)
    if records is None or live is None:
        return
    outcomes = ", ".join(f"{records.get(name, '?')} {name}" for name in OUTCOMES)
    say(f"Участие: {live['dagster/row_count']} participations of {records['dagster/row_count']} records")
    say(f"  ({outcomes}; {live.get('rows_held', '?')} conflicts open)")


def _tell_sent(sent: Mapping[str, Any]) -> None:
    """What went to Coda, or why nothing did."""
    outcomes = ", ".join(f"{sent[name]} {name.replace('_', ' ')}" for name in SENT_OUTCOMES if sent[name])
    held = (
        f"; {sent['rows_held']} rows wait, `coda-pipeline plans show` says why" if sent["rows_held"] else ""
    )
    if sent["nothing_sent_because"] != "-":
        say(f"Nothing was sent to Coda: {sent['nothing_sent_because']}{held}")
    else:
        say(f"To Coda: {outcomes or 'nothing to send'}{held}")


def tell_checks(result: ExecuteInProcessResult) -> None:
    """Print the checks of a run that found something."""
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            remark(f"{evaluation.severity.value}  {_sentence(evaluation)}")


def _sentence(evaluation: AssetCheckEvaluation) -> str:
    return f"{evaluation.check_name}. {evaluation.description or ''}".strip()


def _values(event: DagsterEvent) -> dict[str, Any]:
    metadata = event.step_materialization_data.materialization.metadata
    return {name: value.value for name, value in metadata.items()}
