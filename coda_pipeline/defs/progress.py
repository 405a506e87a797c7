"""How a run tells how far it is: plain lines in its log, and whoever listens in this process (`progress`)."""

import time
from collections.abc import Callable
from logging import Logger

from coda_pipeline.progress import reporter

LINE_EVERY_S = 5.0


def tell_progress(
    what: str, log: Logger, *, every_s: float = LINE_EVERY_S, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int | None], None]:
    """Begin `what` with a line; the result is called with rows so far and rows expected.

    Listeners hear every call, the log at the most one line every `every_s` seconds.
    """
    listeners = reporter(what)
    last = clock()
    log.info("%s: begins", what)

    def report(done: int, total: int | None) -> None:
        nonlocal last
        listeners(done, total)
        if clock() - last >= every_s:
            last = clock()
            log.info("%s: %s of %s rows", what, done, "?" if total is None else total)

    return report
