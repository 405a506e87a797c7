"""The rate budget: how many requests may still go to a service, shared by every process of one user of it.

Here: the limits of the catalogue as buckets of pyrate-limiter, in PostgreSQL (schema `ops`, one table per
user and kind of request) or in memory. Coda counts by user and four kinds of request; CODING by team and
interface, so there the kind is the name of the interface. Not here: how a stamp is waited for (see
`rate_lane`) and what happens when the service says 429 all the same (see `retry`).

Stamps in PostgreSQL come from the database's clock in a query of our own: the bucket's clock falls back to
the local one without a word, and two clocks in one table break every window.
"""

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from typing import Protocol, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout
from pyrate_limiter import AbstractBucket, InMemoryBucket, PostgresBucket, Rate

from coda_pipeline.catalog_limits import RateLimit
from coda_pipeline.errors import DatabaseError
from coda_pipeline.rate_lane import Lane, TimeSource, rate_of

# Coda: read, write, row_write, doc_listing. CODING: the name of the interface.
Kind: TypeAlias = str
SCHEMA = "ops"
NOW_MS = "select (extract(epoch from clock_timestamp()) * 1000)::bigint"
POOL_TIMEOUT_S = 10.0
TRIES = 3


class Budget(Protocol):
    """Says when the next request may go."""

    def acquire(self, kind: Kind) -> None:
        """Return when a request of that kind may go, and count it."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class NoBudget:
    """No limit at all, for a local server."""

    def acquire(self, kind: Kind) -> None:
        """Return at once."""

    def close(self) -> None:
        """Nothing to let go of."""


class Limits(Protocol):
    """What a service allows; `slack` of it is left unused."""

    @property
    def slack(self) -> float:
        """The share that stays unused, 0 to 1."""
        ...

    def limit_of(self, kind: Kind) -> RateLimit:
        """What is allowed for a kind of request."""
        ...


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class _LimitedBudget(ABC):
    """One lane for each kind of request, opened when it is first asked for."""

    def __init__(self, limits: Limits, time_source: TimeSource) -> None:
        self._limits = limits
        self._time = time_source
        self._lanes: dict[Kind, Lane] = {}
        self._lock = threading.Lock()

    def acquire(self, kind: Kind) -> None:
        """Return when a request of that kind may go, and count it."""
        with self._lock:
            lane = self._lanes.get(kind) or self._lanes.setdefault(kind, self._new_lane(kind))
        lane.acquire()

    def close(self) -> None:  # noqa: B027 -- most have nothing to close
        """Let go of connections, where there are any."""

    def _new_lane(self, kind: Kind) -> Lane:
        limit = self._limits.limit_of(kind)
        rate = rate_of(limit, self._limits.slack)
        slack_s = rate.interval / 1000 - limit.seconds
        return Lane(self._new_bucket(kind, rate), slack_s=slack_s, time_source=self._time)

    @abstractmethod
    def _new_bucket(self, kind: Kind, rate: Rate) -> AbstractBucket: ...


class LocalBudget(_LimitedBudget):
    """The budget of one process, in memory: for use without a database."""

    def __init__(self, limits: Limits, *, time_source: TimeSource | None = None) -> None:
        super().__init__(limits, time_source or TimeSource(_monotonic_ms))

    def _new_bucket(self, kind: Kind, rate: Rate) -> AbstractBucket:
        return InMemoryBucket([rate])


class SharedBudget(_LimitedBudget):
    """The budget of one user of a service over all processes and hosts that use the same database.

    Raises `DatabaseError` where the database cannot be reached or is not set up; nothing is sent then. The
    user's login is hashed into the names of the tables. Time is the database's, except in tests.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        database_url: str,
        user: str,
        service: str = "Coda",
        time_source: TimeSource | None = None,
    ) -> None:
        self._service = service
        super().__init__(limits, time_source or TimeSource(self._database_now_ms))
        self._user = hashlib.sha256(user.strip().lower().encode()).hexdigest()[:16]
        self._pool = _open_pool(database_url)

    def acquire(self, kind: Kind) -> None:
        """Return when a request of that kind may go for this user, and count it for all."""
        reason = ""
        for _ in range(TRIES):
            try:
                return super().acquire(kind)
            except PoolTimeout:
                reason = f"no connection within {POOL_TIMEOUT_S:g} s"
                break
            except psycopg.OperationalError as error:
                # A restarted server leaves dead connections in the pool; each of them is noticed once.
                reason = type(error).__name__
            except psycopg.Error as error:
                reason = type(error).__name__
                break
        # Outside of the handlers: what psycopg says may quote the address with its password.
        message = (
            f"The rate budget of {self._service} cannot be read from schema {SCHEMA} of the database "
            f"({reason}); nothing was sent to {self._service}. Check that the database answers, run "
            f"`coda-pipeline migrate`, and give its user the right to create tables in {SCHEMA}."
        )
        raise DatabaseError(message)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _new_bucket(self, kind: Kind, rate: Rate) -> AbstractBucket:
        return PostgresBucket(self._pool, f"{self._service}_{self._user}_{kind}".lower(), [rate])

    def _database_now_ms(self) -> int:
        with self._pool.connection() as connection:
            row = connection.execute(
                "select (extract(epoch from clock_timestamp()) * 1000)::bigint"
            ).fetchone()
        assert row is not None  # noqa: S101 -- a select without a table has one row
        return row[0]


def _open_pool(database_url: str) -> ConnectionPool:
    """At most two connections, none while idle."""
    if not _is_readable(database_url):
        message = (
            "DATABASE_URL is not an address of a database; expected postgresql://user:password@host/database."
        )
        raise DatabaseError(message)
    return ConnectionPool(
        database_url,
        min_size=0,
        max_size=2,
        timeout=POOL_TIMEOUT_S,
        max_idle=60,
        kwargs={"application_name": "coda_pipeline rate budget"},
        configure=_configure,
        name="coda-budget",
        open=True,
    )


def _is_readable(database_url: str) -> bool:
    try:
        conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        return False
    return True


def _configure(connection: psycopg.Connection) -> None:
    """Stamps are written without a zone, so the session's must be UTC for all."""
    connection.execute("set timezone to 'UTC'")
    connection.execute(f"set search_path to {SCHEMA}")
    # A crash of the server may forget half a second of stamps; it is down for longer than that.
    connection.execute("set synchronous_commit to off")
    connection.commit()
