"""Which requests get a run now. Pure: facts in, run keys out; the sensor only reads and emits.

A run key never launches twice, so what was decided may be decided again at every tick until it shows in the
facts. Every attempt and every further read has a key of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from coda_pipeline.defs.names import PASS_TAG, REQUEST_TAG
from coda_pipeline.warehouse.trigger_runs import PASSES_AT_S, OpenRequest

# Whoever waits for an answer goes before what nobody waits for.
FIRST_PRIORITY, PASS_PRIORITY = 10, -1
_PRIORITY_TAG = "dagster/priority"


@dataclass(frozen=True, slots=True)
class Launch:
    """One run to start: the first read of an attempt (`number` 0), or a further read of the request."""

    request_id: UUID
    attempt: int
    number: int = 0

    @property
    def run_key(self) -> str:
        """`id:attempt`, or `id:attempt:pass`."""
        return f"{self.request_id}:{self.attempt}" + (f":{self.number}" if self.number else "")

    @property
    def tags(self) -> Mapping[str, str]:
        """By these the run knows what it answers."""
        priority = PASS_PRIORITY if self.number else FIRST_PRIORITY
        return {REQUEST_TAG: str(self.request_id), PASS_TAG: str(self.number), _PRIORITY_TAG: str(priority)}


@dataclass(frozen=True, slots=True)
class Decision:
    """Runs to start, and requests that need no further read."""

    launches: tuple[Launch, ...] = ()
    settled: tuple[UUID, ...] = ()


def decide(requests: Sequence[OpenRequest]) -> Decision:
    """What to start now. A run answers everything that is queued when it begins, so one is enough for all."""
    waiting = [request for request in requests if request.state == "queued" and request.is_due]
    launches = [Launch(request.request_id, request.attempt) for request in waiting[-1:]]
    settled = []
    for request in requests:
        if request.state not in {"succeeded", "needs_attention"}:
            continue
        wanted = _passes_left(request)
        if not wanted or request.is_covered:
            settled.append(request.request_id)
            continue
        due = [number for number in wanted if request.age_s >= PASSES_AT_S[number - 1]]
        launches += [Launch(request.request_id, request.attempt, number) for number in due[-1:]]
    return Decision(tuple(launches), tuple(settled))


def _passes_left(request: OpenRequest) -> list[int]:
    """The further reads that would see more than the latest one did."""
    seen_s = request.read_at_s if request.read_at_s is not None else 0.0
    numbered = enumerate(PASSES_AT_S, start=1)
    return [number for number, at_s in numbered if number > request.passes_done and at_s > seen_s]
