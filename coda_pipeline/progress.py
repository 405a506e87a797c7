"""How far a read has come, told to whoever is listening in this process: the command line, or nobody.

Reads report through `reporter`; a command listens for as long as it shows progress. Dagster knows nothing of
it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# What is read, rows so far, rows expected (None where that is not known).
Listener = Callable[[str, int, int | None], None]

_listeners: list[Listener] = []


def reporter(what: str) -> Callable[[int, int | None], None]:
    """A function to be called with rows so far and rows expected while `what` is read."""

    def report(done: int, total: int | None) -> None:
        for listener in tuple(_listeners):
            listener(what, done, total)

    return report


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of all progress in this process, as long as the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
