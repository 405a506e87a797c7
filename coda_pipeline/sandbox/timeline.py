"""One doc in time: what people see, what the API's snapshot shows, and the writes still on their way.

An edit changes the live doc at once and the snapshot `lag_s` later; a write by the API reaches the live doc
only `write_delay_s` after it was accepted. Nothing runs by itself: every request and act calls `catch_up`.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from coda_pipeline.sandbox.clock import Clock
from coda_pipeline.sandbox.document import Change, DocState

# Decides what a write does, looking at the live doc at the time it is applied.
Effect = Callable[[DocState, datetime], Iterable[Change]]
KEPT_FOR = timedelta(days=1)


@dataclass
class Mutation:
    """An accepted write. It never fails: at worst it changes nothing."""

    request_id: str
    accepted_at: datetime
    applies_at: datetime
    readable_at: datetime
    effect: Effect


class Timeline:
    """The live doc, its snapshot, and the way between them."""

    def __init__(
        self, live: DocState, snapshot: DocState, clock: Clock, *, lag_s: float, write_delay_s: float
    ) -> None:
        self.live = live
        self.snapshot = snapshot
        self.clock = clock
        self.lag_s = lag_s
        self.write_delay_s = write_delay_s
        self.mutations: dict[str, Mutation] = {}
        self._waiting: deque[Mutation] = deque()
        self._unpublished: deque[tuple[datetime, Change]] = deque()

    def record(self, changes: Iterable[Change], at: datetime | None = None) -> None:
        """Changes the live doc now; the snapshot follows after the lag."""
        at = at or self.clock.now()
        for change in changes:
            self.live.apply(change, at)
            self._unpublished.append((at, change))
        self._publish(self.clock.now())

    def accept(self, request_id: str, effect: Effect) -> None:
        """Takes a write on; it is applied after the write delay."""
        now = self.clock.now()
        applies_at = now + timedelta(seconds=self.write_delay_s)
        readable_at = applies_at + timedelta(seconds=self.lag_s)
        mutation = Mutation(request_id, now, applies_at, readable_at, effect)
        self.mutations[request_id] = mutation
        self._waiting.append(mutation)
        self.catch_up()

    def catch_up(self) -> None:
        """Applies the writes that are due and moves the snapshot on."""
        now = self.clock.now()
        while self._waiting and self._waiting[0].applies_at <= now:
            mutation = self._waiting.popleft()
            self.record(list(mutation.effect(self.live, mutation.applies_at)), mutation.applies_at)
        self._publish(now)

    @property
    def is_behind(self) -> bool:
        """Whether any edit, from anyone, is not in the snapshot yet."""
        return bool(self._waiting or self._unpublished)

    def mutation(self, request_id: str) -> Mutation | None:
        """An accepted write, for about a day."""
        found = self.mutations.get(request_id)
        if found is not None and self.clock.now() - found.accepted_at > KEPT_FOR:
            return None
        return found

    def _publish(self, now: datetime) -> None:
        lag = timedelta(seconds=self.lag_s)
        while self._unpublished and self._unpublished[0][0] + lag <= now:
            at, change = self._unpublished.popleft()
            self.snapshot.apply(change, at)
