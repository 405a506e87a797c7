"""What becomes of requests whose runs are over without having closed them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from coda_pipeline.defs.run_outcome import CANCELLED, DIED
from coda_pipeline.warehouse.trigger_runs import OpenRequest

# A run is marked in the warehouse before Dagster's storage says so everywhere.
UNKNOWN_AFTER_S = 120.0


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run that was started for a request, by its key, and whether it is over."""

    run_id: str
    run_key: str
    is_over: bool
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """What to note of a request: its run is gone (`kind` says how), or a further read will not come."""

    request_id: UUID
    kind: Literal["Died", "Cancelled", "pass"]
    number: int = 0


def endings(requests: Sequence[OpenRequest], runs: Mapping[UUID, Sequence[RunFacts]]) -> list[Ending]:
    """What to note. `runs` are those started for each request, whichever attempt or pass."""
    by_id = {run.run_id: run for found in runs.values() for run in found}
    found = []
    for request in requests:
        mine = runs.get(request.request_id, ())
        if request.state == "queued":
            found += [_ending(request, run) for run in mine if run.is_over and run.run_key == _key(request)]
        elif request.state == "running":
            run = by_id.get(request.run_id or "")
            if run is not None and run.is_over:
                found.append(_ending(request, run))
            elif run is None and request.quiet_s > UNKNOWN_AFTER_S:
                found.append(Ending(request.request_id, "Died"))
        else:
            numbers = [_number(run.run_key) for run in mine if run.is_over]
            found += [
                Ending(request.request_id, "pass", number)
                for number in numbers
                if number > request.passes_done
            ]
    return found


def _ending(request: OpenRequest, run: RunFacts) -> Ending:
    return Ending(request.request_id, CANCELLED if run.is_cancelled else DIED)


def _key(request: OpenRequest) -> str:
    return f"{request.request_id}:{request.attempt}"


def _number(run_key: str) -> int:
    parts = run_key.split(":")
    return int(parts[2]) if len(parts) > 2 else 0  # noqa: PLR2004 (id:attempt:pass)
