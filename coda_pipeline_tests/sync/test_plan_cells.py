"""What is sent for one value, and how long it may be."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from coda_pipeline.sync.plan_cells import (
    MAX_ROW_BYTES,
    Sending,
    blank_cell,
    bytes_of,
    day_cell,
    row_size_hold,
    share_cell,
    text_cell,
)
from coda_pipeline.sync.plan_inputs import Column
from coda_pipeline.sync.plan_model import Hold

PLAIN, LIST = Column("c", "Колонка", "text"), Column("c", "Колонка", "text", is_array=True)


@pytest.mark.parametrize("value", [date(2024, 2, 1), datetime(2024, 2, 1, 23, 30, tzinfo=UTC)])
def test_a_day_is_sent_in_iso_form(value: date):
    assert day_cell("started_on", value, PLAIN) == Sending("2024-02-01", date(2024, 2, 1))


@pytest.mark.parametrize(
    ("share", "scale", "cell"),
    [("1", 1, 1), ("0.5", 1, 0.5), ("0.35", 100, 35), ("0.125", 100, 12.5), ("0", 100, 0)],
)
def test_a_share_is_the_number_that_the_column_shows(share: str, scale: int, cell: float):
    sent = share_cell("share", Decimal(share), PLAIN, percent_scale=scale)
    assert sent == Sending(cell, Decimal(share))


@pytest.mark.parametrize("share", ["1.01", "-0.1", "NaN", "Infinity", "50"])
def test_a_share_outside_of_its_range_is_held_by_name(share: str):
    held = share_cell("share", Decimal(share), PLAIN, percent_scale=100)
    assert isinstance(held, Hold)
    assert held.field == "share"


def test_values_take_the_shape_of_their_column():
    assert text_cell("comment", "а", LIST) == Sending(["а"], "а")
    assert blank_cell(LIST) == []
    assert blank_cell(PLAIN) == ""


def test_all_newlines_are_sent_as_one_kind():
    assert text_cell("comment", "а\r\nб\rв", PLAIN) == Sending("а\nб\nв", "а\r\nб\rв")


def test_bytes_are_counted_as_coda_counts_them():
    assert bytes_of("яя\n") == 6
    assert bytes_of(["я", ["a", 10]]) == 5
    assert isinstance(text_cell("comment", "a" * 40_000, PLAIN), Sending)
    assert isinstance(text_cell("comment", "a" * 40_001, PLAIN), Hold)
    assert row_size_hold(["a" * MAX_ROW_BYTES]) is None
    assert row_size_hold(["a" * MAX_ROW_BYTES, "b"]) is not None
