"""Each row that waits has its reason, holds up no other, and goes once its reason goes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from coda_pipeline.sync.model import Activity, Person, Unreadable
from coda_pipeline.sync.plan_inputs import Candidate, PlanRules
from coda_pipeline.sync.plan_model import BY_PERSON, HoldCode, rows_to_send
from coda_pipeline.sync.planning import (
    plan_changes,
    plan_keys,
)
from coda_pipeline_tests.sync.planned import (
    SHARE,
    born,
    bound,
    codes,
    decision,
    deleted,
    many,
    only,
    rules,
)


def test_a_field_with_an_open_conflict_stays_out_and_the_others_go():
    found = bound(1, here={**SHARE, "comment": "наш"}, open_conflicts=frozenset({"comment"}))
    assert only(found).after == SHARE


def test_a_conflict_about_the_whole_row_holds_it():
    found = bound(1, here=SHARE, open_conflicts=frozenset({"*"}))
    assert codes(only(found)) == ["conflict"]
    assert codes(only(deleted(found), rules(deletes="send"))) == ["conflict"]


def test_what_is_not_proved_yet_is_not_sent_again():
    assert codes(only(bound(1, here=SHARE, in_flight=True))) == ["in_flight"]
    assert codes(only(replace(born(7), in_flight=True))) == ["in_flight"]


BAD: list[tuple[str, Candidate, dict[str, object]]] = [
    ("calculated", bound(1, here=SHARE), {"columns": {"c-share": {"calculated": True}}}),
    ("calculated", bound(1, here=SHARE), {"columns": {"c-share": {"type": "button"}}}),
    ("no_column", bound(1, here=SHARE), {"columns": {"c-share": None}}),
    ("no_key_column", born(1), {"fields": {"sync_id": None}}),
    ("no_key_column", born(1), {"columns": {"c-sync": None}}),
    ("no_key_column", born(1), {"columns": {"c-sync": {"calculated": True}}}),
    ("person_unknown", bound(1, here={"person": Person("Анна Белова", "nobody@example.com")}), {}),
    ("person_unknown", bound(1, here={"person": Person("Никто")}), {}),
    ("person_several", bound(1, here={"person": Person("Иванов Иван")}), {}),
    ("relation_unknown", bound(1, here={"activity": Activity("Обучение", "p9")}), {}),
    ("relation_unknown", bound(1, here={"activity": Activity("Нет такого")}), {}),
    ("relation_several", bound(1, here={"activity": Activity("Стройка")}), {}),
    ("option_unknown", bound(1, here={"role": "Дирижёр"}), {}),
    ("unreadable_cell", bound(1, here=SHARE, coda={"share": Unreadable("text that is not a number")}), {}),
    ("unreadable_cell", bound(1, here={"role": "Менеджер"}, coda={"role": None}), {}),
    ("unfit", bound(1, here={"share": Decimal("1.5")}), {}),
    ("unfit", bound(1, here={"share": Decimal(-1)}), {}),
    ("unfit", bound(1, here={"share": "половина"}), {}),
    ("unfit", bound(1, here={"started_on": "первого февраля"}), {}),
    ("unfit", bound(1, here={"role": None}), {}),
    ("too_long", bound(1, here={"comment": "я" * 20_001}), {}),
    ("too_long", bound(1, here={"comment": "а" + "\n" * 20_001}), {}),
]


@pytest.mark.parametrize(("code", "found", "given"), BAD, ids=[f"{n}-{bad[0]}" for n, bad in enumerate(BAD)])
def test_bad_input_is_named_with_its_field_and_holds_up_nothing_else(
    code: str, found: Candidate, given: dict[str, object]
):
    good = bound(2, "B", here={"comment": "можно"})
    plan = plan_changes([found, good], rules(**given))
    (held,) = [row for row in plan.rows if row.participation_id == found.participation.participation_id]
    (hold,) = held.holds
    assert hold.code == code
    assert hold.field in {*held.after, "sync_id"}
    assert hold.says.startswith(f"{hold.field}: ")
    assert [row.row_id for row in rows_to_send(plan)] == ["B"]


@pytest.mark.parametrize("bad", BAD, ids=[f"{n}-{bad[0]}" for n, bad in enumerate(BAD)])
def test_the_reason_names_no_content(bad: tuple[str, Candidate, dict[str, object]]):
    _, found, given = bad
    for row in plan_changes([found], rules(**given)).rows:
        said = " ".join(hold.says for hold in row.holds)
        for word in ("nobody", "Никто", "Иванов", "Стройка", "Нет такого", "Дирижёр", "половина", "яя"):
            assert word not in said


def test_a_row_too_long_as_a_whole_waits():
    texts = {"comment": "я" * 19_000, "role": "ю" * 19_000, "person": Person("э" * 19_000)}
    given = rules(columns={"c-role": {"type": "text", "options": None}, "c-person": {"type": "text"}})
    row = only(bound(1, here=texts), given)
    assert codes(row) == ["too_long"]
    assert row.holds[0].field is None


def test_a_field_that_the_source_does_not_map_is_the_warehouses_own():
    given = rules(fields={"comment": None})
    assert plan_changes([bound(1, here={"comment": "наш"})], given).rows == ()
    assert "comment" not in only(born(2, comment="наш"), given).after


def test_a_cell_that_does_not_fit_is_left_alone_while_nobody_edits_the_field_here():
    assert plan_changes([bound(1, coda={"share": Unreadable("a share over 1")})], rules()).rows == ()
    assert plan_changes([bound(1, coda={"role": ""})], rules()).rows == ()


def test_above_the_guard_all_creates_and_updates_wait_and_deletions_do_not_count():
    found = [*many(5), born(100), deleted(bound(101, "X"))]
    assert len(rows_to_send(plan_changes(found, rules(changed_limit=6, deletes="send")))) == 7
    plan = plan_changes(found, rules(changed_limit=5, deletes="send"))
    assert [codes(row) for row in plan.rows] == [["guard"]] * 6 + [[]]


def test_rows_that_wait_for_another_reason_do_not_count_for_the_guard():
    held = [bound(n, f"r{n}", here={"role": "Дирижёр"}) for n in range(50, 60)]
    assert len(rows_to_send(plan_changes([*many(5), *held], rules(changed_limit=5)))) == 5


def test_an_approved_row_passes_the_guard_alone():
    plan = plan_changes(many(6), rules(changed_limit=5))
    given = rules(changed_limit=5, decisions=decision(plan.rows[2].digest))
    assert [row.digest for row in rows_to_send(plan_changes(many(6), given))] == [plan.rows[2].digest]


def test_a_changed_mapping_only_plans():
    found = [*many(2), born(9), deleted(bound(8, "X")), bound(7, "Y", key=None)]
    given = rules(is_mapping_approved=False, deletes="send")
    plan = plan_changes(found, given)
    assert len(plan.rows) == 4
    assert all(codes(row) == ["mapping"] for row in plan.rows)
    assert [codes(row) for row in plan_keys(found, given).rows] == [["keys", "mapping"]]


@pytest.mark.parametrize(
    ("found", "given"),
    [
        (deleted(bound(1)), rules()),
        (bound(1, here=SHARE), rules(is_mapping_approved=False)),
        (bound(1, here=SHARE), rules(changed_limit=0)),
    ],
    ids=["deletion", "mapping", "guard"],
)
def test_an_approval_ends_what_waits_for_a_person(found: Candidate, given: PlanRules):
    waiting = only(found, given)
    assert {hold.code for hold in waiting.holds} <= BY_PERSON
    assert only(found, replace(given, decisions=decision(waiting.digest))).holds == ()


def test_an_approval_does_not_end_what_waits_for_its_cause():
    waiting = only(bound(1, here={"role": "Дирижёр"}), rules(is_mapping_approved=False))
    given = rules(is_mapping_approved=False, decisions=decision(waiting.digest))
    assert codes(only(bound(1, here={"role": "Дирижёр"}), given)) == ["option_unknown"]


def test_a_discarded_row_stays_out_until_its_values_change():
    digest = only(bound(1, here=SHARE)).digest
    given = rules(decisions=decision(digest, is_approved=False))
    assert codes(only(bound(1, here=SHARE), given)) == ["discarded"]
    assert only(bound(1, here={"share": Decimal("0.4")}), given).holds == ()


def test_a_rejected_row_stays_out_until_its_values_change_and_no_approval_helps():
    digest = only(bound(1, here=SHARE)).digest
    given = rules(rejected=frozenset({digest}), decisions=decision(digest))
    assert codes(only(bound(1, here=SHARE), given)) == ["rejected"]
    assert only(bound(1, here={"share": Decimal("0.4")}), given).holds == ()


@pytest.mark.parametrize(
    "later",
    [
        bound(1, coda={"comment": "HR дописал"}),
        bound(1, "A2"),
        bound(1, coda={"share": Decimal("0.3")}),
    ],
    ids=["a lost field changed", "another row", "a share changed"],
)
def test_the_approval_of_a_deletion_lapses_when_what_is_lost_changes(later: Candidate):
    digest = only(deleted(bound(1))).digest
    given = rules(decisions=decision(digest))
    assert only(deleted(bound(1)), given).holds == ()
    assert codes(only(deleted(later), given)) == ["deletion"]


def test_a_blocked_plan_sends_nothing():
    plan = plan_changes(many(2), rules())
    assert len(rows_to_send(plan)) == 2
    assert rows_to_send(replace(plan, blocked_by=("natural_key_unique",))) == ()


def test_every_reason_to_wait_is_covered_here_or_in_a_case():
    here = {bad[0] for bad in BAD}
    elsewhere = {
        "deletion",
        "guard",
        "mapping",
        "keys",
        "discarded",
        "rejected",
        "conflict",
        "in_flight",
        "vanished",
    }
    assert here | elsewhere == {code.value for code in HoldCode}
