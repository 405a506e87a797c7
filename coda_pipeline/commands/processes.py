"""The processes that `demo`, `dev` and `start` run: started together, ended together, however this one ends.

Each is the leader of a process group of its own, so that what it starts itself (Dagster's code servers and
runs) ends with it, and Ctrl-C reaches only this process, which then ends them in order. A guardian does the
same when this process is killed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from coda_pipeline.commands import guardian
from coda_pipeline.commands.guardian import end_groups
from coda_pipeline.errors import FatalError

LOG_TAIL_LINES = 15
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Child:
    """A process that was started here. `log` is where its output goes, None where it goes to the terminal."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def obituary(self) -> str:
        """How it ended, with the end of its log."""
        ended = f"The {self.name} ended by itself, with status {self.process.returncode}."
        if self.log is None:
            return ended
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join([ended, f"The end of its log, {self.log}:", *(f"  {line}" for line in lines)])


class Processes:
    """All child processes of this command. A context manager: leaving it ends them, last started first.

    Each gets `grace_s` seconds to end by itself before it is killed.
    """

    def __init__(self, *, grace_s: float = guardian.GRACE_S) -> None:
        self._grace_s = grace_s
        self._children: list[Child] = []
        self._guardian: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start the guardian."""
        # -I and -S: it needs the standard library only and starts at once.
        self._guardian = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True, cwd=os.sep,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        """End all, whatever happened."""
        with _undisturbed():
            self.stop()
            if self._guardian is not None and self._guardian.stdin is not None:
                self._guardian.stdin.close()
                self._guardian.wait()

    def start(self, name: str, argv: Sequence[str], *, log: Path | None = None) -> Child:
        """Start a program with this environment; its output goes to `log`, or to the terminal."""
        with _output(log) as output:
            process = subprocess.Popen(  # noqa: S603
                list(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self._tell_guardian(f"+{process.pid}")
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raise `FatalError` where one has ended by itself."""
        for child in self._children:
            if not child.is_running():
                raise FatalError(child.obituary())

    def wait(self) -> None:
        """Wait until one ends by itself, and raise `FatalError` then."""
        while True:
            self.check()
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """End all, last started first: a leader is asked, and ends what it began; then its group is ended."""
        children, self._children = self._children[::-1], []
        for child in children:
            with suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        _reap(children, within_s=self._grace_s)
        end_groups([child.process.pid for child in children], grace_s=self._grace_s)
        _reap(children, within_s=self._grace_s)
        for child in children:
            self._tell_guardian(f"-{child.process.pid}")

    def _tell_guardian(self, line: str) -> None:
        if self._guardian is not None and self._guardian.stdin is not None:
            # A guardian that somebody killed is no reason to stop.
            with suppress(BrokenPipeError):
                self._guardian.stdin.write(line + "\n")
                self._guardian.stdin.flush()


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal interrupt this process as Ctrl-C does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Under nohup it is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not stop the ending of processes, which takes some seconds at most."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        yield file


def _reap(children: Sequence[Child], *, within_s: float) -> None:
    give_up_at = time.monotonic() + within_s
    while any(child.is_running() for child in children) and time.monotonic() < give_up_at:
        time.sleep(0.05)
