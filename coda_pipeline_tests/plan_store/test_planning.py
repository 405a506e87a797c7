"""Planning in a real PostgreSQL: what is found to look at, what is stored, and when nothing is written."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.participation_plan import PlanReport, plan_participation
from coda_pipeline.sync.permission import Permission, permission_of
from coda_pipeline.sync.plan_model import SYNC_ID, HoldCode, Op, Plan, PlanKind
from coda_pipeline.warehouse.column_changes import ColumnFact
from coda_pipeline.warehouse.installation import adopt_installation
from coda_pipeline.warehouse.ledger import record_columns
from coda_pipeline.warehouse.write_back import decisions, plans, rejected, writes
from coda_pipeline_tests.participation.table import FIELDS, Table
from coda_pipeline_tests.plan_store.samples import NOW, marks, select, write

ANNA, IVAN = ("Анна Белова", "anna@example.com"), ("Иван Ильин", "ivan@example.com")
ENTRY: dict[str, Any] = {
    "person": ANNA,
    "activity": ("Обучение", "p1"),
    "role": "аналитик",
    "started_on": "2024-02-01",
}
TYPES = {
    "person": "person",
    "activity": "lookup",
    "started_on": "date",
    "ended_on": "date",
    "share": "percent",
}
WRITTEN = (
    "sync.plans",
    "sync.plan_rows",
    "sync.plan_decisions",
    "sync.approved_mappings",
    "sync.rejected_rows",
)
INSERT = """
    insert into core.participation (person_name, person_email, activity, activity_row_id, role, started_on)
    values (:name, :email, 'Обучение', 'p1', :role, '2024-02-01')
"""


class Planned(Table):
    """A table of Участие with its columns described, and its plans."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        facts = [ColumnFact(c, name, TYPES.get(name, "text"), is_array=False) for name, c in FIELDS.items()]
        with engine.begin() as conn:
            record_columns(conn, self.catalog.table("participation"), facts, now=NOW)
        self.execute(
            "insert into sync.cursors (table_name, doc_id, table_id, last_outcome, as_of)"
            " values ('participation', 'doc1', 'grid-1', 'complete', :now)",
            now=NOW,
        )

    def plan(self, *, full: bool = False) -> PlanReport:
        return plan_participation(self.engine, self.catalog, run_id="run", now=self.now, full=full)

    def planned(self, kind: PlanKind = PlanKind.CHANGES) -> Plan:
        self.plan()
        with self.engine.connect() as conn:
            return next(found for found in plans.open_plans(conn) if found.kind is kind)

    def add(
        self, name: str = "Иван Ильин", role: str = "куратор", email: str | None = "ivan@example.com"
    ) -> UUID:
        self.execute(INSERT, name=name, email=email, role=role)
        self.sync()
        return self.select("select participation_id from core.participation where role = :role", role=role)[
            0
        ][0]


@pytest.fixture
def table(engine: Engine) -> Planned:
    found = Planned(engine)
    found.put("A", **ENTRY)
    found.put("B", **{**ENTRY, "person": IVAN})
    found.sync()
    return found


def test_equal_sides_give_empty_plans_and_planning_again_writes_nothing(table: Planned) -> None:
    for pid, row_id in table.select("select participation_id, coda_row_id from core.participation"):
        table.put(row_id, **ENTRY | {"person": ANNA if row_id == "A" else IVAN}, sync_id=str(pid))
    table.sync()
    first = table.plan()
    before = marks(table.engine, *WRITTEN)
    assert [part.plan_id for part in table.plan().parts] == [part.plan_id for part in first.parts]
    assert (first.to_send, first.held, first.blocked_by, first.as_of) == (0, 0, (), NOW)
    assert marks(table.engine, *WRITTEN) == before


def test_an_edit_here_is_planned_with_both_values(table: Planned) -> None:
    table.execute("update core.participation set role = 'эксперт' where coda_row_id = 'A'")
    table.sync()
    [row] = table.planned().rows
    assert (row.op, row.row_id, row.holds) == (Op.UPDATE, "A", ())
    assert (row.before, row.after) == ({"role": "аналитик"}, {"role": "эксперт"})


