"""Running demos for drills, and finding every process that belongs to one."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from coda_pipeline.settings import Settings

WITHIN_S = 240
ROWS = "300"


def eventually(is_so: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < give_up_at, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.1)


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without any setting of the project's."""
    names = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in names} | more


class Demo:
    """One demo, in a folder of its own."""

    def __init__(self, folder: Path, *args: str, output: str = "output") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._output = folder / output
        with self._output.open("wb") as sink:
            # In a session of its own, so that signals to its process group reach it alone, as Ctrl-C does.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coda_pipeline.cli", "demo", "--rows", ROWS, *args],
                env=clean_environment(DAGSTER_HOME=str(folder)), cwd=folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def address(self) -> str:
        """The address of its UI, once it is up."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.output
            return "Dagster UI:" in self.output

        eventually(is_up, "the UI is up")
        found = re.search(r"Dagster UI:\s+(\S+)", self.output)
        assert found
        return found.group(1)

    def wait_for(self, text: str) -> None:
        """Return once it has printed this."""
        eventually(lambda: text in self.output, text)

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(timeout=WITHIN_S)

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this demo, children or not: its folder is in environment or arguments."""
        home = str(self.folder)
        return [process for process in psutil.process_iter() if _mentions(process, home)]

    def kill_all(self) -> None:
        """kill -9 to every process of it, in no particular order."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


def _mentions(process: psutil.Process, home: str) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        places = [*process.cmdline(), process.cwd(), process.environ().get("DAGSTER_HOME", "")]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(place.startswith(home) for place in places)


@contextmanager
def demo(folder: Path, *args: str) -> Iterator[Demo]:
    """A demo that is killed with all it started at the end of the block, if it has not ended by then."""
    running = Demo(folder, *args)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(timeout=30)
        running.kill_all()
