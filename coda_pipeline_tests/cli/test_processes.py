"""Processes of a command end with it, however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from coda_pipeline.commands.processes import Processes
from coda_pipeline.errors import FatalError

WITHIN_S = 30

# A child that starts a child of its own, and says so once both run.
PARENT = textwrap.dedent("""
    import pathlib, subprocess, sys, time
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path(sys.argv[1]).write_text(str(grandchild.pid))
    time.sleep(600)
""")
# The same, deaf to every polite request.
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PARENT
COMMAND = textwrap.dedent("""
    import sys, time
    from coda_pipeline.commands.processes import Processes
    with Processes() as processes:
        child = processes.start("child", [sys.executable, "-c", sys.argv[1], sys.argv[2]])
        print(child.process.pid, flush=True)
        time.sleep(600)
""")


def eventually(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not come about"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def grandchild_of(note: Path) -> int:
    eventually(lambda: note.exists() and note.read_text() != "")
    return int(note.read_text())


@pytest.mark.parametrize("program", [PARENT, DEAF], ids=["polite", "deaf"])
def test_leaving_the_block_ends_children_and_what_they_started(program: str, tmp_path: Path):
    note = tmp_path / "pid"
    with Processes(grace_s=0.3) as processes:
        child = processes.start("child", [sys.executable, "-c", program, str(note)])
        grandchild = grandchild_of(note)
        assert child.is_running()
        assert not is_gone(grandchild)
    assert not child.is_running()
    eventually(lambda: is_gone(grandchild))


def test_a_killed_command_takes_its_children_along(tmp_path: Path):
    note = tmp_path / "pid"
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, PARENT, str(note)], stdout=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    child = int(command.stdout.readline())
    grandchild = grandchild_of(note)
    command.kill()
    command.wait()
    command.stdout.close()
    eventually(lambda: is_gone(child) and is_gone(grandchild))


def test_a_child_that_ends_by_itself_is_reported_with_the_end_of_its_log(tmp_path: Path):
    log = tmp_path / "logs" / "child.log"
    with Processes() as processes:
        processes.start("oven", [sys.executable, "-c", "print('out of gas'); raise SystemExit(3)"], log=log)
        with pytest.raises(FatalError, match=r"(?s)The oven ended by itself, with status 3.*out of gas"):
            processes.wait()


def test_a_child_is_not_reached_by_the_terminal_s_ctrl_c():
    with Processes() as processes:
        child = processes.start("child", [sys.executable, "-c", "import time; time.sleep(600)"])
        assert os.getpgid(child.process.pid) != os.getpgid(0)


def test_signals_are_as_before_once_the_block_is_left():
    before = signal.getsignal(signal.SIGTERM)
    with Processes():
        pass
    assert signal.getsignal(signal.SIGTERM) == before
