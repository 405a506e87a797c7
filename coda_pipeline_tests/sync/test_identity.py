"""Who and what a record speaks of."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.sync.identity import Known, activity_key, natural_key, person_key, with_identity
from coda_pipeline.sync.model import Activity, Person
from coda_pipeline.sync.normalize import norm

ONE = Known(people={"мария": {"m@example.com"}}, activities={"обучение": {("d1", "i-1")}}, docs=("d1", "d2"))
TWO = Known(
    people={"мария": {"m@example.com", "m2@example.com"}},
    activities={"обучение": {("d1", "i-1"), ("d1", "i-2")}},
    docs=("d1", "d2"),
)
BOTH_DOCS = Known(activities={"обучение": {("d1", "i-1"), ("d2", "i-9")}}, docs=("d1", "d2"))


def test_an_email_is_the_person_however_it_is_written() -> None:
    assert person_key(Person("Мария", "M@Example.com"), Known()).key == "e:m@example.com"


def test_a_name_takes_the_only_email_known_for_it() -> None:
    assert person_key(Person("МАРИЯ"), ONE) == ("e:m@example.com", False)


def test_a_name_of_several_people_takes_none_and_is_ambiguous() -> None:
    assert person_key(Person("Мария"), TWO) == ("n:мария", True)


def test_a_namesake_who_arrives_later_moves_nobody() -> None:
    assert person_key(Person("Мария"), TWO, sticky="e:m@example.com") == ("e:m@example.com", False)


def test_an_email_that_nobody_uses_any_more_is_let_go() -> None:
    assert person_key(Person("Мария"), ONE, sticky="e:old@example.com").key == "e:m@example.com"


@pytest.mark.parametrize("blank", [None, Person(), Person("  ", "")])
def test_a_blank_person_has_no_key(blank: Person | None) -> None:
    assert person_key(blank, ONE).key is None


def test_two_rows_of_one_doc_are_never_one_activity() -> None:
    keys = {activity_key(Activity("Обучение", row), "d1", TWO).key for row in ("i-1", "i-2")}
    assert len(keys) == 2


def test_between_docs_one_name_with_one_row_each_is_one_activity() -> None:
    first = activity_key(Activity("Обучение", "i-1"), "d1", BOTH_DOCS).key
    assert activity_key(Activity("обучение", "i-9"), "d2", BOTH_DOCS).key == first
    assert activity_key(Activity("Обучение"), "d2", BOTH_DOCS).key == first


def test_between_docs_a_name_with_two_rows_in_one_of_them_stays_apart() -> None:
    known = Known(activities={"обучение": {("d1", "i-1"), ("d1", "i-2"), ("d2", "i-9")}}, docs=("d1", "d2"))
    assert activity_key(Activity("Обучение", "i-9"), "d2", known).key == "r:d2/i-9"
    assert activity_key(Activity("Обучение"), "d1", known) == ("n:обучение", True)


def test_a_value_is_completed_by_its_key_and_never_overruled() -> None:
    assert with_identity(Person("Мария"), "e:m@example.com", "d1") == Person("Мария", "m@example.com")
    assert with_identity(Person("Мария", "own@example.com"), "e:x@example.com", "d1") == Person(
        "Мария", "own@example.com"
    )
    assert with_identity(Activity("Обучение"), "r:d1/i-1", "d1") == Activity("Обучение", "i-1")
    assert with_identity(Activity("Обучение"), "r:d1/i-1", "d2") == Activity("Обучение")


def test_a_blank_part_makes_no_key() -> None:
    fields = {"role": " ", "started_on": date(2024, 2, 1)}
    assert natural_key(fields, ("person", "role", "started_on"), "e:m", None) is None
    assert natural_key({**fields, "role": "А "}, ("person", "role", "started_on"), "e:m", None) is not None


def test_numbers_in_a_key_are_equal_by_value() -> None:
    one = natural_key({"share": Decimal("0.50")}, ("share",), None, None)
    assert one == natural_key({"share": Decimal("0.5")}, ("share",), None, None)


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert norm(norm(text)) == norm(text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Алёна  Ёлкина ", "алена елкина"),
        ("ＡＢＣ", "abc"),
        ("Straße", "STRASSE"),
        ("Иванов\u00a0Иван", "иванов иван"),
        ("Йод", "Йод"),
        ("ﬁнал", "fiнал"),
    ],
)
def test_spelling_is_forgiven(left: str, right: str) -> None:
    assert norm(left) == norm(right)


def test_different_names_stay_different() -> None:
    assert len({norm(n) for n in ("Иванов", "Иванова", "Ивано в", "😀", "😁")}) == 5
