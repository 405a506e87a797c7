"""One line of requests before one bucket of pyrate-limiter: how a stamp is taken and waited for.

Not here: which buckets there are, and where they are stored (see `budget`).

What is built around the bucket, and why:

- The slack lengthens the window (100 requests in 6 s become 100 in 6.19 s) instead of lowering the count:
  three row writes less 3 % would be two, a third of the budget lost. It is also the room for requests that
  travel at unequal speed: they may arrive closer together by as much without breaking the service's limit.
- PostgreSQL's bucket answers "no" at once while another process holds its lock (NOWAIT) and names no time
  to wait; its own limiter would spin. Here such a refusal costs a few milliseconds.
- A stamp is taken before the lock. If the process was held up until the slack is used up before the request
  can go, the stamp is worth nothing, and one more is taken.
- The library's leaking thread is not started: old stamps are removed on the way, once a minute.
- A database clock that was set back leaves stamps in the future, and they would block until that time
  comes. They count for one window, then they are dropped.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from pyrate_limiter import AbstractBucket, Rate, RateItem
from pyrate_limiter.abstracts.algorithm import Decision

from coda_pipeline.catalog_limits import RateLimit

LEAK_EVERY_MS = 60_000
CONTENDED_WAIT_S = (0.002, 0.008)
# Less than this cannot be told from ordinary work.
MIN_SLACK_S = 0.02


@dataclass(frozen=True)
class TimeSource:
    """Where a budget takes its time from: stamps, durations, waiting."""

    now_ms: Callable[[], int]
    clock_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def rate_of(limit: RateLimit, slack: float) -> Rate:
    """The limit less its slack: as many requests, in a window that is longer by the slack."""
    return Rate(limit.requests, ceil(limit.seconds * 1000 / (1 - slack)))


class Lane:
    """One bucket and the loop that waits for it. Threads may share it."""

    def __init__(self, bucket: AbstractBucket, *, slack_s: float, time_source: TimeSource) -> None:
        self._bucket = bucket
        self._window_ms = bucket.rates[0].interval
        self._late_after_s = slack_s if slack_s >= MIN_SLACK_S else inf
        self._time = time_source
        self._leaked_at_ms = 0
        # The bucket keeps its last decision on itself.
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Take one stamp, and a second one where the first came too late to be of use."""
        if self._take() > self._late_after_s:
            self._take()

    def _take(self) -> float:
        """Wait for a stamp and return how many seconds ago it was made."""
        future_stamps_waited_for = False
        while True:
            # The stamp is made once it is this thread's turn: behind other threads it would grow too old.
            with self._lock:
                asked_at_s = self._time.clock_s()
                decision = self._put(self._time.now_ms())
            if decision.allowed:
                return self._time.clock_s() - asked_at_s
            wait_ms = decision.retry_after_ms
            if wait_ms is None:
                self._time.sleep(random.uniform(*CONTENDED_WAIT_S))  # noqa: S311 -- not for cryptography
            elif wait_ms <= self._window_ms + 1:
                self._time.sleep(wait_ms / 1000)
            elif future_stamps_waited_for:
                self._bucket.flush()
            else:
                future_stamps_waited_for = True
                self._time.sleep(self._window_ms / 1000)

    def _put(self, stamp_ms: int) -> Decision:
        if stamp_ms - self._leaked_at_ms > LEAK_EVERY_MS:
            self._bucket.leak(stamp_ms)
            self._leaked_at_ms = stamp_ms
        decision = self._bucket.put_decision(RateItem("request", stamp_ms))
        assert isinstance(decision, Decision)  # noqa: S101 -- both buckets answer at once
        return decision
