"""Exclusive locks between processes: one of them at a time does a thing, the others wait or hear who does it.

The lock is PostgreSQL's (advisory, of a session), so it is free again however its holder ends. The table
`ops.locks` only tells who holds it. The one thing to know: it lives on a connection of its own, which stays
idle.
"""

import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from coda_pipeline.errors import BusyError

_NOTE_HOLDER = text(
    "insert into ops.locks (what, holder, backend_pid, since) "
    "values (:what, :holder, pg_backend_pid(), now()) "
    "on conflict (what) do update set holder = excluded.holder, backend_pid = excluded.backend_pid, "
    "since = excluded.since"
)
_HOLDER = text(
    "select holder, since from ops.locks where what = :what "
    "and exists (select from pg_stat_activity a where a.pid = backend_pid)"
)


class Lock:
    """A lock that is held. Its connection may break meanwhile: ask before what cannot be undone."""

    def __init__(self, conn: Connection, what: str) -> None:
        self._conn = conn
        self._what = what

    def check(self) -> None:
        """Raise `BusyError` where the lock was lost with its connection and may be another's by now."""
        try:
            self._conn.execute(text("select 1"))
        except SQLAlchemyError:
            message = f"The lock for {self._what} was lost with the connection to the database; run it again."
            raise BusyError(message) from None


@contextmanager
def exclusive(
    engine: Engine,
    what: str,
    *,
    wait_s: float,
    holder: str | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Lock]:
    """Hold the lock for `what`, waiting at most `wait_s` seconds for it.

    `holder` is shown to those who wait: a run's id, by default the process and its host. `on_wait` is called
    once, with a sentence that says who holds it since when, before waiting begins.

    Raises `BusyError` with that sentence where the lock did not come free in time.
    """
    key = _key(what)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        if not conn.execute(text("select pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            sentence = _who_holds(conn, what)
            if on_wait is not None and wait_s > 0:
                on_wait(f"{sentence}; waiting for it.")
            if not _came_free(conn, key, wait_s):
                advice = "Try again later; if that run is stuck, end it."
                message = f"{_who_holds(conn, what)}; waited {wait_s:g} s. {advice}"
                raise BusyError(message)
        shown = holder or f"process {os.getpid()} on {socket.gethostname()}"
        conn.execute(_NOTE_HOLDER, {"what": what, "holder": shown})
        try:
            yield Lock(conn, what)
        finally:
            # Where the connection is gone, so is the lock.
            with suppress(SQLAlchemyError):
                conn.execute(text("select pg_advisory_unlock(:key)"), {"key": key})


def _key(what: str) -> int:
    digest = hashlib.sha256(f"coda_pipeline {what}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _who_holds(conn: Connection, what: str) -> str:
    found = conn.execute(_HOLDER, {"what": what}).one_or_none()
    if found is None:
        return f"Another run holds the lock for {what}"
    seconds = int((datetime.now(UTC) - found.since).total_seconds())
    since = f"{found.since:%Y-%m-%d %H:%M:%S} UTC ({seconds} s ago)"
    return f"{found.holder} holds the lock for {what} since {since}"


def _came_free(conn: Connection, key: int, wait_s: float) -> bool:
    if wait_s <= 0:
        return False
    conn.execute(
        text("select set_config('lock_timeout', :ms, false)"), {"ms": str(max(1, int(wait_s * 1000)))}
    )
    try:
        conn.execute(text("select pg_advisory_lock(:key)"), {"key": key})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        return False
    finally:
        conn.execute(text("reset lock_timeout"))
    return True
