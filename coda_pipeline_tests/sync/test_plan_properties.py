"""Plans over any two sides: free of order, and nothing left to do once all arrived."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.coda.writes import CellInput
from coda_pipeline.sync.cells import fields_of
from coda_pipeline.sync.model import Activity, Fields, Person, Record, Unreadable, Value
from coda_pipeline.sync.plan_inputs import Candidate
from coda_pipeline.sync.plan_model import BY_PERSON, Op, Plan, PlanRow, rows_to_send
from coda_pipeline.sync.planning import plan_changes, plan_keys
from coda_pipeline.sync.reconcile import reconcile
from coda_pipeline_tests.sync.planned import AGREED, SOURCE, born, bound, decision, deleted, record, rules

PEOPLE = {"anna@example.com": "Анна Белова", "boris@example.com": "Борис Седов"}
PROJECTS = {"p1": "Обучение", "p2": "Аудит"}
KEY = ("person", "activity", "role", "started_on")

# What an application may write: right, spelled otherwise, without an identity, and wrong.
HERE: dict[str, list[Value]] = {
    "person": [
        *(Person(name, email) for email, name in PEOPLE.items()),
        Person("борис  седов"),
        Person("Иванов Иван"),
        Person("Анна", "nobody@example.com"),
    ],
    "activity": [
        Activity("Обучение", "p1"),
        Activity("Аудит", "p2"),
        Activity("аудит"),
        Activity("Нет", "p9"),
    ],
    "role": ["Аналитик", "аналитик", "Менеджер", "Дирижёр"],
    "started_on": [date(2024, 2, 1), date(2025, 1, 1)],
    "ended_on": [None, date(2025, 6, 30)],
    "share": [None, Decimal("0.50"), Decimal(1) / 3, Decimal(1), Decimal(2)],
    "comment": [None, "", "а", " а ", "б\r\nв", "б\nв", "я" * 20_001],
}
# What Coda may hold.
THERE: dict[str, list[Value]] = {
    "person": [Person(name, email) for email, name in PEOPLE.items()],
    "activity": [Activity(name, row_id) for row_id, name in PROJECTS.items()],
    "role": ["Аналитик", "Менеджер", None],
    "started_on": HERE["started_on"],
    "ended_on": HERE["ended_on"],
    "share": [None, Decimal("0.5"), Decimal(1), Unreadable("a share over 1")],
    "comment": [None, "а", "б\nв"],
}


def some(values: dict[str, list[Value]]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(v) for name, v in values.items()})


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    found = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        kind = draw(st.sampled_from(["bound", "bound", "bound", "born", "deleted"]))
        if kind == "born":
            found.append(born(number, **draw(some(HERE))))
            continue
        facts: dict[str, Any] = {"key": draw(st.sampled_from(["own", None, str(UUID(int=99))]))}
        one = bound(number, f"row-{number}", here=draw(some(HERE)), coda=draw(some(THERE)), **facts)
        found.append(deleted(one) if kind == "deleted" else one)
    return found


def read_back(cells: dict[str, CellInput], known: Record | None) -> Record:
    """The row that Coda shows after it took the cells: people, relations and texts as it spells them."""
    fields: dict[str, Value] = dict.fromkeys(CANONICAL_FIELDS)
    fields.update(known.fields if known else {})
    values: dict[str, object] = {}
    for column, cell in cells.items():
        if column == "c-person" and cell in PEOPLE:
            values[column] = {"name": PEOPLE[str(cell)], "email": cell}
        elif column == "c-activity" and cell in PROJECTS:
            values[column] = {"name": PROJECTS[str(cell)], "rowId": cell}
        else:
            values[column] = cell.strip() if isinstance(cell, str) else cell
    read = fields_of(values, SOURCE)
    for name, column in SOURCE.fields.mapped.items():
        if column in cells and name != "sync_id":
            fields[name] = read[name]
    return record(known.row_id if known else "new", fields)


def arrived(found: Candidate, row: PlanRow) -> Candidate | None:
    """The candidate after the row was sent and proved, and the next resolve took what Coda shows."""
    if row.op is Op.DELETE:
        return None
    if row.op is Op.KEY:
        return replace(found, sync_id_in_row=str(row.after["sync_id"]))
    seen = read_back(dict(row.cells), found.record)
    pushed = {name: value for name, value in row.after.items() if name != "sync_id"}
    base = {**(found.base or dict.fromkeys(CANONICAL_FIELDS)), **pushed}
    p = found.participation
    taken = reconcile(base, p.fields, seen.fields, key_fields=KEY, policy="coda_wins")
    p = p._replace(
        fields={**p.fields, **taken.takes},
        source_table=seen.source_table,
        coda_row_id=seen.row_id,
        resolved_version=p.version,
    )
    key = str(p.participation_id) if row.op is Op.CREATE else found.sync_id_in_row
    return replace(
        found, participation=p, record=seen, values=seen.fields, base=taken.base, sync_id_in_row=key
    )


def after(found: list[Candidate], plan: Plan) -> list[Candidate]:
    sent = {row.participation_id: row for row in rows_to_send(plan)}
    moved = [
        arrived(one, sent[one.participation.participation_id])
        if one.participation.participation_id in sent
        else one
        for one in found
    ]
    return [one for one in moved if one is not None]


@given(candidates())
@settings(max_examples=150, deadline=None)
def test_what_was_planned_and_arrived_leaves_nothing_to_send(found: list[Candidate]):
    freely = rules(deletes="send")
    first = plan_changes(found, freely)
    second = plan_changes(after(found, first), freely)
    assert rows_to_send(second) == ()
    waiting = {row.digest for row in first.rows if row.holds}
    assert {row.digest for row in second.rows} == waiting


@given(candidates())
@settings(max_examples=60, deadline=None)
def test_keys_that_arrived_are_not_planned_again(found: list[Candidate]):
    digests = [row.digest for row in plan_keys(found, rules()).rows]
    approved = rules(decisions={k: v for digest in digests for k, v in decision(digest).items()})
    plan = plan_keys(found, approved)
    assert len(rows_to_send(plan)) == len(digests)
    assert plan_keys(after(found, plan), approved).rows == ()


@given(candidates(), st.randoms(use_true_random=False), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_the_plan_does_not_depend_on_the_order_of_what_was_found(
    found: list[Candidate], random: Any, limit: int
):
    shuffled = list(found)
    random.shuffle(shuffled)
    given_rules = rules(changed_limit=limit)
    assert plan_changes(shuffled, given_rules) == plan_changes(found, given_rules)
    assert plan_keys(shuffled, given_rules) == plan_keys(found, given_rules)


@given(candidates())
@settings(max_examples=100, deadline=None)
def test_each_row_is_planned_as_if_it_were_alone(found: list[Candidate]):
    together = plan_changes(found, rules()).rows
    alone = [row for one in found for row in plan_changes([one], rules()).rows]
    assert {row.digest: row for row in together} == {row.digest: row for row in alone}
    assert len(together) == len(alone)


@given(some({**THERE, "share": [None, Decimal("0.5")]}), st.integers(1, 50))
def test_an_equal_pair_of_sides_plans_nothing(fields: Fields, number: int):
    equal = bound(number, here=fields, coda=fields)
    assert plan_changes([equal], rules()).rows == ()
    agreed = bound(number, agreed=fields)
    assert plan_changes([agreed], rules()).rows == ()


@given(candidates())
@settings(max_examples=100, deadline=None)
def test_approving_all_leaves_only_what_waits_for_its_cause(found: list[Candidate]):
    careful = rules(changed_limit=0, is_mapping_approved=False)
    rows = plan_changes(found, careful).rows
    every = {k: v for row in rows for k, v in decision(row.digest).items()}
    approved = plan_changes(found, replace(careful, decisions=every)).rows
    assert all(hold.code not in BY_PERSON for row in approved for hold in row.holds)
    assert [row.digest for row in approved] == [row.digest for row in rows]


@given(some(HERE), some(HERE))
def test_an_approval_lapses_exactly_when_the_values_change(one: Fields, other: Fields):
    careful = rules(is_mapping_approved=False)
    first, second = (plan_changes([bound(1, here=here)], careful).rows for here in (one, other))
    for row in first:
        approved = replace(careful, decisions=decision(row.digest))
        for later in plan_changes([bound(1, here=other)], approved).rows:
            waits = any(hold.code in BY_PERSON for hold in later.holds)
            assert waits == (later.digest != row.digest)
    values = [{name: {**AGREED, **here}[name] for name in HERE} for here in (one, other)]
    if first and second and values[0] != values[1]:
        changed = [row.after for row in (*first, *second)]
        assert (changed[0] == changed[1]) == (first[0].digest == second[0].digest)


@given(candidates())
@settings(max_examples=60, deadline=None)
def test_no_cell_is_sent_for_what_waits_and_none_is_null(found: list[Candidate]):
    for row in plan_changes(found, rules()).rows:
        held = {hold.field for hold in row.holds if hold.field}
        columns = {SOURCE.fields.column_of(name) for name in held if name != "sync_id"}
        assert not columns & set(row.cells)
        assert None not in row.cells.values()
