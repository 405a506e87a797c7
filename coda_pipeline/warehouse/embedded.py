"""The embedded server for `demo`, `dev` and tests: who uses it, who starts it, when it stops.

What it is made of is in `cluster`. The one thing to know: every user holds a shared file lock, which the
operating system frees however the user ends, so neither a list of process ids nor a clean exit is relied
upon.
"""

import atexit
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from coda_pipeline.settings import EMBEDDED, Settings
from coda_pipeline.warehouse import embedded_watch
from coda_pipeline.warehouse.cluster import DATABASE, Cluster
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade


class EmbeddedServer:
    """One process's use of the server in the folder `home`; any number of processes may use it at once.

    `settings` are PostgreSQL's, and count for whoever happens to start it. Usable as a context manager.
    """

    def __init__(self, home: Path, settings: dict[str, str] | None = None) -> None:
        self._cluster = Cluster(home.expanduser().resolve(), settings or {})
        self._use: IO[str] | None = None

    def __enter__(self) -> Self:
        """Join the server."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it."""
        self.leave()

    def url(self, database: str = DATABASE) -> str:
        """The address of one of its databases, as libpq reads it."""
        return self._cluster.url(database)

    def start(self) -> str:
        """Join the server and answer the address of its database; start or recover it first if need be.

        Raises `DatabaseError` with the last lines of its log.
        """
        if self._use is None:
            self._cluster.home.mkdir(parents=True, exist_ok=True)
            self._use = self._lock_file("users")
            # Waits while a watcher, which saw no user, is stopping the server.
            fcntl.flock(self._use, fcntl.LOCK_SH)
            try:
                with self._starting():
                    if not self._cluster.answers():
                        self._cluster.start()
                    self._ensure_watched()
            except BaseException:
                self.leave()
                raise
        return self.url()

    def leave(self) -> None:
        """Stop using the server; the last one to leave returns when it has stopped."""
        if self._use is None:
            return
        use, self._use = self._use, None
        with use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others use it, or the watcher was faster
            else:
                self._cluster.stop()
        with self._lock_file("users") as look:
            fcntl.flock(look, fcntl.LOCK_SH)  # waits for a watcher that is stopping it

    def _lock_file(self, name: str) -> IO[str]:
        return (self._cluster.home / f"{name}.lock").open("w")

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with self._lock_file("start") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_watched(self) -> None:
        with self._lock_file("watch") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        owner = self._cluster.owner
        # -I and -S: it needs the standard library only and starts at once.
        watcher = [sys.executable, "-I", "-S", embedded_watch.__file__, str(self._cluster.home)]
        null = subprocess.DEVNULL
        subprocess.run(  # noqa: S603
            [*watcher, str(owner.pw_uid), str(owner.pw_gid), *self._cluster.stop_command],
            check=True, stdin=null, stdout=null, stderr=null, cwd=os.sep,
        )  # fmt: skip


_joined: dict[Path, EmbeddedServer] = {}


def resolve_database_url(settings: Settings) -> str:
    """DATABASE_URL, or the address of the project's own server where it says `embedded`.

    The server is joined, its schema brought up to date, and it is left when this process ends.
    Raises `DatabaseError`.
    """
    url = settings.warehouse_url()
    if url != EMBEDDED:
        return url
    home = (settings.dagster_home / "postgres").resolve()
    if home not in _joined:
        server = EmbeddedServer(home)
        server.start()
        atexit.register(server.leave)
        _joined[home] = server
        engine = warehouse_engine(server.url())
        try:
            upgrade(engine)
        finally:
            engine.dispose()
    return _joined[home].url()
