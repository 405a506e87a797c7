"""Both sides at work: HR in a doc of the sandbox, the application in the warehouse, the sync between them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Engine, text

from coda_pipeline.budget import NoBudget
from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.participation_plan import PlanReport, plan_participation
from coda_pipeline.sync.permission import Permission
from coda_pipeline.sync.plan_model import PlanKind, PlanRow, WriteState
from coda_pipeline.sync.proving import ProofReport, prove_open_writes
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.sync.write_back import WriteReport, write_back
from coda_pipeline.warehouse.write_back import decisions
from coda_pipeline.warehouse.write_back.plans import open_plans
from coda_pipeline.warehouse.write_back.rejected import RejectedRow, list_rejected

ALLOWED = Permission(is_allowed=True)
FIELDS = {
    "person": schema.PERSON,
    "activity": schema.PROJECT,
    "role": schema.ROLE,
    "started_on": schema.START,
    "ended_on": schema.END,
    "share": schema.SHARE,
    "comment": schema.NOTE,
    "sync_id": schema.SYNC_ID,
}
PEOPLE = (("Анна Белова", "anna@example.com"), ("Иван Петров", "ivan@example.com"))


def catalog(**section: Any) -> Catalog:
    """Участие and Проекты of the sandbox's doc. `section` are other keys of `participation`."""
    content = {
        "coda": {
            "docs": [
                {
                    "id": schema.HR_DOC_ID,
                    "tables": [
                        {"id": schema.PARTICIPATION, "name": "participation"},
                        {"id": schema.PROJECTS, "name": "projects"},
                    ],
                }
            ]
        },
        "participation": {
            "sources": [{"table": "participation", "fields": FIELDS}],
            "write_back": {"enabled": True},
            **section,
        },
    }
    return parse_catalog(content, source="test")


def client_of(sandbox: SandboxServer, *, policy: RetryPolicy | None = None) -> CodaClient:
    """A client without a rate budget and without waiting between its attempts."""
    token = SecretStr(sandbox.token)
    return CodaClient(
        Transport(
            base_url=sandbox.base_url,
            token=lambda: token,
            budget=NoBudget(),
            policy=policy,
            sleep=lambda _seconds: None,
        )
    )


