"""The sandbox's clocks: moved by hand in tests, or running, as fast as wanted, elsewhere.

Everything that the doc does in time (snapshots, delayed writes, Today()) goes by one of these. The rate
windows do not: see `limits`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# A Tuesday morning; the demo doc reaches up to the month before.
DEFAULT_START = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


class Clock(Protocol):
    """What time it is in the sandbox."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...

    def advance(self, seconds: float) -> None:
        """Jumps ahead."""
        ...


class ManualClock:
    """Stands still until `advance` is called."""

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Jumps ahead."""
        self._now += timedelta(seconds=seconds)


class ScaledClock:
    """Runs `factor` times as fast as the wall clock; 1 is real time."""

    def __init__(self, factor: float = 1.0, start: datetime | None = None) -> None:
        self._factor = factor
        self._start = start or datetime.now(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._factor)

    def advance(self, seconds: float) -> None:
        """Jumps ahead."""
        self._start += timedelta(seconds=seconds)
