"""Reading what changed."""

from datetime import timedelta

import pytest

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sandbox import schema
from coda_pipeline.sync.read_mode import WhyFull
from coda_pipeline_tests.reading.conftest import fill

ROWS = r"Uchastie01/rows$"
TABLE = r"Uchastie01$"
DELTA = [f"GET {schema.PARTICIPATION}/rows", f"GET {schema.PARTICIPATION}"]


@pytest.fixture
def page_rows() -> int:
    """Small, so that a few rows are many pages."""
    return 4


def test_an_unchanged_table_costs_two_requests_and_no_write(table, sandbox):
    fill(sandbox, 9)
    table.read()
    before = table.physical()
    for _ in range(3):
        sandbox.clock.advance(3600)
        report, requests = table.requests_of(table.read)
        assert requests == DELTA
        assert (report.mode, report.read, report.requests, report.live_rows) == ("incremental", 0, 2, 9)
    assert table.physical() == before


def test_as_of_moves_on_although_nothing_changed(table, sandbox):
    fill(sandbox, 1)
    table.read()
    sandbox.clock.advance(3600)
    as_of = table.read().as_of
    assert as_of == sandbox.clock.now() - timedelta(seconds=30)
    assert table.sql("select as_of, last_read_at from sync.cursors") == [(as_of, sandbox.clock.now())]


def test_only_changed_and_new_rows_are_read(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.edit_row(ids[3], {schema.NOTE: "edited"})
    new = sandbox.hr.add_participation("Пётр", comment="new")
    report = table.settle_and_read()
    assert (report.mode, report.read, report.inserted, report.updated) == ("incremental", 2, 1, 1)
    assert (table.notes()[ids[3]], table.notes()[new]) == ("edited", "new")


@pytest.mark.parametrize(("changed", "pages"), [(1, 1), (4, 1), (5, 2), (9, 3)])
def test_requests_grow_with_the_pages_of_the_delta(table, sandbox, changed, pages):
    ids = fill(sandbox, 20)
    table.read()
    for row_id in ids[:changed]:
        sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    sandbox.settle()
    report, requests = table.requests_of(table.read)
    assert (report.mode, report.updated, len(requests)) == ("incremental", changed, pages + 1)


def test_a_deletion_is_found_because_the_row_count_disagrees(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[0])
    report = table.settle_and_read()
    assert (report.mode, report.why_full, report.deleted) == ("full", WhyFull.COUNT_DISAGREES, 1)


def test_a_deletion_is_found_although_a_row_was_added(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[0])
    sandbox.hr.add_participation("Пётр", comment="new")
    report = table.settle_and_read()
    assert (report.mode, report.deleted, report.inserted) == ("full", 1, 1)


def test_a_refused_token_means_a_full_read(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.edit_row(ids[0], {schema.NOTE: "edited"})
    sandbox.hr.expire_tokens()
    report = table.settle_and_read()
    assert (report.mode, report.why_full, report.updated) == ("full", WhyFull.TOKEN_REFUSED, 1)
    assert table.read().mode == "incremental"


def test_a_day_after_the_last_full_read_comes_another(table, sandbox):
    fill(sandbox, 9)
    table.read()
    sandbox.clock.advance(timedelta(hours=23).total_seconds())
    assert table.read().mode == "incremental"
    sandbox.clock.advance(timedelta(hours=2).total_seconds())
    assert table.read().why_full is WhyFull.DUE
    assert table.read().mode == "incremental"


def test_a_full_read_may_be_asked_for(table, sandbox):
    fill(sandbox, 9)
    table.read()
    assert table.read(full=True).why_full is WhyFull.ASKED


@pytest.mark.parametrize("change", [{"excluded": frozenset()}, {"mapped": frozenset({schema.TAGS})}])
def test_another_exclusion_or_mapping_means_a_full_read(table, sandbox, change):
    fill(sandbox, 9)
    table.read()
    table.spec = table.spec.model_copy(update=change)
    report = table.read()
    assert (report.why_full, report.updated) == (WhyFull.CATALOGUE_CHANGED, 0)
    assert table.read().mode == "incremental"


def test_an_unknown_column_in_a_delta_makes_the_columns_be_listed(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    column = sandbox.hr.add_column("Новая")
    sandbox.hr.edit_row(ids[0], {column: "filled"})
    sandbox.settle()
    report, requests = table.requests_of(table.read)
    assert report.mode == "incremental"
    assert requests == [*DELTA, f"GET {schema.PARTICIPATION}/columns"]
    assert table.sql("select name from sync.columns where column_id = :id", id=column) == [("Новая",)]
    _, again = table.requests_of(table.read)
    assert again == DELTA


def test_a_column_added_under_a_full_read_is_listed_again(table, sandbox):
    ids = fill(sandbox, 9)
    column = []

    def somebody_adds_a_column():
        column.append(sandbox.hr.add_column("Новая"))
        sandbox.hr.edit_row(ids[-1], {column[0]: "filled"})
        sandbox.settle()

    sandbox.faults.inject("act", path=ROWS, act=somebody_adds_a_column)
    table.read()
    assert table.sql("select name from sync.columns where column_id = :id", id=column[0]) == [("Новая",)]


def test_what_changes_behind_the_first_page_of_a_full_read_comes_with_the_next_delta(table, sandbox):
    ids = fill(sandbox, 9)

    def somebody_edits_the_first_row():
        sandbox.hr.edit_row(ids[0], {schema.NOTE: "edited"})
        sandbox.settle()

    sandbox.faults.inject("act", path=ROWS, skip=1, act=somebody_edits_the_first_row)
    assert table.read().moved_under_read is False
    assert table.notes()[ids[0]] == "row 0"
    report = table.read()
    assert (report.mode, table.notes()[ids[0]]) == ("incremental", "edited")


def test_what_changes_behind_the_first_page_of_a_delta_comes_with_the_next_one(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    for row_id in ids:
        sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    sandbox.settle()

    def somebody_edits_the_first_row():
        sandbox.hr.edit_row(ids[0], {schema.NOTE: "edited again"})
        sandbox.settle()

    sandbox.faults.inject("act", path=ROWS, skip=2, act=somebody_edits_the_first_row)
    table.read()
    table.read()
    assert table.notes()[ids[0]] == "edited again"
    assert table.requests_of(table.read)[1] == DELTA


def test_a_remembered_difference_lets_an_unchanged_table_rest(table, sandbox):
    fill(sandbox, 9)
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=2)
    assert table.read().short
    before = table.physical()
    report, requests = table.requests_of(table.read)
    assert (requests, report.count_difference, report.short) == (DELTA, -2, False)
    assert table.physical() == before


def test_a_row_count_that_is_not_trusted_is_not_compared(table, sandbox):
    fill(sandbox, 9)
    table.spec = table.spec.model_copy(update={"trust_row_count": False})
    table.read()
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=5)
    report, requests = table.requests_of(table.read)
    assert (report.mode, requests) == ("incremental", DELTA)


def test_a_504_on_a_delta_halves_its_pages(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.edit_row(ids[0], {schema.NOTE: "edited"})
    sandbox.settle()
    sandbox.faults.inject("status", path=ROWS, times=1, status=504)
    report = table.read()
    assert (report.mode, report.updated) == ("incremental", 1)


def test_the_name_of_a_table_given_to_another_one_is_refused_and_no_row_is_touched(table, sandbox):
    fill(sandbox, 9)
    table.read()
    before = table.physical()
    table.spec = table.spec.model_copy(update={"table_id": schema.PROJECTS})
    with pytest.raises(ConfigurationError, match="participation"):
        table.read()
    assert table.physical() == before
