"""Reading a whole table."""

from datetime import timedelta

import pytest

from coda_pipeline.coda.models import Row
from coda_pipeline.errors import (
    ConfigurationError,
    IncompleteReadError,
    NotFoundError,
    PageTimeoutError,
    ServiceError,
)
from coda_pipeline.sandbox import schema
from coda_pipeline_tests.reading.conftest import fill

ROWS = r"Uchastie01/rows$"
TABLE = r"Uchastie01$"


@pytest.fixture
def page_rows() -> int:
    """Small, so that a few rows are many pages."""
    return 4


def test_every_row_arrives_with_its_cells_as_received(table, sandbox, client):
    fill(sandbox, 11)
    report = table.read()
    received: dict[str, Row] = {
        row.id: row
        for page in client.row_pages(schema.HR_DOC_ID, schema.PARTICIPATION, exclude=table.spec.excluded)
        for row in page.rows
    }
    stored = dict(table.sql("select row_id, values from {raw}"))
    assert stored == {row_id: row.values for row_id, row in received.items()}
    assert (report.mode, report.read, report.inserted, report.live_rows, report.row_count) == (
        "full",
        11,
        11,
        11,
        11,
    )


def test_times_and_link_of_a_row_are_kept(table, sandbox, client):
    [row_id] = fill(sandbox, 1)
    table.read()
    row = client.row(schema.HR_DOC_ID, schema.PARTICIPATION, row_id)
    [stored] = table.sql(
        """select browser_link, coda_created_at = :created, coda_updated_at = :updated,
                                   received_at = first_seen_at, run_id from {raw}""",
        created=row.created_at,
        updated=row.updated_at,
    )
    assert tuple(stored) == (row.browser_link, True, True, True, "run-1")


def test_a_full_read_asks_for_count_columns_pages_and_count(table, sandbox):
    fill(sandbox, 9)
    report, requests = table.requests_of(table.read)
    table_path = schema.PARTICIPATION
    assert requests == [
        f"GET {table_path}",
        f"GET {table_path}/columns",
        *[f"GET {table_path}/rows"] * 3,
        f"GET {table_path}",
    ]
    assert report.requests == len(requests)


def test_an_empty_table_is_read(table):
    report = table.read()
    assert (report.read, report.row_count, report.live_rows, report.short) == (0, 0, 0, False)


def test_as_of_is_the_start_of_the_read_less_the_snapshot_lag(table, sandbox):
    fill(sandbox, 1)
    started_at = sandbox.clock.now()
    sandbox.faults.inject("act", path=ROWS, act=lambda: sandbox.clock.advance(7))
    assert table.read().as_of == started_at - timedelta(seconds=30)


def test_progress_tells_rows_so_far_and_how_many_there_are(table, sandbox):
    fill(sandbox, 9)
    heard = []
    table.read(on_progress=lambda rows, count: heard.append((rows, count)))
    assert heard == [(4, 9), (8, 9), (9, 9)]


def test_no_reader_sees_half_a_refresh(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    for row_id in ids:
        sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    sandbox.settle()
    seen = []
    table.read(full=True, on_progress=lambda _rows, _count: seen.append(set(table.notes().values())))
    assert len(seen) == 3
    assert all(notes == {f"row {n}" for n in range(9)} for notes in seen)
    assert set(table.notes().values()) == {"edited"}


def test_a_table_that_moves_under_the_read_is_read_again(table, sandbox):
    fill(sandbox, 9)

    def somebody_adds_a_row():
        sandbox.hr.add_participation("Пётр", comment="late")
        sandbox.settle()

    sandbox.faults.inject("act", path=ROWS, skip=1, act=somebody_adds_a_row)
    report = table.read()
    assert (report.read, report.row_count, report.moved_under_read) == (10, 10, False)
    assert "late" in table.notes().values()


def test_a_table_that_keeps_moving_is_read_three_times_kept_and_nothing_is_deleted(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[0])
    sandbox.settle()

    def somebody_adds_a_row():
        sandbox.hr.add_participation("Пётр", comment="late")
        sandbox.settle()

    for listing in range(3):
        sandbox.faults.inject("act", path=ROWS, skip=listing * 3, act=somebody_adds_a_row)
    report, requests = table.requests_of(lambda: table.read(full=True))
    assert report.moved_under_read
    assert sum(request.endswith(schema.PARTICIPATION) for request in requests) == 4
    assert report.deleted == report.held == 0
    assert ids[0] in table.notes()
    assert list(table.notes().values()).count("late") >= 2


def test_short_twice_with_the_same_ids_is_merged_and_the_difference_remembered(table, sandbox):
    fill(sandbox, 9)
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=2)
    report = table.read()
    assert (report.short, report.count_difference, report.live_rows) == (True, -2, 9)
    assert table.sql("select count_difference, last_outcome from sync.cursors") == [(-2, "short")]


