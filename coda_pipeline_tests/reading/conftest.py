"""A sandbox with an empty HR doc, a real client, and the warehouse's side of reading one table of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from coda_pipeline.budget import NoBudget
from coda_pipeline.catalog import Guard, TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.sync.read_report import ReadReport
from coda_pipeline.sync.read_table import read_table

SPEC = TableSpec(
    name="participation",
    doc_id=schema.HR_DOC_ID,
    table_id=schema.PARTICIPATION,
    excluded=frozenset({schema.SALARY}),
    mapped=frozenset({schema.PERSON, schema.PROJECT, schema.ROLE, schema.START, schema.SHARE, schema.NOTE}),
)
GUARD = Guard(rows=20, share=0.02)
# More than the guard lets pass, and more than are asked for one by one.
MANY = 120


@dataclass
class Table:
    """One table, as read into the warehouse. `spec` may be exchanged between reads."""

    client: CodaClient
    engine: Engine
    sandbox: SandboxServer
    spec: TableSpec = SPEC
    runs: int = field(default=0)

    def read(self, **options: Any) -> ReadReport:
        """Read the table as run-1, run-2, …; without options as a schedule would."""
        self.runs += 1
        options = {"run_id": f"run-{self.runs}", "now": self.sandbox.clock.now, **options}
        return read_table(self.client, self.engine, self.spec, GUARD, **options)

    def settle_and_read(self, **options: Any) -> ReadReport:
        """Read once what HR did shows."""
        self.sandbox.settle()
        return self.read(**options)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """What a query answers, in a transaction of its own."""
        with self.engine.begin() as conn:
            return list(conn.execute(text(statement.replace("{raw}", f"raw.coda_{self.spec.name}")), values))

    def notes(self, *, deleted: bool = False) -> dict[str, str]:
        """Row id -> comment, of the live rows or of the deleted ones."""
        cells = self.sql(
            "select row_id, values->>:note from {raw} where (deleted_at is not null) = :deleted",
            note=schema.NOTE,
            deleted=deleted,
        )
        return {row_id: (note or "").strip("`") for row_id, note in cells}

    def versions(self, row_id: str) -> list[tuple[str, str, str]]:
        """Ended versions of a row, oldest first: comment, how it ended, by which run."""
        found = self.sql(
            "select values->>:note, ended_as, ended_by_run from raw.row_history"
            " where table_name = :name and row_id = :row_id order by valid_from",
            note=schema.NOTE,
            name=self.spec.name,
            row_id=row_id,
        )
        return [((note or "").strip("`"), ended_as, run) for note, ended_as, run in found]

    def held(self) -> dict[str, str]:
        """Row id -> state, of the list of held deletions."""
        return dict(map(tuple, self.sql("select row_id, state from sync.held_deletions")))

    def physical(self) -> list[Any]:
        """Where every row and version lies and who wrote it: equal only if nothing was written."""
        rows = self.sql("select xmin::text, ctid::text, row_id from {raw} order by row_id")
        return rows + self.sql("select xmin::text, ctid::text, row_id from raw.row_history order by ctid")

    def requests_of(self, act: Callable[[], ReadReport]) -> tuple[ReadReport, list[str]]:
        """What an act returns, and the requests that it sent."""
        self.sandbox.requests.clear()
        report = act()
        return report, [f"{r.method} {r.path.rpartition('/tables/')[2]}" for r in self.sandbox.requests]


def client_of(sandbox: SandboxServer) -> CodaClient:
    """A client for a sandbox, without a rate budget and without waiting."""
    token = SecretStr(sandbox.token)
    return CodaClient(
        Transport(
            base_url=sandbox.base_url, token=lambda: token, budget=NoBudget(), sleep=lambda _seconds: None
        )
    )


@pytest.fixture
def page_rows() -> int:
    """How many rows a page of the sandbox holds at most; a module may say otherwise."""
    return 500


@pytest.fixture
def sandbox(page_rows: int) -> Iterator[SandboxServer]:
    """The HR doc without a row."""
    with SandboxServer(SandboxConfig(content="empty", rates=None, max_page_rows=page_rows)) as found:
        yield found


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[CodaClient]:
    """A client for the sandbox."""
    with client_of(sandbox) as found:
        yield found


@pytest.fixture
def table(client: CodaClient, engine: Engine, sandbox: SandboxServer) -> Table:
    """Участие, never read yet."""
    return Table(client, engine, sandbox)


def fill(sandbox: SandboxServer, count: int) -> list[str]:
    """Add rows with comments `row 0`, `row 1`, …; their ids, oldest first. They show at once."""
    ids = [sandbox.hr.add_participation("Анна", "anna@example.com", comment=f"row {n}") for n in range(count)]
    sandbox.settle()
    return ids


def emptied_by_mistake(table, sandbox, *, rows=300, gone=MANY):
    """A table of which more rows vanished than the guard lets pass; all ids and those gone."""
    ids = fill(sandbox, rows)
    table.read()
    sandbox.hr.delete_rows(ids[:gone])
    sandbox.settle()
    return ids, ids[:gone]
