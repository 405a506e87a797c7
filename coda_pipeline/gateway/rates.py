"""How often a caller may call: token buckets in this process, one per caller.

One gateway is one process, so what it counts is all there is. Pure but for the clock, which is given.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# More callers than this at a time are strangers; the longest silent ones are forgotten.
MAX_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls at once, and so many a second in the long run."""

    burst: int
    per_s: float


class Rates:
    """Buckets by caller; safe to use from several threads."""

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, caller: str, *, spend: bool = True) -> float:
        """0 where the caller may call now, which then counts; else how many seconds to wait."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(caller, (float(self._rate.burst), now))
            left = min(float(self._rate.burst), left + (now - since) * self._rate.per_s)
            may = left >= 1
            self._buckets[caller] = (left - 1 if may and spend else left, now)
            while len(self._buckets) > MAX_CALLERS:
                self._buckets.popitem(last=False)
            return 0.0 if may else (1 - left) / self._rate.per_s
