"""How a run went, from its own events. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dagster import DagsterEvent, DagsterEventType
from dagster_shared.error import SerializableErrorInfo

from coda_pipeline.defs.names import PARTICIPATION
from coda_pipeline.errors import CodaPipelineError, IncompleteReadError, RetriableError

LOGGED = {
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_CHECK_EVALUATION,
}
COUNTED = {
    "rows_read": "read",
    "rows_inserted": "inserted",
    "rows_updated": "updated",
    "rows_unchanged": "unchanged",
    "rows_deleted": "deleted",
    "rows_held": "held",
}
CANCELLED, DIED, CHECK_FAILED = "Cancelled", "Died", "CheckFailed"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Counts of the reads, or why the run came to nothing, in a message without personal data."""

    counts: Mapping[str, int] = field(default_factory=dict)
    error_kind: str | None = None
    error: str | None = None

    @property
    def may_retry(self) -> bool:
        """Whether another run may do better without anybody doing anything."""
        return self.error_kind in RETRIABLE


def outcome_of(
    events: Sequence[DagsterEvent], *, sources: Collection[str], is_cancelled: bool = False
) -> RunOutcome:
    """How a run went that was to read `sources` (asset keys as text) and to resolve Участие."""
    made = [event for event in events if event.event_type == DagsterEventType.ASSET_MATERIALIZATION]
    if any(event.asset_key == PARTICIPATION for event in made):
        return RunOutcome(_counts(made, sources))
    if is_cancelled:
        return RunOutcome(error_kind=CANCELLED, error="The run was ended by hand.")
    failed_checks = list(_failed_checks(events))
    if failed_checks:
        return RunOutcome(error_kind=CHECK_FAILED, error=", ".join(failed_checks))
    for event in events:
        if event.event_type == DagsterEventType.STEP_FAILURE:
            return _failure(event.step_failure_data.error)
    return RunOutcome(error_kind=DIED, error="The run ended before Участие was resolved.")


def _counts(made: Sequence[DagsterEvent], sources: Collection[str]) -> dict[str, int]:
    counts = dict.fromkeys(COUNTED.values(), 0)
    for event in made:
        if event.asset_key is None or event.asset_key.to_user_string() not in sources:
            continue
        metadata = event.step_materialization_data.materialization.metadata
        for name, short in COUNTED.items():
            value = metadata[name].value if name in metadata else 0
            counts[short] += value if isinstance(value, int) else 0
    return counts


def _failed_checks(events: Sequence[DagsterEvent]) -> Iterator[str]:
    """Blocking checks that failed. `complete` says why in its error, which comes as the step's failure."""
    for event in events:
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            if found.blocking and not found.passed and found.check_name != "complete":
                yield f"{found.asset_key.to_user_string()}: {found.check_name}"


def _failure(error: SerializableErrorInfo | None) -> RunOutcome:
    """The error at the bottom of it; only the project's own messages are known to hold nothing personal."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return RunOutcome(error_kind=DIED, error="The run did not say why.")
    name, _, message = error.message.strip().partition(": ")
    is_ours = name.startswith(CodaPipelineError.__module__)
    return RunOutcome(
        error_kind=name.rpartition(".")[2], error=message if is_ours else "See the run in the Dagster UI."
    )


def _names_below(kind: type[Exception]) -> Iterator[str]:
    yield kind.__name__
    for below in kind.__subclasses__():
        yield from _names_below(below)


RETRIABLE = frozenset({*_names_below(RetriableError), IncompleteReadError.__name__, DIED})
