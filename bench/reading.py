"""Reading Coda into `raw`: speed beside the floor, memory, requests, and how much of the rate budget is used.

`python -m bench.reading` measures this part alone. Every read runs in a process of its own, against a local
server without limits in another; only the rate budget is measured against the sandbox, with its limits on.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from uuid import uuid4

import orjson
import psycopg
from psycopg import sql
from pydantic import SecretStr

from bench.figures import Figure, as_json, as_table
from bench.one_read import GUARD
from bench.pages import PAGE_ROWS, serving
from coda_pipeline.budget import SharedBudget
from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.config import Rates, SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade

ROUNDS = 3
MIN_SPEED = 50
MAX_PEAK_MB = 250
MAX_MORE_MEMORY = 10
MAX_IDLE_REQUESTS = 2
MIN_BUDGET_SHARE = 95
Measured = dict[str, float]


def measure(server: EmbeddedServer, rows: int = 100_000) -> list[Figure]:
    """All figures of reading; about two minutes."""
    with serving(rows, 4 * rows) as base_url:
        return [
            *_speed(server, base_url, rows),
            *_memory(server, base_url, rows),
            *_requests(server, base_url, rows),
            *_budget(server),
        ]


def _speed(server: EmbeddedServer, base_url: str, rows: int) -> list[Figure]:
    """The best of some rounds each, floor and sync by turns, so that a busy moment hits both."""
    floors, syncs, again = [], [], []
    for _ in range(ROUNDS):
        with fresh_database(server) as url:
            floors.append(_one_read("floor", base_url, rows, url)["seconds"])
        with fresh_database(server) as url:
            syncs.append(_one_read("sync", base_url, rows, url)["seconds"])
            again.append(_one_read("full", base_url, rows, url)["seconds"])
    floor, sync = min(floors), min(syncs)
    speed = floor / sync * 100
    return [
        Figure(f"read {rows:,} rows into raw", sync, "s", floor),
        Figure("its speed, of the floor's", speed, "%", 100, "50 % or better", speed >= MIN_SPEED),
        Figure(f"read {rows:,} unchanged rows in full", min(again), "s", floor),
    ]


def _memory(server: EmbeddedServer, base_url: str, rows: int) -> list[Figure]:
    peaks, floors = [], []
    for size in (rows, 4 * rows):
        with fresh_database(server) as url:
            floors.append(_one_read("floor", base_url, size, url)["peak_mb"])
            peaks.append(_one_read("sync", base_url, size, url)["peak_mb"])
    more, promise = (peaks[1] / peaks[0] - 1) * 100, f"under {MAX_PEAK_MB} MB"
    return [
        *(
            Figure(f"peak memory at {size:,} rows", peak, "MB", floor, promise, peak < MAX_PEAK_MB)
            for size, peak, floor in zip((rows, 4 * rows), peaks, floors, strict=True)
        ),
        Figure("more memory for 4 times the rows", more, "%", None, "under 10 %", more < MAX_MORE_MEMORY),
    ]


def _requests(server: EmbeddedServer, base_url: str, rows: int) -> list[Figure]:
    """An unchanged table, then deltas of growing size."""
    figures = []
    with fresh_database(server) as url:
        _one_read("sync", base_url, rows, url)
        before = _physical(url)
        idle = _one_read("sync", base_url, rows, url)
        written = 0 if _physical(url) == before else 1
        floor, sent = rows / PAGE_ROWS, idle["requests"]
        figures += [
            Figure("requests, unchanged table", sent, "", floor, "2 at most", sent <= MAX_IDLE_REQUESTS),
            Figure("rows written, unchanged table", written, "", rows, "none", written == 0),
            Figure("seconds, unchanged table", idle["seconds"], "s"),
        ]
        for changed in (1, PAGE_ROWS, 10 * PAGE_ROWS):
            with psycopg.connect(url) as conn:
                conn.execute("update sync.cursors set sync_token = %s", [f"delta-{changed}"])
                # The last delta's rows count as unchanged otherwise.
                conn.execute("update raw.coda_bench set row_hash = ''")
            found = _one_read("sync", base_url, rows, url)
            promised = -(-changed // PAGE_ROWS) + 1
            is_kept = found["requests"] <= promised and found["written"] == changed
            what = f"requests, {changed:,} changed rows"
            figures.append(Figure(what, found["requests"], "", floor, f"{promised} at most", is_kept))
    return figures


def _budget(server: EmbeddedServer, pages: int = 400) -> list[Figure]:
    """How much of the read budget a read of many pages uses, against a service that keeps count."""
    config = SandboxConfig(rows=pages, rates=Rates(), max_page_rows=1)
    with fresh_database(server) as url, SandboxServer(config, clock=ScaledClock()) as sandbox:
        token, engine = SecretStr(sandbox.token), warehouse_engine(url)
        budget = SharedBudget(RateLimits(), database_url=url, user="bench@example.com")
        with CodaClient(Transport(base_url=sandbox.base_url, token=lambda: token, budget=budget)) as client:
            spec = TableSpec(name="participation", doc_id=sandbox.doc_id, table_id=schema.PARTICIPATION)
            read_table(client, engine, spec, GUARD, run_id="bench")
        engine.dispose()
        sent_at = sorted(request.at for request in sandbox.requests)
        refused = sandbox.requests.count(status=429)
    limits = RateLimits()
    windows = zip(sent_at, sent_at[limits.reads.requests :], strict=False)
    share = limits.reads.seconds / fmean((last - first).total_seconds() for first, last in windows) * 100
    of_budget = share / (1 - limits.slack)
    return [
        Figure("read budget used", of_budget, "%", 100, "95 % or more", of_budget >= MIN_BUDGET_SHARE),
        Figure("Coda's own limit used", share, "%", 100),
        Figure("answers 429 meanwhile", refused, "", None, "none", refused == 0),
    ]


def _one_read(kind: str, base_url: str, rows: int, database_url: str) -> Measured:
    command = [sys.executable, "-m", "bench.one_read", kind, base_url, str(rows), database_url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (our own module)
    return orjson.loads(done.stdout)


def _physical(database_url: str) -> object:
    """Equal only if no row and no version was written in between."""
    query = "select count(*), sum(xmin::text::bigint), sum(hashtext(ctid::text)) from {}"
    with psycopg.connect(database_url) as conn:
        tables = (sql.Identifier("raw", "coda_bench"), sql.Identifier("raw", "row_history"))
        return [conn.execute(sql.SQL(query).format(table)).fetchone() for table in tables]


@contextmanager
def fresh_database(server: EmbeddedServer) -> Iterator[str]:
    """The address of a migrated database that is dropped afterwards."""
    name = f"bench_{uuid4().hex[:8]}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name))
        )
        try:
            url = server.url(name)
            engine = warehouse_engine(url)
            upgrade(engine)
            engine.dispose()
            yield url
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def main() -> None:
    """Measure reading alone and print it."""
    with (
        tempfile.TemporaryDirectory(prefix="coda-pipeline-bench-") as home,
        EmbeddedServer(Path(home)) as server,
    ):
        figures = measure(server)
    sys.stdout.write(f"{as_table(figures)}\n\n{as_json(figures)}\n")


if __name__ == "__main__":
    main()
