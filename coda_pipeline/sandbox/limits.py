"""The rate limits of section 3: four classes, per user, over sliding windows.

They go by the wall clock whatever clock the doc has: a client waits in real time.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock
from typing import Literal

from coda_pipeline.sandbox.config import Rate, Rates

Kind = Literal["read", "write", "row_write", "doc_listing"]


class RateLimiter:
    """Counts requests per user and class. Tokens of one user share everything."""

    def __init__(self, rates: Rates | None, now: Callable[[], float] = time.monotonic) -> None:
        self.rates = rates
        self._now = now
        self._sent: dict[tuple[str, Kind], deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def off(self) -> None:
        """Limits nothing from now on."""
        self.rates = None

    def on(self, rates: Rates | None = None) -> None:
        """Limits from now on, with empty windows."""
        with self._lock:
            self._sent.clear()
            self.rates = rates or Rates()

    def refused_for_s(self, login: str, kind: Kind) -> float | None:
        """Counts a request; None if it may go, else the seconds until one may."""
        rates = self.rates
        if rates is None:
            return None
        rate: Rate = getattr(rates, kind)
        now = self._now()
        with self._lock:
            sent = self._sent[login, kind]
            while sent and sent[0] <= now - rate.seconds:
                sent.popleft()
            if len(sent) < rate.requests:
                sent.append(now)
                return None
            wait_s = sent[0] + rate.seconds - now
            if rates.count_refused:
                sent.append(now)
                sent.popleft()
            return wait_s
