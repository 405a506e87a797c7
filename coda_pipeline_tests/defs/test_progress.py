"""Progress: a line now and then in the run's log, every step for whoever listens."""

import logging

import pytest

from coda_pipeline.defs.progress import tell_progress
from coda_pipeline.progress import listening


def test_the_log_gets_a_line_now_and_then_and_listeners_hear_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    heard: list[tuple[str, int, int | None]] = []
    with caplog.at_level(logging.INFO), listening(lambda *what: heard.append(what)):
        report = tell_progress("people", logging.getLogger("test"), every_s=5, clock=lambda: next(times))
        report(500, 1200)
        report(1000, 1200)
        report(1200, None)
    assert [record.getMessage() for record in caplog.records] == [
        "people: begins",
        "people: 1000 of 1200 rows",
    ]
    assert heard == [("people", 500, 1200), ("people", 1000, 1200), ("people", 1200, None)]
