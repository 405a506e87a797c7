"""From a press of the button to the end of the first read, in a running demo with its table.

`python -m bench.pressing` measures this part alone: a whole demo in a folder of its own, as a person starts
it, and twenty presses, each with the system at rest.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import requests

from bench.figures import Figure, as_table
from coda_pipeline.settings import Settings

PRESSES = 20
MAX_MEDIAN_S, MAX_P95_S = 8.0, 12.0
UP_WITHIN_S, END_WITHIN_S = 300.0, 60.0
PAUSE_S = 2.0


def measure() -> list[Figure]:
    """Median and 95th percentile of what a person waits."""
    with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as (address, token):
        waits = [_press(address, token) for _ in range(PRESSES)]
    middle, p95 = median(waits), quantiles(waits, n=20, method="inclusive")[-1]
    return [
        Figure(
            "press to end of first read, median of 20", middle, "s", None, "under 8 s", middle < MAX_MEDIAN_S
        ),
        Figure("press to end of first read, 95th percentile", p95, "s", None, "under 12 s", p95 < MAX_P95_S),
    ]


def _press(address: str, token: str) -> float:
    """One press; the seconds until its answer says that it is done."""
    time.sleep(PAUSE_S)
    headers = {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        session.trust_env = False
        began = time.monotonic()
        told = session.post(f"{address}/v1/sync/participation", headers=headers, timeout=60).json()
        status = f"{address}/v1/sync/requests/{told['request_id']}?wait=55"
        answer = session.get(status, headers=headers, timeout=90).json()
        if answer["state"] not in {"succeeded", "needs_attention"}:
            message = f"a press came to {answer['state']}: {answer['message']}"
            raise RuntimeError(message)
        return time.monotonic() - began


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[str, str]]:
    """The gateway's address and token of a demo that runs until the block ends."""
    names = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    log = folder / "output"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "coda_pipeline.cli", "demo"],
            env={**environment, "DAGSTER_HOME": str(folder)},
            stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield _address(process, log), (folder / "demo" / "gateway-token").read_text(encoding="utf-8").strip()
    finally:
        process.terminate()
        process.wait(timeout=END_WITHIN_S)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    give_up_at = time.monotonic() + UP_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        output = log.read_text(encoding="utf-8")
        found = re.search(r"Gateway:\s+(\S+)", output)
        if found and "Ctrl-C ends everything" in output:
            return found.group(1)
        time.sleep(0.2)
    message = f"the demo did not come up:\n{log.read_text(encoding='utf-8')}"
    raise RuntimeError(message)


if __name__ == "__main__":
    print(as_table(measure()))
