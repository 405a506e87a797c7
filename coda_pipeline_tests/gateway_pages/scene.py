"""A warehouse with something on every page, and a person who reads the pages without scripts."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import requests
from sqlalchemy import Engine

from coda_pipeline.sync.model import Activity, Person
from coda_pipeline.sync.plan_model import Hold, HoldCode, Op, Plan, PlanKind, PlanRow
from coda_pipeline.warehouse.installation import adopt_installation
from coda_pipeline.warehouse.tokens import SCOPES, create_token
from coda_pipeline.warehouse.write_back.plans import store_plan
from coda_pipeline_tests.participation.table import Table

ANNA, IVAN, OLGA = (
    ("Анна Петрова", "anna@example.org"),
    ("Иван Соколов", "ivan@example.org"),
    ("Ольга Ким", "olga@example.org"),
)
NAMESAKE = ("Иван Соколов", "i.sokolov@example.org")
TRAINING, HIRING = ("Обучение новичков", "i-training"), ("Подбор", "i-hiring")
LINK = "https://coda.io/d/_dHR#_tu1/_r"
SCRIPT = "<script>alert('x')</script>"
DELETION = Hold(HoldCode.DELETION, "a deletion waits for an approval")
UNKNOWN = Hold(HoldCode.PERSON_UNKNOWN, "person: the doc knows no such person", "person")
WITHIN_S = 60
ONE, TWO = UUID(int=1), UUID(int=2)


class Scene:
    """The table of Участие as read from Coda, and what people do to it."""

    def __init__(self, engine: Engine, policy: Any = "ask") -> None:
        self.engine, self.table = engine, Table(engine, policy)
        self.catalog = self.table.catalog

    def put(self, row_id: str, **fields: Any) -> None:
        self.table.put(row_id, **fields)
        self.table.execute(
            "update raw.coda_participation set browser_link = :link where row_id = :row_id",
            link=f"{LINK}{row_id}",
            row_id=row_id,
        )

    def sync(self) -> None:
        self.table.sync()

    def duplicates(self, person: tuple[str, str | None] = ANNA) -> None:
        """Three rows that are one participation; the latest, `i-3`, stays."""
        same = {"person": person, "activity": TRAINING, "role": "Наставник", "started_on": "2024-03-01"}
        self.put("i-1", **same, share=0.5)
        self.put("i-2", **same, share=0.5, comment="первая запись")
        self.put("i-3", **same, share=0.8, ended_on="2024-12-31")
        self.sync()

    def namesakes(self) -> None:
        """Two people of one name, and a row that gives only the name."""
        base = {"activity": HIRING, "role": "Рекрутер", "started_on": "2024-05-01"}
        self.put("n-1", person=IVAN, **base)
        self.put("n-2", person=NAMESAKE, **base)
        self.put("n-3", person=("Иван Соколов", None), **base)
        self.sync()

    def half_filled(self) -> None:
        self.put("h-1", person=OLGA, activity=TRAINING, started_on="2024-02-01")
        self.sync()

    def conflict(self) -> int:
        """The share was 100 %; it became 50 % here and 80 % in Coda."""
        entry = {"person": OLGA, "activity": HIRING, "role": "Аналитик", "started_on": "2024-06-01"}
        self.put("c-1", **entry, share=1)
        self.sync()
        self.table.execute("update core.participation set share = 0.5 where coda_row_id = 'c-1'")
        self.put("c-1", **entry, share=0.8)
        self.sync()
        return self.last_conflict()

    def deleted_in_coda(self) -> int:
        """A row that was edited here and deleted in Coda."""
        self.put("d-1", person=IVAN, activity=TRAINING, role="Слушатель", started_on="2024-07-01", share=0.2)
        self.sync()
        self.table.execute("update core.participation set comment = 'важно' where coda_row_id = 'd-1'")
        self.table.delete("d-1")
        self.sync()
        return self.last_conflict()

    def deleted_here(self) -> int:
        """A row that was deleted here and edited in Coda."""
        entry = {"person": ANNA, "activity": HIRING, "role": "Эксперт", "started_on": "2024-08-01"}
        self.put("e-1", **entry)
        self.sync()
        self.table.execute("delete from core.participation where coda_row_id = 'e-1'")
        self.put("e-1", **entry, comment="продлили")
        self.sync()
        return self.last_conflict()

    def fragment(self) -> int:
        """A conflict about a row that a write left behind, as the sync opens it."""
        self.put("f-0", person=OLGA, activity=TRAINING, role="Куратор", started_on="2024-09-01", share=0.3)
        self.sync()
        ((participation_id,),) = self.table.select(
            "select participation_id from core.participation where coda_row_id = 'f-0'"
        )
        self.table.delete("f-0")
        self.table.execute(
            "insert into sync.conflicts (participation_id, record_id, kind, cause, policy, opened_at)"
            " values (:id, 'participation:f-1', 'fragment', 'upserted', 'coda_wins', now())",
            id=participation_id,
        )
        return self.last_conflict()

    def last_conflict(self) -> int:
        return self.table.select("select max(conflict_id) from sync.conflicts where outcome is null")[0][0]

    def held(self, number: int = 3) -> None:
        """Rows that vanished together."""
        for place in range(number):
            fields = {
                "person": ANNA,
                "activity": TRAINING,
                "role": f"Роль {place}",
                "started_on": "2023-01-01",
            }
            self.put(f"v-{place}", **fields)
        self.sync()
        self.table.execute(
            "insert into sync.held_deletions (table_name, row_id, held_at)"
            " select 'participation', row_id, now() from raw.coda_participation where row_id like 'v-%'"
        )

    def read(self, outcome: str = "complete", **more: Any) -> None:
        """The cursor of the table as a read leaves it."""
        given = {"outcome": outcome, "as_of": datetime.now(UTC), "run_id": "run", **more}
        self.table.execute(
            "insert into sync.tables (table_name, doc_id, table_id, title, browser_link)"
            " values ('participation', 'doc1', 'grid-1', 'Участие', :link)"
            " on conflict (table_name) do update set title = excluded.title, browser_link = "
            "excluded.browser_link",
            link="https://coda.io/d/_dHR#_tu1",
        )
        self.table.execute(
            "insert into sync.cursors (table_name, doc_id, table_id, as_of, last_read_at, last_run_id, "
            "last_outcome)"
            " values ('participation', 'doc1', 'grid-1', :as_of, :as_of, :run_id, :outcome)"
            " on conflict (table_name) do update set last_outcome = excluded.last_outcome",
            **given,
        )

    def participation(self, row_id: str) -> UUID:
        return self.table.live()[row_id]

    def planned(self, *rows: PlanRow, **given: Any) -> int:
        """An open plan of changes, with these rows."""
        what: dict[str, Any] = {"source_table": "participation", "kind": PlanKind.CHANGES, "mapping": "m1"}
        plan = Plan(rows=rows, **what | given)
        with self.engine.begin() as conn:
            return store_plan(conn, plan, run_id="run", now=datetime.now(UTC))

    def a_bit_of_everything(self) -> None:
        self.read()
        self.duplicates()
        self.namesakes()
        self.half_filled()
        self.conflict()
        self.deleted_in_coda()
        self.deleted_here()
        self.held()
        self.fragment()
        with self.engine.begin() as conn:
            adopt_installation(conn)
        changed, gone = (self.participation(row_id) for row_id in ("i-3", "n-1"))
        self.planned(*some_rows(changed, gone))


def row(number: int, op: Op = Op.UPDATE, *holds: Hold, **given: Any) -> PlanRow:
    """A row of a plan: an update of the role of `i-<number>`, unless told otherwise."""
    what: dict[str, Any] = {
        "participation_id": UUID(int=number),
        "op": op,
        "source_table": "participation",
        "row_id": None if op is Op.CREATE else f"i-{number}",
        "before": {"role": "Аналитик"},
        "after": {"role": "Разработчик"},
        "digest": f"{op.value}-{number}",
        "holds": holds,
    }
    return PlanRow(**what | given)


def some_rows(changed: UUID = ONE, gone: UUID = TWO) -> tuple[PlanRow, ...]:
    """One that goes, one that waits for a word, one that waits for a correction."""
    whole = {
        "person": Person(*IVAN),
        "activity": Activity(*HIRING),
        "role": "Рекрутер",
        "started_on": date(2024, 5, 1),
        "share": Decimal("0.25"),
    }
    return (
        row(
            1,
            participation_id=changed,
            before={"role": "Наставник", "share": Decimal("0.8")},
            after={"role": "Куратор", "share": Decimal("0.5")},
        ),
        row(2, Op.DELETE, DELETION, participation_id=gone, before=whole, after={}),
        row(
            3,
            Op.CREATE,
            UNKNOWN,
            before={},
            after={**whole, "person": Person("Пётр Новый", "petr@example.org")},
        ),
    )


class Browser:
    """A person at the pages, without scripts: keeps cookies, sends forms with what the page put into them."""

    def __init__(self, base_url: str, **headers: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self._session.get(f"{self.base_url}{path}", timeout=WITHIN_S, **options)

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **options: Any) -> requests.Response:
        """A form as any program could send it."""
        return self._session.post(
            f"{self.base_url}{path}", data=fields or {"_": ""}, timeout=WITHIN_S, **options
        )

    def submit(
        self, page: str, fields: Mapping[str, Any], action: str | None = None, **options: Any
    ) -> requests.Response:
        """A form of a page, with the key that the page gave it."""
        key = re.findall(r'name="form_key" value="(\w+)"', self.get(page).text)[0]
        return self.post(action or page.partition("?")[0], {"form_key": key, **fields}, **options)

    def sign_in(self, token: str, wanted: str | None = None, **options: Any) -> requests.Response:
        return self.post("/sign-in", {"token": token}, params={"next": wanted} if wanted else None, **options)

    @property
    def cookies(self) -> Mapping[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self._session.cookies}

    def set_cookie(self, name: str, value: str) -> None:
        self._session.cookies.set(name, value)

    def close(self) -> None:
        self._session.close()


def token_of(
    engine: Engine, *scopes: str, name: str = "Анна из HR", valid_for: timedelta | None = None
) -> str:
    with engine.begin() as conn:
        return create_token(conn, name, scopes or SCOPES, valid_for=valid_for)
