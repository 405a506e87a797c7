"""One measured read in a process of its own, so that its memory is its own: `python -m bench.one_read …`.

Prints one line of JSON: seconds, peak memory, and for the sync its requests and rows.
"""

import resource
import sys
import time
from pathlib import Path

import orjson
from pydantic import SecretStr

from bench.floor import read_barely
from bench.pages import DOC, table_id
from coda_pipeline.budget import NoBudget
from coda_pipeline.catalog import Guard, TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.warehouse.engine import warehouse_engine

GUARD = Guard(rows=20, share=0.02)


def bench_spec(rows: int) -> TableSpec:
    """The bench table of so many rows, half of its columns mapped, as Участие would have it."""
    mapped = frozenset({"c-person", "c-project", "c-role", "c-start", "c-end", "c-share", "c-note", "c-sync"})
    return TableSpec(name="bench", doc_id=DOC, table_id=table_id(rows), mapped=mapped)


def peak_mb() -> float:
    """The most memory that this process had resident at once."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike ru_maxrss this is not inherited from the process that started this one.
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sync(base_url: str, rows: int, database_url: str, *, full: bool = False) -> dict[str, float]:
    """Read the table as a scheduled sync would, or in full."""
    engine = warehouse_engine(database_url)
    token = SecretStr("bench")
    with CodaClient(Transport(base_url=base_url, token=lambda: token, budget=NoBudget())) as client:
        started = time.perf_counter()
        report = read_table(client, engine, bench_spec(rows), GUARD, run_id="bench", full=full)
        seconds = time.perf_counter() - started
    engine.dispose()
    return {
        "seconds": seconds,
        "requests": report.requests,
        "read": report.read,
        "written": report.inserted + report.updated,
        "live_rows": report.live_rows,
    }


def floor(base_url: str, rows: int, database_url: str) -> dict[str, float]:
    """Read the table with the barest script."""
    started = time.perf_counter()
    read = read_barely(base_url, DOC, table_id(rows), database_url)
    return {"seconds": time.perf_counter() - started, "read": read}


def main(kind: str, base_url: str, rows: str, database_url: str) -> None:
    """Measure one read and print what it took."""
    measured = (
        floor(base_url, int(rows), database_url)
        if kind == "floor"
        else sync(base_url, int(rows), database_url, full=kind == "full")
    )
    sys.stdout.write(orjson.dumps({**measured, "peak_mb": peak_mb()}).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
