"""What a plan promises: each edit of the warehouse once, each row that waits with its reason."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.model import Activity, Person, Unreadable
from coda_pipeline.sync.plan_inputs import Candidate, PlanRules
from coda_pipeline.sync.plan_model import BY_PERSON, HoldCode, Op, PlanKind, PlanRow, rows_to_send
from coda_pipeline.sync.planning import (
    digest_of,
    mapping_fingerprint,
    plan_changes,
    plan_keys,
)
from coda_pipeline_tests.sync.planned import SOURCE, born, bound, decision, deleted, record, rules

SHARE = {"share": Decimal("0.5")}


def only(found: Candidate, given: PlanRules | None = None) -> PlanRow:
    (row,) = plan_changes([found], given or rules()).rows
    return row


def codes(row: PlanRow) -> list[str]:
    return [hold.code.value for hold in row.holds]


def test_equal_sides_plan_nothing():
    plan = plan_changes([bound(1), bound(2, "B")], rules())
    assert plan.rows == ()
    assert plan_keys([bound(1), bound(2, "B")], rules()).rows == ()


def test_an_edit_here_is_an_update_of_just_that_field():
    row = only(bound(1, here=SHARE, coda={"comment": "правка HR"}))
    assert (row.op, row.row_id, row.is_keyed) == (Op.UPDATE, "A", True)
    assert row.before == {"share": Decimal(1)}
    assert row.after == {"share": Decimal("0.5")}
    assert row.cells == {"c-share": 0.5}
    assert row.holds == ()


def test_an_edit_in_coda_alone_is_not_planned():
    assert plan_changes([bound(1, coda={"share": Decimal("0.5")})], rules()).rows == ()


def test_both_to_the_same_value_is_not_planned():
    assert plan_changes([bound(1, here=SHARE, coda=SHARE)], rules()).rows == ()


def test_a_cleared_field_is_sent_as_an_empty_text_and_as_an_empty_list_where_the_column_holds_lists():
    agreed = {"comment": "старый"}
    found = bound(1, agreed=agreed, here={"comment": None})
    assert only(found).cells == {"c-note": ""}
    assert only(found, rules(columns={"c-note": {"is_array": True}})).cells == {"c-note": []}


def test_a_participation_born_here_is_a_create_with_our_key():
    row = only(born(7, comment="новый"))
    assert (row.op, row.row_id, row.is_keyed, row.before) == (Op.CREATE, None, True, {})
    assert row.after["sync_id"] == str(UUID(int=7))
    assert "ended_on" not in row.after
    assert row.cells == {
        "c-person": "anna@example.com",
        "c-activity": "p1",
        "c-role": "Аналитик",
        "c-start": "2024-02-01",
        "c-share": 1,
        "c-note": "новый",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"source": "dump"},
        {"merged_into": UUID(int=9)},
        {"deleted_at": date(2026, 1, 1), "deleted_by": "warehouse"},
        {"natural_key": None},
        {"version": 2},
    ],
    ids=["only in the dump", "merged", "deleted again", "not resolved yet", "edited since it was resolved"],
)
def test_no_row_is_created_for_one_that(change: dict[str, object]):
    found = born(7)
    assert (
        plan_changes([replace(found, participation=found.participation._replace(**change))], rules()).rows
        == ()
    )


def test_an_incomplete_participation_gets_no_row():
    assert plan_changes([born(7, role=None)], rules()).rows == ()


def test_only_the_first_source_receives_new_rows():
    assert plan_changes([born(7)], rules(is_first=False)).rows == ()


def test_no_row_is_created_while_another_shows_its_key_and_would_be_overwritten():
    assert codes(only(replace(born(7), is_key_unique=False))) == ["conflict"]


def test_a_fragment_of_which_a_person_said_that_it_goes_is_deleted_and_its_participation_lives_on():
    found = replace(bound(1, here=SHARE), fragments=(record("F", {"comment": "обрывок"}),))
    plan = plan_changes([found], rules(deletes="send"))
    assert [(row.op, row.row_id) for row in plan.rows] == [(Op.UPDATE, "A"), (Op.DELETE, "F")]
    assert plan.rows[1].before["comment"] == "обрывок"


def test_a_row_of_another_source_is_not_planned_here():
    found = bound(1, here=SHARE)
    assert found.record is not None
    elsewhere = replace(found, record=found.record._replace(source_table="other"))
    assert plan_changes([elsewhere], rules()).rows == ()


def test_without_a_known_agreement_nothing_is_overwritten():
    assert plan_changes([bound(1, here=SHARE, base=None)], rules()).rows == ()
    assert plan_changes([bound(1, here=SHARE, base={})], rules()).rows == ()


# --- deletions ----------------------------------------------------------------------------------------------


def test_a_deletion_here_is_planned_for_each_row_with_all_that_is_lost():
    extra = record("B", {"comment": "дубль"})
    plan = plan_changes([deleted(bound(1), extra_rows=(extra,))], rules())
    assert [(row.op, row.row_id, codes(row)) for row in plan.rows] == [
        (Op.DELETE, "A", ["deletion"]),
        (Op.DELETE, "B", ["deletion"]),
    ]
    assert plan.rows[0].before["person"] == Person("Анна Белова", "anna@example.com")
    assert plan.rows[1].before["comment"] == "дубль"
    assert all(row.after == {} and row.cells == {} for row in plan.rows)


def test_deletions_go_or_never_go_as_configured():
    assert only(deleted(bound(1)), rules(deletes="send")).holds == ()
    assert plan_changes([deleted(bound(1))], rules(deletes="never")).rows == ()


def test_what_was_deleted_in_coda_is_not_deleted_there_again():
    found = deleted(bound(1))
    by_coda = replace(found, participation=found.participation._replace(deleted_by="coda"))
    assert plan_changes([by_coda], rules()).rows == ()


@pytest.mark.parametrize("state", ["ignored", "gone"])
def test_a_row_that_is_gone_is_not_written_to(state: str):
    assert plan_changes([bound(1, here=SHARE, row_state=state)], rules()).rows == ()
    assert plan_changes([deleted(bound(1, row_state=state))], rules()).rows == ()


def test_a_row_that_vanished_among_many_waits_for_the_word_on_it():
    assert codes(only(bound(1, here=SHARE, row_state="held"))) == ["vanished"]
    extra = record("B", {})
    plan = plan_changes([deleted(bound(1, row_state="held"), extra_rows=(extra,))], rules(deletes="send"))
    assert [codes(row) for row in plan.rows] == [["vanished"], []]


# --- what waits, and why ------------------------------------------------------------------------------------


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


# --- the guard, the mapping, decisions ----------------------------------------------------------------------


def many(count: int) -> list[Candidate]:
    return [bound(n, f"row-{n}", here=SHARE) for n in range(1, count + 1)]


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


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_row_without_our_key_and_one_with_anothers_get_it_once_approved():
    found = [bound(1, key=None), bound(2, "B", key=str(UUID(int=1))), bound(3, "C")]
    plan = plan_keys(found, rules())
    assert plan.kind is PlanKind.KEYS
    assert [(row.row_id, row.before, row.cells) for row in plan.rows] == [
        ("A", {"sync_id": None}, {"c-sync": str(UUID(int=1))}),
        ("B", {"sync_id": str(UUID(int=1))}, {"c-sync": str(UUID(int=2))}),
    ]
    assert [codes(row) for row in plan.rows] == [["keys"], ["keys"]]
    approved = rules(decisions=decision(plan.rows[0].digest))
    assert [row.row_id for row in rows_to_send(plan_keys(found, approved))] == ["A"]


def test_keys_are_outside_the_guard():
    found = [bound(n, f"r{n}", key=None) for n in range(1, 30)]
    assert {code for row in plan_keys(found, rules(changed_limit=0)).rows for code in codes(row)} == {"keys"}


@pytest.mark.parametrize(
    "given",
    [
        rules(fields={"sync_id": None}),
        rules(columns={"c-sync": None}),
        rules(columns={"c-sync": {"calculated": True}}),
    ],
    ids=["not mapped", "gone", "calculated"],
)
def test_without_a_column_that_takes_it_no_key_is_planned_and_rows_go_one_by_one(given: PlanRules):
    assert plan_keys([bound(1, key=None)], given).rows == ()
    assert not only(bound(1, here=SHARE), given).is_keyed
    assert only(bound(1, here=SHARE), given).holds == ()


def test_a_row_is_addressed_by_its_key_only_where_no_other_row_has_it():
    assert only(bound(1, here=SHARE)).is_keyed
    assert not only(bound(1, here=SHARE, is_key_unique=False)).is_keyed
    assert not only(bound(1, here=SHARE, key=None)).is_keyed
    assert not only(bound(1, here=SHARE, key=str(UUID(int=2)))).is_keyed


# --- digests ------------------------------------------------------------------------------------------------


def test_the_same_values_have_the_same_digest_however_they_are_written():
    one = digest_of(
        Op.UPDATE, "t", "A", {"share": Decimal("0.50"), "comment": ""}, {"role": "a", "share": None}
    )
    two = digest_of(
        Op.UPDATE, "t", "A", {"comment": None, "share": Decimal("0.5")}, {"share": None, "role": "a"}
    )
    assert one == two


def test_two_creates_of_equal_values_are_two():
    assert only(born(1)).digest != only(born(2)).digest


def test_the_fingerprint_of_a_mapping_moves_with_columns_scale_and_table():
    spec = TableSpec(name="participation", doc_id="d", table_id="t")
    known = mapping_fingerprint(SOURCE, spec)
    fields = SOURCE.fields.model_copy(update={"comment": "c-other"})
    assert known == mapping_fingerprint(SOURCE.model_copy(), spec)
    assert known != mapping_fingerprint(SOURCE.model_copy(update={"fields": fields}), spec)
    assert known != mapping_fingerprint(SOURCE.model_copy(update={"percent_scale": 100}), spec)
    assert known != mapping_fingerprint(SOURCE, spec.model_copy(update={"table_id": "t2"}))


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
