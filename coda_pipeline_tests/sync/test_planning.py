"""What a plan promises: each edit of the warehouse once, and nothing else."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from coda_pipeline.sync.model import Person
from coda_pipeline.sync.plan_model import Op
from coda_pipeline.sync.planning import (
    plan_changes,
    plan_keys,
)
from coda_pipeline_tests.sync.planned import (
    SHARE,
    born,
    bound,
    codes,
    deleted,
    only,
    record,
    rules,
)


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
