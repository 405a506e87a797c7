"""Whether something that waits for a run should start one now. Pure.

A run key never launches twice, so a demand that is still there long after its run gets a new one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

# Longer than a sync takes; a run that failed leaves its demand behind, and this is when it is tried again.
AGAIN_AFTER = timedelta(minutes=10)


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Demand:
    """What waits: `mark` differs for each new demand; `since` is when the last of it came.

    One that is `is_lasting` stays until a run has dealt with it, others are dealt with by being seen.
    """

    mark: str
    since: datetime
    count: int
    is_lasting: bool = True


@dataclass(frozen=True)
class Launched:
    """The last run that was asked for, as the sensor's cursor keeps it."""

    mark: str
    attempt: int
    at: datetime

    @property
    def run_key(self) -> str:
        """Never the same for two runs."""
        return f"{self.mark}:{self.attempt}"

    def dump(self) -> str:
        """As a cursor."""
        return orjson.dumps({"mark": self.mark, "attempt": self.attempt, "at": self.at.isoformat()}).decode()

    @classmethod
    def parse(cls, cursor: str | None) -> "Launched | None":
        """From a cursor; None where there is none, or it is not one of ours."""
        try:
            found = orjson.loads(cursor or "")
            return cls(found["mark"], found["attempt"], datetime.fromisoformat(found["at"]))
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Decision:
    """The run to ask for, or None and why not."""

    launched: Launched | None
    says: str


def decide(demand: Demand | None, last: Launched | None, *, now: datetime, quiet_s: float) -> Decision:
    """Launch once for each demand, `quiet_s` after its last part came, and again if it stays."""
    if demand is None:
        return Decision(None, "Nothing waits.")
    quiet_for = now - demand.since
    if quiet_for < timedelta(seconds=quiet_s):
        return Decision(None, f"{demand.count} wait; the last came {quiet_for.total_seconds():.0f} s ago.")
    if last is None or last.mark != demand.mark:
        return Decision(Launched(demand.mark, 1, now), "New.")
    if demand.is_lasting and now - last.at >= AGAIN_AFTER:
        return Decision(Launched(demand.mark, last.attempt + 1, now), "Still there.")
    return Decision(None, "A run for this was asked for.")
