"""From a rich cell to a canonical field: what each kind of cell becomes, side by side."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from coda_pipeline.catalog_participation import ParticipationFields, ParticipationSource
from coda_pipeline.sync.cells import (
    MISSING,
    UNMAPPED,
    activity_of,
    date_of,
    fields_of,
    person_of,
    plain_text,
    share_of,
    sync_id_of,
)
from coda_pipeline.sync.model import Activity, Person, Unreadable

LD = {"@context": "http://schema.org/"}
ANNA = {**LD, "@type": "Person", "name": "Анна Белова", "email": "anna@example.com", "userId": 7}
PROJECT = {**LD, "@type": "StructuredValue", "additionalType": "row", "name": "Обучение", "rowId": "i-1"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("```Анна```", "Анна"),
        ("**жирный** текст", "**жирный** текст"),
        ("``````", None),
        ("", None),
        (None, None),
        ("```   ```", None),
        ("``````внутри``````", "```внутри```"),
        ([], None),
        (["```а```", "", "```б```"], "а, б"),
        (ANNA, "Анна Белова"),
        (PROJECT, "Обучение"),
        ({**LD, "@type": "MonetaryAmount", "currency": "RUB", "amount": 42.5}, "42.5"),
        ({**LD, "@type": "WebPage", "url": "https://example.com"}, "https://example.com"),
        (12, "12"),
        (False, "False"),
    ],
)
def test_the_text_of_a_cell_is_what_a_person_sees(cell: object, text: str | None) -> None:
    assert plain_text(cell) == text


@pytest.mark.parametrize(
    ("cell", "person"),
    [
        (ANNA, Person("Анна Белова", "anna@example.com")),
        ([ANNA], Person("Анна Белова", "anna@example.com")),
        ("```Анна Белова```", Person("Анна Белова")),
        ("``` anna@example.com ```", Person(None, "anna@example.com")),
        ({**LD, "@type": "Person", "name": "Анна", "email": ""}, Person("Анна")),
        ("", None),
        ([], None),
    ],
)
def test_a_person_is_a_name_and_where_known_an_email(cell: object, person: Any) -> None:
    assert person_of(cell) == person


def test_two_people_in_one_cell_are_not_guessed_at() -> None:
    assert isinstance(person_of([ANNA, {**ANNA, "name": "Другая", "email": "other@example.com"}]), Unreadable)


@pytest.mark.parametrize(
    ("cell", "activity"),
    [
        (PROJECT, Activity("Обучение", "i-1")),
        ([PROJECT], Activity("Обучение", "i-1")),
        ("```Обучение```", Activity("Обучение")),
        ("", None),
    ],
)
def test_an_activity_is_a_name_and_where_it_is_a_relation_a_row(cell: object, activity: Any) -> None:
    assert activity_of(cell) == activity


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-02T00:00:00.000-05:00", date(2026, 3, 2)),
        ("2026-03-02T00:00:00.000+12:00", date(2026, 3, 2)),
        ("```2026-03-02```", date(2026, 3, 2)),
        ("", None),
        ("```скоро```", Unreadable("text that is not a date")),
        ("2026-02-31T00:00:00.000Z", Unreadable("text that is not a date")),
        (20260302, Unreadable("text that is not a date")),
    ],
)
def test_a_date_is_the_day_that_the_person_sees(cell: object, day: Any) -> None:
    assert date_of(cell) == day


@pytest.mark.parametrize(
    ("cell", "scale", "share"),
    [
        (0.5, 1, Decimal("0.5")),
        (0.1, 1, Decimal("0.1")),
        (1, 1, Decimal(1)),
        (0, 1, Decimal(0)),
        (50, 100, Decimal("0.5")),
        ("", 1, None),
    ],
)
def test_a_share_is_a_number_from_0_to_1(cell: object, scale: Any, share: Any) -> None:
    assert share_of(cell, scale) == share


@pytest.mark.parametrize("cell", [50, 1.01, -0.1, "```половина```", True, float("inf")])
def test_a_share_that_does_not_fit_is_refused_by_name_and_without_its_content(cell: object) -> None:
    refused = share_of(cell, 1)
    assert isinstance(refused, Unreadable)
    assert str(cell).strip("`") not in refused.reason or cell in (50, True)


def test_a_column_that_is_not_mapped_or_not_there_is_never_a_blank() -> None:
    source = ParticipationSource(
        table="participation", fields=ParticipationFields(person="c-p", role="c-r", sync_id="c-s")
    )
    fields = fields_of({"c-p": ANNA, "c-s": "```key ```"}, source)
    assert fields["person"] == Person("Анна Белова", "anna@example.com")
    assert fields["role"] == MISSING
    assert fields["comment"] == UNMAPPED
    assert sync_id_of({"c-s": "```key ```"}, source) == "key"
    assert sync_id_of({}, source) is None
