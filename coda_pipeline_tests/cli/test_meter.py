"""Progress: bars for a person, lines for a file, and nothing else in between."""

import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

from coda_pipeline.commands.meter import Lines

READ = textwrap.dedent("""
    import logging, pathlib, sys
    from coda_pipeline.commands.meter import showing_progress
    from coda_pipeline.progress import reporter
    with showing_progress(pathlib.Path(sys.argv[1])):
        report = reporter("people")
        report(0, 10)
        print("noise of a library")
        logging.getLogger().warning("a warning of a library")
        report(10, 10)
    print("the answer")
""")


def test_on_a_terminal_there_are_bars_and_the_noise_goes_to_the_log(tmp_path: Path):
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", READ, str(tmp_path / "log")]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=theirs, env=env, check=True, text=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "people" in shown
    assert "10/10" in shown
    assert "noise" not in shown
    assert "warning" not in shown
    assert done.stdout == "the answer\n"
    assert "noise of a library" in (tmp_path / "log").read_text()
    assert "a warning of a library" in (tmp_path / "log").read_text()


def test_elsewhere_there_are_plain_lines(tmp_path: Path):
    argv = [sys.executable, "-c", READ, str(tmp_path / "log")]
    done = subprocess.run(argv, capture_output=True, check=True, text=True)
    assert done.stderr == "people: 0 of 10 rows\n"
    assert done.stdout == "the answer\n"


def test_lines_come_when_something_begins_and_then_now_and_then():
    times = iter([0.0, 1.0, 6.0, 7.0, 7.1])
    written: list[str] = []
    lines = Lines(written.append, clock=lambda: next(times))
    for done in (0, 500, 3000, 3500):
        lines("people", done, 4000)
    lines("roles", 2, None)
    assert written == ["people: 0 of 4000 rows", "people: 3000 of 4000 rows", "roles: 2 rows"]
