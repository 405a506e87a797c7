"""Plain `dagster dev` in the repository, without any environment, loads the project with the demo tables."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from coda_pipeline.settings import PROJECT_DIR

WITHIN_S = 240
ASSETS = "{ assetNodes { assetKey { path } } }"

pytestmark = pytest.mark.drill


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a `dagster dev` answers that was started with no variable but PATH and HOME."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [str(Path(sys.executable).with_name("dagster")), "dev", "--port", str(port)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            argv, env=environment, cwd=PROJECT_DIR, start_new_session=True, stdout=output, stderr=output
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def asset_keys(address: str) -> set[str]:
    """The assets that the UI knows; none until it answers."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(f"{address}/graphql", json={"query": ASSETS}, timeout=60).json()
        except requests.RequestException:
            return set()
    return {"/".join(node["assetKey"]["path"]) for node in answer["data"]["assetNodes"]}


def test_it_loads_the_code_location(address: str) -> None:
    give_up_at = time.monotonic() + WITHIN_S
    while not (found := asset_keys(address)) and time.monotonic() < give_up_at:
        time.sleep(0.5)
    assert {"core/participation", "raw/coda_participation", "coda_source/participation"} <= found
