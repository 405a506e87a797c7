"""A CODING sandbox, a real client, and the warehouse's side of reading one project of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from coda_pipeline.budget import NoBudget
from coda_pipeline.catalog import Guard
from coda_pipeline.catalog_coding import PollingEntry, TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.dialect import dialect_for
from coda_pipeline.http import Transport
from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sync.coding.deliveries import store_delivery
from coda_pipeline.sync.coding.drain import drain
from coda_pipeline.sync.coding.read_issues import read_issues
from coda_pipeline.sync.coding.read_lists import read_iterations, read_members
from coda_pipeline.sync.coding.reading import CodingReading
from coda_pipeline.sync.coding.report import CodingReport
from coda_pipeline.warehouse.coding.places import Place, Table

GUARD = Guard(rows=20, share=0.02)
TABLES = {Table.ISSUES: "code", Table.ITERATIONS: "code", Table.MEMBERS: "member_id"}


@dataclass
class Copy:
    """One project as copied into one warehouse. `polling` may be exchanged between reads."""

    client: CodingClient
    engine: Engine
    sandbox: CodingSandboxServer
    project: str = "demo-project"
    incremental: str = "both"
    polling: PollingEntry = field(default_factory=PollingEntry)
    runs: int = field(default=0)

    @property
    def place(self) -> Place:
        return Place(self.sandbox.config.team, self.project)

    def reading(self) -> CodingReading:
        """A read as run-1, run-2, …, by the sandbox's clock."""
        self.runs += 1
        team = TeamEntry(
            name=self.place.team,
            projects=(self.place.project,),
            incremental=self.incremental,  # type: ignore[arg-type]
            polling=self.polling,
        )
        run_id, now = f"run-{self.runs}", self.sandbox.clock.now
        return CodingReading(self.client, self.engine, team, self.place.project, GUARD, run_id, now)

    def read(self, table: Table = Table.ISSUES, **options: Any) -> CodingReport:
        """Read one table, without options as a schedule would."""
        reads = {Table.ISSUES: read_issues, Table.ITERATIONS: read_iterations, Table.MEMBERS: read_members}
        return reads[table](self.reading(), **options)

    def poll(self, **options: Any) -> list[CodingReport]:
        """Read every table, as a scheduled run does."""
        return [self.read(table, **options) for table in (Table.ITERATIONS, Table.MEMBERS, Table.ISSUES)]

    def take(self, delivery: Any) -> str:
        """Take in a delivery of the sandbox as the gateway does."""
        headers = {"X-Coding-Delivery": delivery.id}
        return str(
            store_delivery(self.engine, self.place.team, headers, delivery.body, now=self.sandbox.clock.now())
        )

    def work_off(self) -> list[CodingReport]:
        """Have every table look at what waits."""
        found = []
        for table in TABLES:
            found += drain({self.place.project: self.reading()}, self.place.team, table)
        return found

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """What a query answers, in a transaction of its own."""
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement), values))

    def live(self, table: Table = Table.ISSUES) -> dict[int, dict[str, Any]]:
        """Id -> record, of what is not deleted."""
        rows = self.sql(
            f"select {TABLES[table]}, record from {table.raw}"
            " where deleted_at is null and project = :project",
            project=self.project,
        )
        return {row[0]: row[1] for row in rows}

    def everything(self) -> dict[Table, dict[int, dict[str, Any]]]:
        """All tables, without what changes at every read."""
        return {table: {k: lasting(v) for k, v in self.live(table).items()} for table in TABLES}

    def physical(self) -> list[Any]:
        """Where every record and version lies and who wrote it: equal only if nothing was written."""
        names = [*(table.raw for table in TABLES), "raw.coding_history"]
        return [
            tuple(r) for n in names for r in self.sql(f"select xmin::text, ctid::text from {n} order by 2")
        ]

    def asked(self) -> list[str]:
        """The actions asked for since the log was emptied."""
        return [request.path for request in self.sandbox.requests]


def lasting(record: Any) -> Any:
    """A record without what is new at every read: addresses of files, signatures of pictures."""
    if isinstance(record, dict):
        return {key: lasting(value) for key, value in record.items() if key != "Url"}
    if isinstance(record, list):
        return [lasting(item) for item in record]
    return record.partition("?q-sign")[0] if isinstance(record, str) else record


def client_of(sandbox: CodingSandboxServer) -> CodingClient:
    """A client for a sandbox, without a rate budget and without waiting."""
    token = SecretStr(sandbox.token)
    transport = Transport(
        base_url=sandbox.base_url,
        token=lambda: token,
        budget=NoBudget(),
        dialect=dialect_for("token"),
        token_setting="CODING_TOKEN_DEMO_TEAM",
        sleep=lambda _seconds: None,
    )
    return CodingClient(transport, sandbox.config.team)


@pytest.fixture
def config() -> CodingConfig:
    """An empty project without rate limits; a module may say otherwise."""
    return CodingConfig(content="empty", rate=None)


@pytest.fixture
def sandbox(config: CodingConfig) -> Iterator[CodingSandboxServer]:
    """One project of CODING."""
    with CodingSandboxServer(config) as found:
        yield found


@pytest.fixture
def copy(sandbox: CodingSandboxServer, engine: Engine) -> Iterator[Copy]:
    """The project's copy in the warehouse, never read yet."""
    with client_of(sandbox) as client:
        yield Copy(client, engine, sandbox)


def later(sandbox: CodingSandboxServer, seconds: float = 600) -> None:
    """Let time pass: ten minutes, as between two polls."""
    sandbox.clock.advance(seconds)  # type: ignore[attr-defined]
