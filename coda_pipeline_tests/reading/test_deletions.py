"""Rows that vanish: what proves it, and their tombstones."""

import pytest

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.reading.conftest import emptied_by_mistake, fill

ROWS = r"Uchastie01/rows$"
TABLE = r"Uchastie01$"


def test_three_deleted_rows_are_three_tombstones_and_history_tells_what_they_held(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[:3])
    report = table.settle_and_read()
    assert (report.deleted, report.live_rows, report.held) == (3, 6, 0)
    assert set(table.notes()) == set(ids[3:])
    assert table.notes(deleted=True) == {ids[n]: f"row {n}" for n in range(3)}
    assert table.versions(ids[1]) == [("row 1", "deleted", "run-2")]
    assert table.versions(ids[3]) == []
    [(deleted_at,)] = table.sql("select distinct deleted_at from {raw} where deleted_at is not null")
    assert table.sql("select distinct valid_to from raw.row_history") == [(deleted_at,)]


def test_a_tombstone_is_not_deleted_twice(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[0])
    table.settle_and_read()
    before = table.physical()
    assert table.read(full=True).deleted == 0
    assert table.physical() == before


def test_a_restored_row_is_live_again_as_a_new_version(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[0])
    table.settle_and_read()
    sandbox.hr.restore_rows(ids[0])
    report = table.settle_and_read()
    assert (report.updated, report.live_rows) == (1, 9)
    assert table.notes()[ids[0]] == "row 0"
    assert table.versions(ids[0]) == [("row 0", "deleted", "run-2")]
    [(first, received)] = table.sql(
        "select first_seen_at, received_at from {raw} where row_id = :id", id=ids[0]
    )
    assert received > first


def test_few_missing_rows_are_asked_for_one_by_one(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[:2])
    sandbox.settle()
    _, requests = table.requests_of(lambda: table.read(full=True))
    asked = [request for request in requests if "/rows/" in request]
    assert asked == sorted(f"GET {schema.PARTICIPATION}/rows/{row_id}" for row_id in ids[:2])


def test_many_missing_rows_are_confirmed_by_a_second_listing(table, sandbox):
    _, gone = emptied_by_mistake(table, sandbox)
    report, requests = table.requests_of(lambda: table.read(full=True))
    assert requests.count(f"GET {schema.PARTICIPATION}/rows") == 2
    assert not [request for request in requests if "/rows/" in request]
    assert report.held == len(gone)


def test_a_row_of_the_second_listing_is_not_taken_for_gone(table, sandbox):
    _, gone = emptied_by_mistake(table, sandbox)

    def hr_restores_one():
        sandbox.hr.restore_rows(gone[0])
        sandbox.settle()

    sandbox.faults.inject("act", path=ROWS, skip=1, act=hr_restores_one)
    table.read(full=True)
    assert set(table.held()) == set(gone[1:])


class TestSmallPages:
    """Rows move between pages while they are read."""

    @pytest.fixture
    def page_rows(self) -> int:
        return 4

    def test_edited_while_being_read_takes_no_live_row_for_deleted(self, table, sandbox):
        ids = fill(sandbox, 20)
        table.read()
        new = []

        def one_goes_and_one_comes():
            sandbox.hr.delete_rows(ids[1])
            new.append(sandbox.hr.add_participation("Пётр", comment="new"))
            sandbox.settle()

        sandbox.faults.inject("act", path=ROWS, skip=2, act=one_goes_and_one_comes)
        report, requests = table.requests_of(lambda: table.read(full=True))
        # The listing skipped a living row and holds as many rows as the table counts.
        assert (report.moved_under_read, report.short) == (False, False)
        assert [request for request in requests if "/rows/" in request] != []
        assert report.deleted == 0
        assert set(table.notes()) == {*ids, *new}
        assert table.read(full=True).deleted == 1
        assert set(table.notes()) == {*ids, *new} - {ids[1]}

    def test_a_row_listed_on_two_pages_is_stored_once(self, table, sandbox):
        ids = fill(sandbox, 20)
        sandbox.hr.delete_rows(ids[1])
        sandbox.settle()

        def an_early_row_comes_back():
            sandbox.hr.restore_rows(ids[1])
            sandbox.settle()

        sandbox.faults.inject("act", path=ROWS, skip=1, act=an_early_row_comes_back)
        report = table.read()
        assert (report.read, report.live_rows) == (20, 20)


def test_a_short_read_deletes_only_rows_that_answer_404_themselves(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    sandbox.hr.delete_rows(ids[:2])
    sandbox.settle()
    sandbox.faults.inject("row_count_off", path=TABLE, times=None, by=3)
    sandbox.faults.inject("status", path=rf"rows/{ids[1]}$", times=0)
    report, requests = table.requests_of(table.read)
    assert (report.short, report.deleted, report.count_difference) == (True, 2, -3)
    assert len([request for request in requests if "/rows/" in request]) == 2


def test_nothing_is_deleted_where_the_service_fails_while_it_is_asked(table, sandbox):
    ids = fill(sandbox, 9)
    table.read()
    before = table.physical()
    sandbox.hr.delete_rows(ids[:2])
    sandbox.settle()
    sandbox.faults.inject("status", path="rows/i-", times=None, status=500)
    with pytest.raises(Exception, match="500"):
        table.read()
    assert table.physical() == before
