"""Both sides edit, add and delete over many rounds, over real HTTP; then everybody is quiet, and they agree.

The promises are those of the histories in memory (`sync/test_two_way_histories.py`); here with the service's
delays, its snapshots and a real PostgreSQL. Few examples, since each takes seconds.
"""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.sync.conflicts import settle
from coda_pipeline.sync.plan_model import PlanKind
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.conftest import TestServer
from coda_pipeline_tests.write_back.office import Office, catalog, client_of

pytestmark = pytest.mark.drill

SLOTS = 6
ROUNDS = 6
COMMENTS = ["раз", "два", "три", None]
SHARES = [0.25, 0.5, 1.0]
ROLES = list(schema.ROLE_NAMES[:SLOTS])
COLUMNS = {"comment": schema.NOTE, "share": schema.SHARE, "role": schema.ROLE}

slots = st.integers(0, SLOTS - 1)
values = st.one_of(
    st.tuples(st.just("comment"), st.sampled_from(COMMENTS)),
    st.tuples(st.just("share"), st.sampled_from(SHARES)),
    st.tuples(st.just("role"), st.sampled_from(ROLES)),
)
acts = st.one_of(
    st.tuples(st.sampled_from(["hr edits", "application edits"]), slots, values),
    st.tuples(st.sampled_from(["hr deletes", "hr copies", "application deletes"]), slots),
    st.tuples(st.sampled_from(["hr adds", "application adds"]), st.sampled_from(ROLES)),
    st.tuples(st.just("time goes by"), st.sampled_from([5, 20, 60])),
)
histories = st.lists(st.lists(acts, min_size=1, max_size=5), min_size=1, max_size=4)


class Life:
    """What happens in one office, and what must be true when everybody has gone home."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.made: set[str] = set()

    def does(self, act: tuple[Any, ...]) -> None:
        verb, *what = act
        getattr(self, verb.replace(" ", "_"))(*what)

    def _row(self, slot: int) -> str | None:
        rows = self.office.hr.row_ids()
        return rows[slot % len(rows)] if rows else None

    def _id(self, slot: int) -> Any:
        ids = self.office.select("select participation_id from core.participation order by created_at, 1")
        return ids[slot % len(ids)][0] if ids else None

    def hr_edits(self, slot: int, edit: tuple[str, Any]) -> None:
        if row := self._row(slot):
            self.office.hr.edit_row(row, {COLUMNS[edit[0]]: edit[1]})

    def hr_deletes(self, slot: int) -> None:
        if row := self._row(slot):
            self.office.hr.delete_rows(row)

    def hr_copies(self, slot: int) -> None:
        if row := self._row(slot):
            self.made.add(self.office.hr.copy_row(row))

    def hr_adds(self, role: str) -> None:
        self.made.add(
            self.office.hr.add_participation(
                "Анна Белова", "anna@example.com", project="Обучение", role=role, started_on="2026-04-01"
            )
        )

    def application_edits(self, slot: int, edit: tuple[str, Any]) -> None:
        self._execute(
            f"update core.participation set {edit[0]} = :value where participation_id = :pid", slot, edit[1]
        )

    def application_deletes(self, slot: int) -> None:
        self._execute("delete from core.participation where participation_id = :pid", slot)

    def application_adds(self, role: str) -> None:
        with suppress(DBAPIError):  # there is such a one already
            self.office.add(role, comment="из приложения")

    def _execute(self, statement: str, slot: int, value: Any = None) -> None:
        """The database refuses what the application may not do: an equal participation."""
        with suppress(DBAPIError):
            self.office.execute(statement, pid=self._id(slot), **({} if value is None else {"value": value}))

    def time_goes_by(self, seconds: int) -> None:
        self.office.wait(seconds)

    def sync(self) -> None:
        """The whole way; a person approves all that waits for one."""
        self.office.pull()
        self.office.plan()
        for kind in PlanKind:
            self.office.approve(kind)
        self.office.send()

    def settles_down(self) -> None:
        for _ in range(ROUNDS):
            self.office.wait(200)
            self.sync()
            self.office.wait(200)
            if self.office.is_silent():
                return
        message = f"still busy after {ROUNDS} rounds: {self.office.planned()}"
        raise AssertionError(message)

    def agrees(self) -> None:
        """Every participation reads alike on both sides, but for what a person was asked about."""
        asked = {
            (pid, field)
            for pid, field in self.office.select(
                "select participation_id, field from sync.conflicts where outcome is null"
            )
        }
        rows = set(self.office.hr.row_ids())
        for pid, row, comment, share, role in self.office.select(
            "select participation_id, coda_row_id, comment, share, role from core.participation"
        ):
            if (pid, None) in asked:
                continue
            assert row in rows, (pid, row, self.office.planned())
            here = {"comment": comment, "share": None if share is None else float(share), "role": role}
            for name, value in here.items():
                if (pid, name) not in asked:
                    assert (self.office.there(row, COLUMNS[name]) or None) == (value or None), (row, name)

    def has_doubled_nobody(self) -> None:
        """What HR did not make is ours: one row a participation, but for a fragment."""
        fragments = {
            r[0] for r in self.office.select("select record_id from sync.conflicts where kind = 'fragment'")
        }
        ours = [
            str(self.office.there(row, schema.SYNC_ID))
            for row in self.office.hr.row_ids()
            if row not in self.made and f"participation:{row}" not in fragments
        ]
        assert len(ours) == len(set(ours)), ours

    def has_accounted_for_every_row(self) -> None:
        found = self.office.select(
            "select row_id from core.participation_records where deleted_at is null and outcome is not null"
        )
        assert {row[0] for row in found} == set(self.office.hr.row_ids())

    def a_person_decides(self, take: str) -> None:
        for (conflict_id,) in self.office.select(
            "select conflict_id from sync.conflicts where outcome is null"
        ):
            settle(self.office.engine, conflict_id, take, by="hr", now=self.office.now)


@pytest.mark.parametrize("policy", ["coda_wins", "warehouse_wins", "ask"])
@given(history=histories, take=st.sampled_from(["coda", "warehouse"]))
@settings(  # to shrink a failure would take minutes
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
def test_the_sides_converge_and_a_further_round_is_silent(
    server: TestServer, policy: str, history: list[list[tuple[Any, ...]]], take: str
) -> None:
    with server.database() as url, SandboxServer(SandboxConfig(content="empty", rates=None)) as sandbox:
        engine = warehouse_engine(url)
        try:
            _live(sandbox, engine, policy, history, take)
        finally:
            engine.dispose()


def _live(
    sandbox: SandboxServer, engine: Engine, policy: str, history: list[list[tuple[Any, ...]]], take: str
) -> None:
    with client_of(sandbox) as client:
        office = Office(sandbox, engine, client, catalog(conflicts=policy))
        life = Life(office)
        for role in ROLES[:3]:
            life.hr_adds(role)
        sandbox.settle()
        office.pull()
        for day in history:
            for act in day:
                life.does(act)
            life.sync()
        for _ in range(2):
            life.settles_down()
            life.agrees()
            life.has_doubled_nobody()
            life.has_accounted_for_every_row()
            life.a_person_decides(take)
