"""Field by field: base, warehouse, Coda, and what follows."""

from decimal import Decimal
from typing import Any

import pytest

from coda_pipeline.sync.model import Activity, Person, Unreadable
from coda_pipeline.sync.reconcile import Verdict, edited_here, reconcile, verdict_on

ANNA, ANNA_MARRIED = Person("Анна", "a@example.com"), Person("Анна Б.", "a@example.com")
BORIS = Person("Борис", "b@example.com")


@pytest.mark.parametrize(
    ("base", "warehouse", "coda", "verdict"),
    [
        ("а", "а", "а", Verdict.KEEP),
        ("а", "а", "б", Verdict.TAKE),
        ("а", "б", "а", Verdict.PUSH),
        ("а", "б", "б", Verdict.AGREE),
        ("а", "б", "в", Verdict.CONFLICT),
        (None, "", None, Verdict.KEEP),
        (None, " ", "", Verdict.KEEP),
        ("а", "а", "", Verdict.TAKE),
        ("а", None, "", Verdict.AGREE),
        (Decimal("0.3333333333"), Decimal(1) / Decimal(3), Decimal("0.3333333333"), Verdict.KEEP),
        (ANNA, ANNA, ANNA_MARRIED, Verdict.TAKE),
        (ANNA, ANNA_MARRIED, ANNA, Verdict.TAKE),
        (ANNA, BORIS, ANNA_MARRIED, Verdict.CONFLICT),
        (Activity("П", "i-1"), Activity("Р", "i-2"), Activity("П", "i-1"), Verdict.PUSH),
    ],
)
def test_one_field(base: Any, warehouse: Any, coda: Any, verdict: Verdict) -> None:
    assert verdict_on({"x": base}, "x", warehouse, coda) is verdict


def test_without_a_base_every_difference_is_a_conflict() -> None:
    assert verdict_on({}, "x", "а", "б") is Verdict.CONFLICT
    assert verdict_on({}, "x", None, "б") is Verdict.CONFLICT
    assert verdict_on({}, "x", "а", "а") is Verdict.AGREE


def test_a_blank_key_field_and_an_unreadable_cell_are_neither_taken_nor_overwritten() -> None:
    base = {"role": "аналитик", "share": Decimal(1)}
    coda = {"role": None, "share": Unreadable("text that is not a number")}
    result = reconcile(base, base, coda, key_fields=("role",), policy="coda_wins")
    assert result.takes == {}
    assert result.base["role"] == "аналитик"
    assert result.base["share"] == Decimal(1)


def test_a_blank_in_any_other_field_is_an_edit() -> None:
    base = {"comment": "старый"}
    assert reconcile(base, base, {"comment": ""}, key_fields=("role",), policy="ask").takes == {"comment": ""}


@pytest.mark.parametrize(
    ("policy", "outcome", "takes", "base", "pending"),
    [
        ("coda_wins", "coda", {"comment": "в"}, "в", frozenset()),
        ("warehouse_wins", "warehouse", {}, "в", frozenset({"comment"})),
        ("ask", None, {}, "а", frozenset()),
    ],
)
def test_the_policy_settles_a_conflict(
    policy: Any, outcome: Any, takes: Any, base: str, pending: Any
) -> None:
    result = reconcile({"comment": "а"}, {"comment": "б"}, {"comment": "в"}, key_fields=(), policy=policy)
    (conflict,) = result.conflicts
    assert (conflict.base, conflict.warehouse, conflict.coda) == ("а", "б", "в")
    assert conflict.outcome == outcome
    assert result.takes == takes
    assert result.base["comment"] == base
    assert result.pending == pending


def test_what_was_edited_here_is_told_by_meaning() -> None:
    assert edited_here({"person": ANNA, "comment": "а"}, {"person": ANNA_MARRIED, "comment": "б"}) == {
        "comment"
    }
