"""`start` on a server and `dev` on a desk: the UI is up, schedules are off, and the end is clean."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from coda_pipeline_tests.drills.demo_runs import WITHIN_S, clean_environment, eventually

pytestmark = pytest.mark.drill

SCHEDULES = """
{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
  ... on RepositoryLocation { repositories { schedules { scheduleState { status } } } }
} } } } }
"""


@contextmanager
def serving(folder: Path, command: str, **env: str) -> Iterator[str]:
    """The address of the UI of `start` or `dev`, which ends well when the block does."""
    output = folder / "output"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "coda_pipeline.cli", command],
            env=clean_environment(DAGSTER_HOME=str(folder / "home"), **env), cwd=folder,
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def is_up() -> bool:
        assert process.poll() is None, output.read_text()
        return "Dagster UI:" in output.read_text()

    try:
        eventually(is_up, "the UI is up")
        (address,) = re.findall(r"Dagster UI:\s+(\S+)", output.read_text())
        yield address
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=WITHIN_S) == 0, output.read_text()
    finally:
        process.kill()
        process.wait()


def schedules(address: str) -> list[str]:
    answer = requests.post(f"{address}/graphql", json={"query": SCHEDULES}, timeout=60).json()
    (location,) = answer["data"]["workspaceOrError"]["locationEntries"]
    found = location["locationOrLoadError"]["repositories"][0]["schedules"]
    return [schedule["scheduleState"]["status"] for schedule in found]


def test_start_serves_the_ui_on_a_migrated_database_with_schedules_off(tmp_path: Path, database: str):
    with serving(tmp_path, "start", DATABASE_URL=database) as address:
        assert set(schedules(address)) == {"STOPPED"}


def test_dev_brings_its_own_database_and_leaves_schedules_off(tmp_path: Path):
    with serving(tmp_path, "dev") as address:
        assert set(schedules(address)) == {"STOPPED"}
    assert (tmp_path / "home" / "postgres").is_dir()
    assert "CODA_API_TOKEN" in (tmp_path / "output").read_text()
