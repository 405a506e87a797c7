"""When something that waits starts a run: once, after a quiet time, and again where it stays."""

from datetime import UTC, datetime, timedelta

import pytest

from coda_pipeline.defs.pending import AGAIN_AFTER, Demand, Launched, decide

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EDIT = Demand(mark="m1", since=NOW - timedelta(seconds=31), count=3)


def test_nothing_waits_nothing_runs() -> None:
    assert decide(None, None, now=NOW, quiet_s=30).launched is None


@pytest.mark.parametrize(("seconds", "runs"), [(0, False), (29, False), (30, True), (3600, True)])
def test_edits_start_a_run_half_a_minute_after_the_last_of_them(seconds: int, runs: bool) -> None:
    demand = Demand(mark="m1", since=NOW - timedelta(seconds=seconds), count=1)
    assert (decide(demand, None, now=NOW, quiet_s=30).launched is not None) is runs


def test_the_same_edits_start_one_run_only() -> None:
    first = decide(EDIT, None, now=NOW, quiet_s=30).launched
    assert first is not None
    later = NOW + timedelta(minutes=1)
    assert decide(EDIT, first, now=later, quiet_s=30).launched is None


def test_an_edit_after_the_run_was_asked_for_starts_another() -> None:
    first = decide(EDIT, None, now=NOW, quiet_s=30).launched
    newer = Demand(mark="m2", since=NOW + timedelta(seconds=5), count=4)
    second = decide(newer, first, now=NOW + timedelta(seconds=40), quiet_s=30).launched
    assert first is not None
    assert second is not None
    assert second.run_key != first.run_key


def test_edits_that_a_failed_run_left_behind_get_a_run_with_a_new_key() -> None:
    first = decide(EDIT, None, now=NOW, quiet_s=30).launched
    second = decide(EDIT, first, now=NOW + AGAIN_AFTER, quiet_s=30).launched
    assert first is not None
    assert second is not None
    assert second.run_key != first.run_key


def test_an_approval_starts_one_run_however_long_ago_it_was() -> None:
    approval = Demand(mark="7", since=NOW, count=1, is_lasting=False)
    first = decide(approval, None, now=NOW, quiet_s=0).launched
    assert first is not None
    assert decide(approval, first, now=NOW + timedelta(days=9), quiet_s=0).launched is None


def test_the_cursor_survives_its_way_through_dagster() -> None:
    first = decide(EDIT, None, now=NOW, quiet_s=30).launched
    assert first is not None
    assert Launched.parse(first.dump()) == first


@pytest.mark.parametrize("cursor", [None, "", "{}", "[]", "x", '{"mark": "m"}', '{"mark": 1, "at": "x"}'])
def test_a_cursor_that_is_not_ours_counts_as_none(cursor: str | None) -> None:
    assert Launched.parse(cursor) is None
