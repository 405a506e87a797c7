"""Which requests came in, for counting in tests. It holds no token and no body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock


@dataclass(frozen=True)
class LoggedRequest:
    """One request. `path` is below the API's base; `status` 0 is a connection dropped without an answer."""

    method: str
    path: str
    params: Mapping[str, str]
    status: int
    login: str
    at: datetime


class RequestLog:
    """The requests so far, oldest first. Those under `/_sandbox/` are left out."""

    def __init__(self) -> None:
        self._entries: list[LoggedRequest] = []
        self._lock = Lock()

    def add(self, entry: LoggedRequest) -> None:
        """Notes a request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._entries.clear()

    def __iter__(self) -> Iterator[LoggedRequest]:
        """The requests, oldest first."""
        with self._lock:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def count(self, method: str | None = None, path_contains: str = "", status: int | None = None) -> int:
        """How many requests there were of this kind."""
        return sum(
            (method is None or entry.method == method)
            and path_contains in entry.path
            and (status is None or entry.status == status)
            for entry in self
        )
