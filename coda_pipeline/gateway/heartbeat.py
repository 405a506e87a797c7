"""Whether Dagster's daemon is alive, read from its own table by SQL: the gateway imports no Dagster.

The daemon writes the time of its own clock, which may be wrong; so a heartbeat that moves counts as well as
one that is fresh.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

# The one that starts runs for requests. It writes every 30 s.
DAEMON = "SENSOR"
SILENT_S = 120.0

_HEARTBEAT = text("""
    select timestamp, extract(epoch from (now() at time zone 'utc') - timestamp)::float8 as age_s
      from daemon_heartbeats where daemon_type = :daemon
""")


@dataclass(frozen=True, slots=True)
class Pulse:
    """`age_s` by the database's clock; None where the daemon never ran."""

    is_alive: bool
    age_s: float | None = None


class Heartbeat:
    """Looks at the heartbeat, and remembers when it last moved."""

    def __init__(
        self,
        engine: Engine | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        silent_s: float = SILENT_S,
    ) -> None:
        self._engine, self._clock, self._silent_s = engine, clock, silent_s
        self._seen: tuple[datetime, float] | None = None
        self._lock = threading.Lock()

    def look(self) -> Pulse:
        """Whether the daemon is alive now. A storage without such a table counts as none."""
        if self._engine is None:
            return Pulse(is_alive=False)
        try:
            with self._engine.connect() as conn:
                found = _latest(conn)
        except DBAPIError:
            return Pulse(is_alive=False)
        if found is None:
            return Pulse(is_alive=False)
        written, age_s = found
        return Pulse(abs(age_s) < self._silent_s or self._moved(written), age_s)

    def _moved(self, written: datetime) -> bool:
        """Whether it was seen to move not long ago."""
        with self._lock:
            now = self._clock()
            if self._seen is None:
                self._seen = (written, float("-inf"))
            elif self._seen[0] != written:
                self._seen = (written, now)
            return now - self._seen[1] < self._silent_s


def _latest(conn: Connection) -> tuple[datetime, float] | None:
    row = conn.execute(_HEARTBEAT, {"daemon": DAEMON}).one_or_none()
    return None if row is None else (row[0], row[1])
