"""A demo leaves nothing behind, however it ends, and the next one in the same folder completes."""

import os
import signal
from pathlib import Path

import pytest
import requests

from coda_pipeline_tests.drills.demo_runs import Demo, demo, eventually

pytestmark = pytest.mark.drill


def leaves_nothing(ended: Demo) -> None:
    eventually(lambda: ended.processes() == [], "nothing of it runs any more")


def test_a_demo_ended_by_ctrl_c_leaves_no_process(tmp_path: Path):
    with demo(tmp_path) as running:
        address = running.address()
        assert requests.get(f"{address}/server_info", timeout=30).ok
        assert len(running.processes()) >= 5
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.ended() == 0
        leaves_nothing(running)


def test_ctrl_c_during_the_first_sync_is_no_success_and_leaves_no_process(tmp_path: Path):
    with demo(tmp_path) as running:
        running.wait_for("Reading the demo's doc")
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.ended() != 0
        leaves_nothing(running)
    with demo(tmp_path, "--once") as again:
        assert again.ended() == 0, again.output


def test_a_killed_demo_takes_everything_along_and_the_next_completes(tmp_path: Path):
    with demo(tmp_path) as running:
        running.address()
        running.process.kill()
        running.process.wait()
        leaves_nothing(running)
    with demo(tmp_path, "--once") as again:
        assert again.ended() == 0, again.output


def test_a_demo_whose_every_process_was_killed_in_mid_sync_completes_next_time(tmp_path: Path):
    with demo(tmp_path) as running:
        running.wait_for("participation:")
        running.kill_all()
    with demo(tmp_path, "--once") as again:
        assert again.ended() == 0, again.output
        assert "Участие: " in again.output
        leaves_nothing(again)


def test_two_demos_do_not_clash_two_in_one_folder_are_refused_and_sigterm_ends_one_alone(tmp_path: Path):
    with demo(tmp_path / "one") as one, demo(tmp_path / "two") as two:
        addresses = {one.address(), two.address()}
        assert len(addresses) == 2
        third = Demo(tmp_path / "one", "--once", output="output of the third")
        assert third.ended() == 1
        assert "already running" in third.output
        assert all(requests.get(f"{address}/server_info", timeout=30).ok for address in addresses)
        assert [running.process.poll() for running in (one, two)] == [None, None]
        os.killpg(two.process.pid, signal.SIGTERM)
        two.ended()
        leaves_nothing(two)
        assert one.process.poll() is None
