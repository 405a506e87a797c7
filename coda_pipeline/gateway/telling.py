"""What a stored request means for the sentence: from the warehouse's facts to `sentence.Told`."""

from zoneinfo import ZoneInfo

from coda_pipeline.gateway.sentence import Told
from coda_pipeline.warehouse.trigger_requests import TriggerRequest
from coda_pipeline.warehouse.trigger_runs import PASSES_AT_S


def told_of(found: TriggerRequest, zone: ZoneInfo, *, stuck: bool = False) -> Told:
    """All that the sentence about a request is made of."""
    return Told(
        state=found.state,
        as_of=found.as_of,
        counts=found.counts,
        is_settled=is_settled(found),
        is_stuck=stuck,
        attempt=found.attempt,
        error_kind=found.error_kind,
        error=found.error,
        zone=zone,
    )


def is_last_word(found: TriggerRequest) -> bool:
    """Whether nothing more will be told of a request that has ended."""
    return found.state == "failed" or found.passes_done >= len(PASSES_AT_S) or is_settled(found)


def is_settled(found: TriggerRequest) -> bool:
    """Whether a complete read began so long after the last press that it must have seen what was before."""
    if found.read_started_at is None:
        return False
    return (found.read_started_at - found.last_pressed_at).total_seconds() >= PASSES_AT_S[-1]
