"""Filling in our keys, and what an approval is of."""

from decimal import Decimal
from uuid import UUID

import pytest

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.plan_inputs import PlanRules
from coda_pipeline.sync.plan_model import Op, PlanKind, rows_to_send
from coda_pipeline.sync.planning import (
    digest_of,
    mapping_fingerprint,
    plan_keys,
)
from coda_pipeline_tests.sync.planned import (
    SHARE,
    SOURCE,
    born,
    bound,
    codes,
    decision,
    only,
    rules,
)


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
