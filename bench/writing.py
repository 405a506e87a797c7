"""Sending to Coda with its real limits and delays on: requests, and seconds from the edit to *verified*.

Few edits go by PUT, many as keyed upserts. Rows without our key go one by one, so 500 and 5,000 of those are
counted with the limits off, and their seconds are what the budget makes of their number. The floor is always
that: the time the limits need for the requests, and the half minute until reads show a write.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from sqlalchemy import Engine, text

from bench.figures import Figure
from bench.reading import fresh_database
from coda_pipeline.budget import NoBudget, SharedBudget
from coda_pipeline.catalog import DEMO_CATALOG, Catalog, Guard, load_catalog
from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.config import Rates, SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline.sync.permission import Permission
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.sync.write_back import write_back
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine

ROWS = 6_000
ALLOWED = Permission(is_allowed=True, reasons=())
MAX_KEYED_REQUESTS = 12
MAX_KEYED_S = 120
# Nothing may be held here but by the service.
OPEN = Guard(rows=1_000_000, share=1.0)
_EDIT = text("""
    update core.participation set share = case when share = 0.35 then 0.45 else 0.35 end
     where participation_id in (
           select participation_id from core.participation
            where coda_row_id is not null and person_email is not null order by participation_id limit :rows)
""")
_BOUND = text(
    "select coda_row_id, participation_id::text from core.participation where coda_row_id is not null"
)


class Desk:
    """A warehouse and a doc that agree, ready for edits of the application."""

    def __init__(self, engine: Engine, sandbox: SandboxServer, client: CodaClient, catalog: Catalog) -> None:
        self.engine, self.sandbox, self.client, self.catalog = engine, sandbox, client, catalog

    def pull(self) -> None:
        """Read, resolve, plan."""
        for source in self.catalog.participation.sources if self.catalog.participation else ():
            read_table(
                self.client,
                self.engine,
                self.catalog.table(source.table),
                self.catalog.guards.lost,
                run_id="bench",
            )
        resolve_participation(self.engine, self.catalog, self.client, run_id="bench")
        plan_participation(self.engine, self.catalog, run_id="bench")

    def fill_keys(self) -> None:
        """As HR would: our key in every row."""
        with self.engine.connect() as conn:
            bound = conn.execute(_BOUND).all()
        for row_id, key in bound:
            self.sandbox.hr.edit_row(row_id, {schema.SYNC_ID: key})
        self.sandbox.settle()
        self.pull()

    def send(self, rows: int) -> tuple[float, int, int]:
        """Edit so many rows here and write them back: seconds to verified, write requests, all requests."""
        with self.engine.begin() as conn:
            conn.execute(_EDIT, {"rows": rows})
        self.sandbox.requests.clear()
        started = time.monotonic()
        self.pull()
        verified = 0
        while verified < rows:
            report = write_back(
                self.engine, self.catalog, self.client, self.client, permission=ALLOWED, run_id="bench"
            )
            verified += report.verified
            if report.rejected or not (report.verified or report.pending):
                message = f"{rows} rows were to be verified: {report}"
                raise RuntimeError(message)
        seconds = time.monotonic() - started
        log = self.sandbox.requests
        return seconds, log.count(method="PUT") + log.count(method="POST"), log.count()


def measure(server: EmbeddedServer) -> list[Figure]:
    """All figures of sending; about seven minutes, most of it waiting for the service."""
    figures: list[Figure] = []
    with _desk(server, is_limited=True) as desk:
        for rows in (1, 20):
            figures += _figures(rows, "without keys", *desk.send(rows))
        desk.fill_keys()
        for rows in (1, 20, 500, 5_000):
            figures += _figures(rows, "with keys", *desk.send(rows))
    with _desk(server, is_limited=False) as desk:
        for rows in (500, 5_000):
            _, writes, requests = desk.send(rows)
            what = f"send {rows:,} rows without keys"
            figures += [
                Figure(f"{what}: write requests", writes, "", rows),
                Figure(f"{what}: all requests", requests, "", rows),
                Figure(f"{what}: what the budget makes of it", floor_s(writes), "s"),
            ]
    return figures


def _figures(rows: int, kind: str, seconds: float, writes: int, requests: int) -> list[Figure]:
    what, promise, is_kept = f"send {rows:,} rows {kind}", "", None
    if rows == 5_000:
        promise = f"{MAX_KEYED_REQUESTS} writes, {MAX_KEYED_S} s"
        is_kept = writes <= MAX_KEYED_REQUESTS and seconds < MAX_KEYED_S
    return [
        Figure(f"{what}: write requests", writes, "", rows),
        Figure(f"{what}: all requests", requests, ""),
        Figure(f"{what}: until verified", seconds, "s", floor_s(writes), promise, is_kept),
    ]


def floor_s(writes: int) -> float:
    """The budget's own time for so many row writes, and the service's until reads show the last."""
    limits, config = RateLimits(), SandboxConfig()
    window_s = limits.row_writes.seconds * (1 + limits.slack)
    waits = math.ceil(writes / limits.row_writes.requests) - 1
    return waits * window_s + config.write_delay_s + config.snapshot_lag_s


@contextmanager
def _desk(server: EmbeddedServer, *, is_limited: bool) -> Iterator[Desk]:
    config = SandboxConfig(rows=ROWS, rates=Rates() if is_limited else None)
    catalog = load_catalog(DEMO_CATALOG)
    catalog = catalog.model_copy(update={"guards": catalog.guards.model_copy(update={"changed": OPEN})})
    clock = ScaledClock() if is_limited else ScaledClock(60)
    with fresh_database(server) as url, SandboxServer(config, clock=clock) as sandbox:
        token, engine = SecretStr(sandbox.token), warehouse_engine(url)
        budget = (
            SharedBudget(RateLimits(), database_url=url, user="bench@example.com")
            if is_limited
            else NoBudget()
        )
        with CodaClient(Transport(base_url=sandbox.base_url, token=lambda: token, budget=budget)) as client:
            desk = Desk(engine, sandbox, client, catalog)
            desk.pull()
            yield desk
        engine.dispose()
