"""Progress of a read for a person: bars on a terminal, a plain line now and then elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from coda_pipeline.progress import listening

LINE_EVERY_S = 5.0


@contextmanager
def showing_progress(log: Path) -> Iterator[None]:
    """Show how far the reads of this process are. What else is printed meanwhile goes to the file `log`.

    The bars are drawn on a copy of standard error, because Dagster takes the original away while a step runs.
    """
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as terminal, _printing_to(log):
        if terminal.isatty():
            with (
                Progress(
                    SpinnerColumn(),
                    TextColumn("{task.description}"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    TextColumn("rows"),
                    TimeElapsedColumn(),
                    console=Console(file=terminal),
                    redirect_stdout=False,
                    redirect_stderr=False,
                ) as bars,
                listening(Bars(bars)),
            ):
                yield
        else:
            with listening(Lines(lambda line: print(line, file=terminal, flush=True))):
                yield


class Bars:
    """A bar for each thing that is read. A read that starts anew, with smaller pages, sets its bar back."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Told of progress."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        # A table that grows under the read holds more rows than expected.
        expected = None if total is None else max(done, total)
        self._progress.update(self._tasks[what], completed=done, total=expected)


class Lines:
    """A line when something begins, and then at the most every few seconds."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._last: dict[str, float] = {}

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Told of progress."""
        now = self._clock()
        if what not in self._last or now - self._last[what] >= LINE_EVERY_S:
            self._last[what] = now
            self._write(f"{what}: {done} rows" if total is None else f"{what}: {done} of {total} rows")


@contextmanager
def _printing_to(log: Path) -> Iterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    out, err = sys.stdout, sys.stderr
    with log.open("a", encoding="utf-8") as file:
        sys.stdout = sys.stderr = file
        try:
            yield
        finally:
            sys.stdout, sys.stderr = out, err
