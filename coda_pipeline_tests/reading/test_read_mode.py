"""When a delta will do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.fingerprint import fingerprint_for
from coda_pipeline.sync.read_mode import WhyFull, is_count_explained, why_full
from coda_pipeline.warehouse.cursors import Cursor

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SPEC = TableSpec(name="t", doc_id="d", table_id="grid-t")
FINGERPRINT = fingerprint_for(SPEC, [])
CURSOR = Cursor("t", "d", "grid-t", sync_token="token", last_full_at=NOW - timedelta(hours=3))


def reason(cursor: Cursor | None = CURSOR, spec: TableSpec = SPEC, fingerprint=FINGERPRINT, is_asked=False):
    return why_full(cursor, fingerprint, spec, now=NOW, is_asked=is_asked)


def test_a_fresh_cursor_with_a_token_allows_a_delta():
    assert reason() is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sync_token": None}, WhyFull.NO_TOKEN),
        ({"last_full_at": None}, WhyFull.FIRST),
        ({"table_id": "grid-other"}, WhyFull.OTHER_TABLE),
        ({"doc_id": "other"}, WhyFull.OTHER_TABLE),
        ({"last_full_at": NOW - timedelta(hours=25)}, WhyFull.DUE),
    ],
)
def test_a_cursor_that_lacks_something_asks_for_a_full_read(change, expected):
    assert reason(replace(CURSOR, **change)) is expected


def test_a_table_never_read_is_read_in_full():
    assert reason(None) is WhyFull.FIRST


def test_a_person_may_ask_for_a_full_read():
    assert reason(is_asked=True) is WhyFull.ASKED


def test_another_exclusion_or_mapping_asks_for_a_full_read():
    assert reason(spec=SPEC.model_copy(update={"excluded": frozenset({"c"})})) is WhyFull.CATALOGUE_CHANGED
    assert reason(spec=SPEC.model_copy(update={"mapped": frozenset({"c"})})) is WhyFull.CATALOGUE_CHANGED


def test_digests_of_an_older_version_ask_for_a_full_read():
    assert reason(fingerprint=None) is WhyFull.CATALOGUE_CHANGED


@pytest.mark.parametrize(
    ("row_count", "live", "held", "difference"),
    [(10, 10, 0, 0), (10, 15, 5, 0), (10, 9, 0, -1), (10, 12, 1, 1)],
)
def test_the_count_is_explained_by_live_rows_less_held_ones_less_the_difference(
    row_count, live, held, difference
):
    assert is_count_explained(row_count, live=live, held=held, difference=difference)
    assert not is_count_explained(row_count + 1, live=live, held=held, difference=difference)