def test_a_participation_born_here_is_planned_as_a_new_row(table: Planned) -> None:
    pid = table.add()
    [row] = table.planned().rows
    assert (row.op, row.row_id, row.participation_id, row.holds) == (Op.CREATE, None, pid, ())
    assert row.after[SYNC_ID] == str(pid)


def test_a_person_whom_no_row_of_the_doc_names_is_held(table: Planned) -> None:
    table.add("Пётр Новый", email="peter@example.com")
    [row] = table.planned().rows
    assert [hold.code for hold in row.holds] == [HoldCode.PERSON_UNKNOWN]


def test_deleting_here_plans_the_rows_of_the_whole_group(table: Planned) -> None:
    table.put("A2", **ENTRY)
    table.sync()
    table.execute("delete from core.participation where person_email = 'anna@example.com'")
    table.sync()
    rows = table.planned().rows
    assert {(row.op, row.row_id) for row in rows} == {(Op.DELETE, "A"), (Op.DELETE, "A2")}
    assert {hold.code for row in rows for hold in row.holds} == {HoldCode.DELETION}


def test_rows_without_our_key_are_a_plan_of_their_own_that_waits(table: Planned) -> None:
    keys = table.planned(PlanKind.KEYS)
    live = table.live()
    assert {(row.row_id, row.after[SYNC_ID]) for row in keys.rows} == {(r, str(p)) for r, p in live.items()}
    assert {hold.code for row in keys.rows for hold in row.holds} == {HoldCode.KEYS}
    before = marks(table.engine, *WRITTEN)
    assert table.planned(PlanKind.KEYS) == keys
    assert marks(table.engine, *WRITTEN) == before


def test_a_plan_of_keys_is_made_anew_once_a_key_is_filled_in(table: Planned) -> None:
    table.planned(PlanKind.KEYS)
    table.put("A", **ENTRY, sync_id=str(table.live()["A"]))
    table.sync()
    assert [row.row_id for row in table.planned(PlanKind.KEYS).rows] == ["B"]


def test_an_approval_of_keys_is_in_the_next_plan_of_keys(table: Planned) -> None:
    keys = table.planned(PlanKind.KEYS)
    with table.engine.begin() as conn:
        decisions.decide(conn, keys.plan_id or 0, None, is_approved=True, by="anna", now=NOW)
    assert [row.holds for row in table.planned(PlanKind.KEYS).rows] == [(), ()]


def test_a_changed_mapping_only_plans(table: Planned) -> None:
    table.plan()
    table.execute("update sync.approved_mappings set fingerprint = 'another'")
    table.execute("update core.participation set role = 'эксперт' where coda_row_id = 'A'")
    table.sync()
    [row] = table.planned().rows
    assert [hold.code for hold in row.holds] == [HoldCode.MAPPING]


def test_what_is_under_way_is_not_sent_again(table: Planned) -> None:
    pid = table.live()["A"]
    table.execute("update core.participation set role = 'эксперт' where coda_row_id = 'A'")
    table.sync()
    with table.engine.begin() as conn:
        writes.store_sent(conn, [write(pid)], run_id="run")
    assert [[hold.code for hold in row.holds] for row in table.planned().rows] == [[HoldCode.IN_FLIGHT]]


def test_a_rejected_edit_that_is_taken_back_leaves_the_list(table: Planned) -> None:
    table.execute("update core.participation set role = 'эксперт' where coda_row_id = 'A'")
    table.sync()
    [row] = table.planned().rows
    with table.engine.begin() as conn:
        one = write(row.participation_id)
        rejected.reject(conn, one, ["role"], "refused", digest=row.digest, run_id=None, now=NOW)
    assert [hold.code for hold in table.planned().rows[0].holds] == [HoldCode.REJECTED]
    table.execute("update core.participation set role = 'аналитик' where coda_row_id = 'A'")
    table.sync()
    assert table.planned().rows == ()
    with table.engine.connect() as conn:
        assert rejected.rejected_count(conn) == 0