def test_a_difference_that_is_gone_is_forgotten(table, sandbox):
    fill(sandbox, 9)
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=2)
    table.read()
    sandbox.faults.clear()
    report = table.read()
    assert (report.mode, report.short, report.count_difference) == ("full", False, 0)


def test_two_short_listings_with_different_rows_fail_and_nothing_is_merged(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    before = table.physical()

    def one_goes_one_comes():
        sandbox.hr.delete_rows(ids[0])
        sandbox.hr.add_participation("Пётр", comment="late")
        sandbox.settle()

    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=2)
    sandbox.faults.inject("act", path=ROWS, skip=3, act=one_goes_one_comes)
    with pytest.raises(IncompleteReadError, match=r"'participation'.*counts 11 rows, 9 were listed, then 9"):
        table.read(full=True)
    assert table.physical() == before
    assert table.sql("select last_outcome, last_run_id from sync.cursors") == [("incomplete", "run-2")]


def test_after_an_incomplete_read_the_next_one_completes(table, sandbox):
    test_two_short_listings_with_different_rows_fail_and_nothing_is_merged(table, sandbox)
    sandbox.faults.clear()
    report = table.read()
    assert (report.mode, report.inserted, report.deleted, report.live_rows) == ("full", 1, 1, 9)


def test_without_a_trusted_row_count_two_equal_listings_are_complete(table, sandbox):
    ids = fill(sandbox, 9)
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=5)
    table.spec = table.spec.model_copy(update={"trust_row_count": False})
    report, requests = table.requests_of(table.read)
    assert (report.short, report.moved_under_read, report.count_difference) == (False, False, 0)
    assert sum(request.endswith("/rows") for request in requests) == 6
    sandbox.hr.delete_rows(ids[0])
    assert table.settle_and_read(full=True).deleted == 1


def test_a_failure_in_the_middle_leaves_the_state_before_and_is_noted(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    before = table.physical()
    sandbox.hr.edit_row(ids[0], {schema.NOTE: "edited"})
    sandbox.settle()
    sandbox.faults.inject("status", path=ROWS, skip=2, times=None, status=500)
    with pytest.raises(ServiceError):
        table.read(full=True)
    assert table.physical() == before
    assert table.sql("select last_outcome from sync.cursors") == [("ServiceError",)]
    sandbox.faults.clear()
    assert table.read(full=True).updated == 1


def test_after_a_504_pages_are_halved_and_started_again(table, sandbox):
    fill(sandbox, 9)
    sandbox.faults.inject("status", path=ROWS, skip=1, times=1, status=504)
    assert table.read().inserted == 9
    limits = [r.params["limit"] for r in sandbox.requests if "limit" in r.params and r.path.endswith("rows")]
    assert limits == ["500", "250"]


def test_where_the_smallest_pages_time_out_the_read_fails(table, sandbox):
    fill(sandbox, 9)
    sandbox.faults.inject("status", path=ROWS, times=None, status=504)
    with pytest.raises(PageTimeoutError):
        table.read()
    limits = [int(r.params["limit"]) for r in sandbox.requests if r.path.endswith("rows")]
    assert limits == [500, 250, 125, 62, 31, 15, 10]


def test_a_view_is_refused_with_the_name_and_id_of_its_base_table(table):
    table.spec = table.spec.model_copy(update={"table_id": schema.ACTIVE})
    with pytest.raises(ConfigurationError, match=rf"{schema.ACTIVE}.*view.*Участие.*{schema.PARTICIPATION}"):
        table.read()


def test_after_a_refused_view_the_same_name_may_be_given_to_its_base_table(table, sandbox):
    fill(sandbox, 1)
    base = table.spec
    table.spec = base.model_copy(update={"table_id": schema.ACTIVE})
    with pytest.raises(ConfigurationError):
        table.read()
    table.spec = base
    assert table.read().inserted == 1


@pytest.mark.parametrize("table_id", ["grid-nowhere", "grid-Archive001"])
def test_an_unknown_table_or_one_of_another_doc_is_named(table, table_id):
    table.spec = table.spec.model_copy(update={"table_id": table_id})
    with pytest.raises(NotFoundError, match=table_id):
        table.read()


def test_an_unknown_doc_is_named(table):
    table.spec = table.spec.model_copy(update={"doc_id": "Nowhere000"})
    with pytest.raises(ConfigurationError, match="Nowhere000"):
        table.read()