@dataclass
class Office:
    """One doc, one warehouse. Time is the sandbox's; waiting moves it."""

    sandbox: SandboxServer
    engine: Engine
    client: CodaClient
    catalog: Catalog = field(default_factory=catalog)
    runs: int = 0

    @property
    def hr(self) -> Any:
        return self.sandbox.hr

    def now(self) -> datetime:
        return self.sandbox.clock.now()

    def wait(self, seconds: float) -> None:
        self.sandbox.clock.advance(seconds)

    def hire(self, count: int, **values: Any) -> list[str]:
        """So many rows of HR's, each a participation of its own; they show at once."""
        name, email = PEOPLE[0]
        rows = [
            self.hr.add_participation(
                name,
                email,
                project="Обучение",
                role=f"Роль {n}",
                started_on="2026-03-01",
                share=1.0,
                **values,
            )
            for n in range(count)
        ]
        self.sandbox.settle()
        return rows

    def run_id(self) -> str:
        self.runs += 1
        return f"run {self.runs}"

    def pull(self, *, run_id: str | None = None) -> None:
        """Read, prove what is open, resolve."""
        run_id = run_id or self.run_id()
        for spec in self.catalog.tables:
            guard = self.catalog.guards.lost
            read_table(self.client, self.engine, spec, guard, run_id=run_id, now=self.now)
        self.prove(run_id=run_id)
        self.resolve(run_id)

    def resolve(self, run_id: str = "resolve") -> None:
        resolve_participation(self.engine, self.catalog, self.client, run_id=run_id, now=self.now)

    def prove(self, *, run_id: str = "prove") -> ProofReport:
        return prove_open_writes(self.engine, self.catalog, self.client, run_id=run_id, now=self.now)

    def plan(self) -> PlanReport:
        return plan_participation(self.engine, self.catalog, run_id=self.run_id(), now=self.now)

    def send(
        self,
        *,
        permission: Permission = ALLOWED,
        patience_s: float = 180.0,
        sleep: Callable[[float], None] | None = None,
        write_client: CodaClient | None = None,
    ) -> WriteReport:
        """Write back what the plans release."""
        return write_back(
            self.engine,
            self.catalog,
            self.client,
            write_client or self.client,
            permission=permission,
            run_id=self.run_id(),
            now=self.now,
            sleep=sleep or self.wait,
            patience_s=patience_s,
        )

    def sync(self, **options: Any) -> WriteReport:
        """The whole way."""
        self.pull()
        self.plan()
        return self.send(**options)

    def approve(self, kind: PlanKind = PlanKind.CHANGES) -> int:
        """A person approves every row of the open plan of changes, or of keys."""
        with self.engine.begin() as conn:
            plan_id = next(p.plan_id or 0 for p in open_plans(conn) if p.kind is kind)
            return decisions.decide(conn, plan_id, None, is_approved=True, by="Ольга", now=self.now())

    def fill_in_keys(self) -> None:
        """Every bound row gets our key."""
        self.pull()
        self.plan()
        self.approve(PlanKind.KEYS)
        assert self.send().pending == 0

    def execute(self, statement: str, **values: Any) -> int:
        """The application's SQL."""
        with self.engine.begin() as conn:
            return conn.execute(text(statement), values).rowcount

    def edit(self, row_id: str, **values: Any) -> None:
        """The application edits the participation of a row."""
        names = ", ".join(f"{name} = :{name}" for name in values)
        changed = self.execute(
            f"update core.participation set {names} where coda_row_id = :row_id", row_id=row_id, **values
        )
        assert changed == 1

    def add(self, role: str = "Аналитик", **values: Any) -> UUID:
        """The application adds a participation of a person and an activity that the doc knows."""
        name, email = PEOPLE[0]
        columns = {
            "person_name": name,
            "person_email": email,
            "activity": "Обучение",
            "activity_row_id": self.hr.project("Обучение"),
            "role": role,
            "started_on": "2026-04-01",
            **values,
        }
        names, marks = ", ".join(columns), ", ".join(f":{column}" for column in columns)
        query = f"insert into core.participation ({names}) values ({marks}) returning participation_id"
        with self.engine.begin() as conn:
            return conn.execute(text(query), columns).scalar_one()

    def select(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(text(query), values)]

    def here(self, row_id: str, column: str) -> Any:
        """What the warehouse holds."""
        return self.select(
            f"select {column} from core.participation where coda_row_id = :row_id", row_id=row_id
        )[0][0]

    def there(self, row_id: str, column: str) -> Any:
        """What people see in Coda, None for a blank cell."""
        return self.hr.row(row_id).get(column)

    def id_of(self, row_id: str) -> UUID:
        return self.here(row_id, "participation_id")

    def states(self) -> list[str]:
        """The states of all that was ever sent, in order."""
        return [row[0] for row in self.select("select state from sync.writes order by write_id")]

    def reasons(self) -> list[str | None]:
        return [row[0] for row in self.select("select reason from sync.writes order by write_id")]

    def is_all_proved(self) -> bool:
        return not {WriteState.SENT, WriteState.CONFIRMED} & set(self.states())

    def rejected(self) -> list[RejectedRow]:
        with self.engine.connect() as conn:
            return list_rejected(conn)

    def planned(self) -> list[PlanRow]:
        """The rows of all open plans, held ones too."""
        with self.engine.connect() as conn:
            return [row for plan in open_plans(conn) for row in plan.rows]

    def conflicts(self) -> list[tuple[Any, ...]]:
        """Kind, field, cause, outcome of every conflict, in order."""
        return self.select("select kind, field, cause, outcome from sync.conflicts order by conflict_id")

    def requests(self, method: str) -> list[str]:
        """The paths below the table of the requests of this method, so far."""
        return [r.path.rpartition("/tables/")[2] for r in self.sandbox.requests if r.method == method]

    def is_silent(self) -> bool:
        """Whether a further round, once everything shows, changes nothing on either side."""
        self.sandbox.settle()
        self.pull()
        self.plan()
        self.sandbox.requests.clear()
        before = self.select("select max(version), max(xmin::text::bigint) from core.participation_all")
        report = self.send()
        sent = report.created + report.updated + report.deleted + report.keyed
        writes = [method for method in ("POST", "PUT", "DELETE") if self.requests(method)]
        after = self.select("select max(version), max(xmin::text::bigint) from core.participation_all")
        return sent == 0 and not writes and before == after
