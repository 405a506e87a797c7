"""What was sent and what is read later: equal by meaning, not by letter."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.sync.model import Activity, Person, Unreadable, Value
from coda_pipeline.sync.plan_inputs import Column
from coda_pipeline.sync.same_meaning import same_meaning


def column(kind: str, precision: int | None = None) -> Column:
    return Column("c", "Колонка", kind, precision=precision)


@pytest.mark.parametrize(
    ("sent", "read", "of"),
    [
        (Person("Аня", "A@example.com"), Person("Анна Белова", "a@example.com"), None),
        (Person("Анна  белова"), Person("Анна Белова", "a@example.com"), None),
        (Activity("Старое", "p1"), Activity("Новое", "p1"), None),
        (Activity("обучение"), Activity("Обучение", "p1"), None),
        (date(2024, 2, 1), datetime(2024, 2, 1, tzinfo=UTC), None),
        (Decimal(1) / 3, Decimal("0.333333333333"), None),
        (Decimal(1) / 3, Decimal("0.33"), column("percent", 0)),
        (Decimal("0.333"), Decimal("0.3333"), column("percent", 1)),
        (Decimal("0.25"), Decimal("0.254"), column("number", 2)),
        ("а\r\nб ", "а\nб", None),
        ("аналитик", "Аналитик", column("select")),
        ("аналитик", "Аналитик", column("lookup")),
        (None, "", None),
        ("  ", None, None),
        (Person(None, None), None, None),
    ],
)
def test_the_same(sent: Value, read: Value, of: Column | None):
    assert same_meaning("field", sent, read, of)
    assert same_meaning("field", read, sent, of)


@pytest.mark.parametrize(
    ("sent", "read", "of"),
    [
        (Person("Анна", "a@example.com"), Person("Анна", "b@example.com"), None),
        (Person(None, "a@example.com"), Person("Анна"), None),
        (Activity("Обучение", "p1"), Activity("Обучение", "p2"), None),
        (date(2024, 2, 1), date(2024, 2, 2), None),
        (date(2024, 2, 1), "2024-02-01", None),
        (Decimal("0.5"), Decimal("0.51"), column("percent", 0)),
        (Decimal("0.5"), Decimal(1), column("number", 0)),
        (Decimal("0.5"), Decimal("0.501"), None),
        ("аналитик", "Аналитик", column("text")),
        ("аналитик", "Аналитик", None),
        ("а", None, None),
        (None, Unreadable("several values in one cell"), None),
        (Decimal(0), None, None),
    ],
)
def test_not_the_same(sent: Value, read: Value, of: Column | None):
    assert not same_meaning("field", sent, read, of)
    assert not same_meaning("field", read, sent, of)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.dates(),
    st.decimals(0, 1, places=4),
    st.builds(Person, st.text(min_size=1, max_size=9), st.none() | st.emails()),
    st.builds(Activity, st.text(min_size=1, max_size=9), st.none() | st.just("p1")),
)


@given(VALUES, st.sampled_from(["text", "select", "percent", "number", "date", "person", "lookup"]))
def test_every_value_means_the_same_as_itself(value: Value, kind: str):
    assert same_meaning("field", value, value, column(kind, 2))
    assert same_meaning("field", value, value, None)