def test_a_failed_read_blocks_the_plan_and_the_next_good_one_frees_it(table: Planned) -> None:
    table.execute("update core.participation set role = 'эксперт' where coda_row_id = 'A'")
    table.sync()
    table.execute("update sync.cursors set last_outcome = 'incomplete'")
    assert table.plan().blocked_by == ("complete: the last read of participation failed; sync it first",)
    table.execute("update sync.cursors set last_outcome = 'incremental'")
    report = table.plan()
    assert (report.blocked_by, report.to_send) == ((), 1)


def test_rows_that_were_read_and_not_resolved_block_the_plan(table: Planned) -> None:
    table.put("C", **{**ENTRY, "role": "куратор"})
    assert [said.split(":")[0] for said in table.plan().blocked_by] == ["accounted_for"]


def test_the_few_that_are_looked_at_give_the_plan_that_looking_at_everyone_gives(engine: Engine) -> None:
    """Whatever people do on both sides, and however planning is interleaved with it."""
    table, chance = Planned(engine), random.Random(1)  # noqa: S311 (not a secret)
    for seed in range(15):
        _something_happens(table, chance)
        table.plan()
        with engine.connect() as conn:
            few = [(plan.rows, plan.kind) for plan in plans.open_plans(conn)]
        table.plan(full=True)
        with engine.connect() as conn:
            everyone = [(plan.rows, plan.kind) for plan in plans.open_plans(conn)]
        assert sorted(few, key=lambda found: found[1]) == sorted(everyone, key=lambda found: found[1]), seed
    assert select(engine, "select count(*) > 0 from sync.plan_rows where op = 'update'") == [(True,)]


def _something_happens(table: Planned, chance: random.Random) -> None:
    for _ in range(6):
        row_id = chance.choice("ABCDEF")
        fields = {
            "person": chance.choice([ANNA, IVAN, ("Анна Белова", None)]),
            "activity": chance.choice([("Обучение", "p1"), ("Набор", "p2")]),
            "role": chance.choice(["аналитик", "куратор", "эксперт"]),
            "started_on": chance.choice(["2024-02-01", "2024-03-01", None]),
            "comment": chance.choice([None, "да", "нет"]),
            "share": chance.choice([None, 0.5, 1, 7]),
        }
        match chance.randrange(5):
            case 0 | 1:
                table.put(row_id, **fields)
            case 2:
                table.delete(row_id)
            case 3:
                table.execute(
                    "update core.participation set comment = :c, share = :s where coda_row_id = :r",
                    c=fields["comment"], s=chance.choice([None, 0.25, 1]), r=row_id,
                )  # fmt: skip
            case _:
                table.execute("delete from core.participation where coda_row_id = :r", r=row_id)
        if chance.random() < 0.5:
            table.sync()
    table.sync()


def test_without_a_section_there_is_nothing_to_plan(engine: Engine, table: Planned) -> None:
    empty = table.catalog.model_copy(update={"participation": None})
    with pytest.raises(ConfigurationError, match="no `participation` section"):
        plan_participation(engine, empty, run_id="run")


def test_permission_needs_the_environment_the_configuration_and_the_installation(table: Planned) -> None:
    def asked(*, allow_write: bool) -> Permission:
        with table.engine.connect() as conn:
            return permission_of(allow_write, catalog, conn)

    catalog = table.catalog
    assert len(asked(allow_write=False).reasons) == 3
    section = catalog.participation
    assert section is not None
    enabled = section.write_back.model_copy(update={"enabled": True})
    catalog = catalog.model_copy(update={"participation": section.model_copy(update={"write_back": enabled})})
    # The databases of tests are copies of a template, so this one is no installation until it is adopted.
    [reason] = asked(allow_write=True).reasons
    assert "coda-pipeline adopt" in reason
    with table.engine.begin() as conn:
        assert "database_oid" in adopt_installation(conn)
        assert adopt_installation(conn) == ()
    assert asked(allow_write=True) == Permission(is_allowed=True)
