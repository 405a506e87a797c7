"""What goes wrong on purpose: which requests, how often, and how.

| kind | what the client sees |
|---|---|
| `status` | that status with its error body (`status=429`, `retry_after_s=2`) |
| `error` | CODING only: 200 with an error inside (`code`, `message`) |
| `html` | 200 and a page of HTML |
| `drop_before` | the connection ends without an answer, nothing was done |
| `drop_after` | the connection ends without an answer, yet the write was accepted |
| `swallow` | a write is accepted and completes, yet nothing ever changes |
| `truncate` | half of the body, then the end of the connection |
| `slow` | the answer after `seconds` of real time |
| `repeat_page_token` | a page whose `nextPageToken` is the one just used |
| `no_items` | a list without `items` |
| `broken_json` | a complete body that is not JSON |
| `stale_replica` | rows as they were before their last change |
| `row_count_off` | a table whose `rowCount` is off `by` |
| `act` | the right answer; `act` is called just before it (in process only) |
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, get_args

FaultKind = Literal[
    "status",
    "error",
    "html",
    "drop_before",
    "drop_after",
    "swallow",
    "truncate",
    "slow",
    "repeat_page_token",
    "no_items",
    "broken_json",
    "stale_replica",
    "row_count_off",
    "act",
]


@dataclass
class Fault:
    """One arranged failure. `left` None is for ever; `skip` matching requests go well first."""

    kind: FaultKind
    path: str
    method: str | None
    left: int | None
    skip: int
    status: int = 500
    retry_after_s: int | None = None
    seconds: float = 0.0
    by: int = 0
    code: str = "InternalError"
    message: str = ""
    act: Callable[[], object] | None = field(default=None, repr=False)
    hits: int = 0

    def takes(self, method: str, path: str, params: dict[str, str]) -> bool:
        """Whether this request is one of those that fail; counts it if so."""
        if self.left == 0 or self.method not in (None, method) or not re.search(self.path, path):
            return False
        if self.kind == "repeat_page_token" and "pageToken" not in params:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        self.hits += 1
        return True


class Faults:
    """The failures that are arranged."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def inject(
        self,
        kind: FaultKind,
        *,
        path: str = "",
        method: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **details: object,
    ) -> Fault:
        r"""Arranges a failure of the next `times` requests (None: all) after `skip` good ones.

        `path` is a regular expression searched in the path below the API's base, such as `rows$` or
        `Uchastie01/rows`. `details` are the other fields of `Fault`: status, retry_after_s, seconds, by,
        code, message, act.
        """
        if kind not in get_args(FaultKind):
            message = f"unknown failure {kind}; there are {', '.join(get_args(FaultKind))}"
            raise ValueError(message)
        fault = Fault(kind, path, method, times, skip, **details)  # pyright: ignore[reportArgumentType]
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Takes all failures back."""
        with self._lock:
            self._faults.clear()

    def due(self, method: str, path: str, params: dict[str, str]) -> list[Fault]:
        """The failures of one request."""
        with self._lock:
            return [fault for fault in self._faults if fault.takes(method, path, params)]
