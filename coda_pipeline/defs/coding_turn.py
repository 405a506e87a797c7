"""When a run is due that works off what webhooks brought. Pure; `coding_jobs` asks and acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from coda_pipeline.warehouse.coding.inbox import Waiting

# What a failed run left waiting is tried again so often, though nothing new came.
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Launch:
    """Start a run for these tables, once for this key."""

    run_key: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Rest:
    """Nothing to start, and why."""

    reason: str


def turn_of(waiting: Waiting, *, is_under_way: bool, now: datetime) -> Launch | Rest:
    """One run at a time; a new one for each new delivery, and now and then for those that keep waiting."""
    if waiting.count == 0 or waiting.last_at is None:
        return Rest("No delivery waits.")
    if is_under_way:
        return Rest(f"{waiting.count} deliveries wait for the run under way.")
    period = int(now.timestamp() // AGAIN_AFTER.total_seconds())
    return Launch(f"{waiting.last_at.isoformat()} {waiting.count} {period}", waiting.tables)
