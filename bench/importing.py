"""How long the code location takes to import, beside Dagster alone: fresh interpreters, the best of three."""

import subprocess
import sys

from bench.figures import Figure

TRIES = 3
_TIMED = "import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"


def measure() -> list[Figure]:
    """Import `coda_pipeline.definitions` without a configuration."""
    ours, floor = _seconds("coda_pipeline.definitions"), _seconds("dagster")
    return [Figure("import coda_pipeline.definitions", ours, "s", floor, "under 2.5 s", ours < 2.5)]


def _seconds(module: str) -> float:
    command = [sys.executable, "-c", _TIMED.format(module=module)]
    runs = (subprocess.run(command, capture_output=True, check=True, text=True) for _ in range(TRIES))  # noqa: S603
    return min(float(run.stdout.split()[-1]) for run in runs)
