"""Vanished rows above the guard: held, confirmed or ignored by a person, or back by themselves."""

from coda_pipeline.sandbox import schema
from coda_pipeline.warehouse.held import confirm, held_rows, ignore
from coda_pipeline_tests.reading.conftest import MANY, emptied_by_mistake, fill

DELTA = [f"GET {schema.PARTICIPATION}/rows", f"GET {schema.PARTICIPATION}"]


def test_above_the_guard_changes_land_and_the_vanished_rows_are_held_and_stay_live(table, sandbox):
    ids, gone = emptied_by_mistake(table, sandbox)
    sandbox.hr.edit_row(ids[-1], {schema.NOTE: "edited"})
    new = sandbox.hr.add_participation("Пётр", comment="new")
    report = table.settle_and_read()
    assert (report.updated, report.inserted, report.deleted) == (1, 1, 0)
    assert (report.held, report.newly_held, report.live_rows) == (MANY, MANY, 301)
    assert table.held() == dict.fromkeys(gone, "held")
    assert set(table.notes()) == {*ids, new}
    assert table.sql("select distinct run_id from sync.held_deletions") == [("run-2",)]


def test_restored_rows_leave_the_list_by_themselves(table, sandbox):
    _, gone = emptied_by_mistake(table, sandbox)
    table.read()
    sandbox.hr.restore_rows(gone[:100])
    assert table.settle_and_read().held == MANY - 100
    assert set(table.held()) == set(gone[100:])
    sandbox.hr.restore_rows(gone[100:])
    assert table.settle_and_read().held == 0
    assert len(table.notes()) == 300


def test_an_unchanged_table_rests_while_deletions_are_held(table, sandbox):
    emptied_by_mistake(table, sandbox)
    table.read()
    before = table.physical()
    report, requests = table.requests_of(table.read)
    assert (requests, report.held, report.newly_held) == (DELTA, MANY, 0)
    assert table.physical() == before


def test_an_unchanged_table_rests_while_deletions_are_ignored(table, sandbox, engine):
    emptied_by_mistake(table, sandbox)
    table.read()
    ignore(engine, "participation", None, by="hr")
    report, requests = table.requests_of(table.read)
    assert (requests, report.held, report.ignored) == (DELTA, 0, MANY)


def test_held_rows_are_not_counted_again_against_the_guard(table, sandbox):
    ids, gone = emptied_by_mistake(table, sandbox)
    table.read()
    sandbox.hr.delete_rows(ids[-2:])
    report = table.settle_and_read()
    assert (report.deleted, report.held) == (2, len(gone))


def test_held_rows_are_not_asked_for_again(table, sandbox):
    emptied_by_mistake(table, sandbox)
    table.read()
    report, requests = table.requests_of(lambda: table.read(full=True))
    assert (len(requests), report.held) == (4, MANY)


def test_what_would_empty_the_table_is_held_however_small_it_is(table, sandbox):
    ids = fill(sandbox, 2)
    table.read()
    sandbox.hr.clear_table()
    report = table.settle_and_read()
    assert (report.deleted, report.held, set(table.notes())) == (0, 2, set(ids))


def test_the_last_rows_are_held_too_when_the_others_are_already(table, sandbox):
    ids, _ = emptied_by_mistake(table, sandbox, rows=123)
    table.read()
    sandbox.hr.clear_table()
    report = table.settle_and_read()
    assert (report.deleted, report.newly_held) == (0, 3)
    assert set(table.held()) == set(ids)


def test_confirmed_rows_become_tombstones_at_once(table, sandbox, engine):
    ids, gone = emptied_by_mistake(table, sandbox)
    table.read()
    now = sandbox.clock.now()
    assert confirm(engine, "participation", gone[:2], by="hr", now=now) == 2
    assert set(table.notes(deleted=True)) == set(gone[:2])
    assert table.versions(gone[0]) == [("row 0", "deleted", "confirmed by hr")]
    assert len(table.held()) == MANY - 2
    assert confirm(engine, "participation", None, by="hr") == MANY - 2
    assert (table.held(), set(table.notes())) == ({}, set(ids) - set(gone))


def test_after_confirming_the_table_rests(table, sandbox, engine):
    emptied_by_mistake(table, sandbox)
    table.read()
    confirm(engine, "participation", None, by="hr")
    assert table.requests_of(table.read)[1] == DELTA


def test_only_rows_on_the_list_can_be_confirmed(table, sandbox, engine):
    ids, _ = emptied_by_mistake(table, sandbox)
    table.read()
    assert confirm(engine, "participation", [ids[-1], "i-nobody"], by="hr") == 0
    assert confirm(engine, "projects", None, by="hr") == 0
    assert len(table.notes()) == 300


def test_a_row_restored_before_the_confirmation_stays(table, sandbox, engine):
    _, gone = emptied_by_mistake(table, sandbox)
    table.read()
    sandbox.hr.restore_rows(gone[0])
    table.settle_and_read()
    assert confirm(engine, "participation", gone, by="hr") == MANY - 1
    assert gone[0] in table.notes()


def test_ignored_rows_stay_live_and_listed(table, sandbox, engine):
    _, gone = emptied_by_mistake(table, sandbox)
    table.read()
    now = sandbox.clock.now()
    assert ignore(engine, "participation", gone[:1], by="hr", now=now) == 1
    assert gone[0] in table.notes()
    with engine.begin() as conn:
        listed = {row.row_id: row for row in held_rows(conn, "participation")}
        assert held_rows(conn) == list(listed.values())
        assert held_rows(conn, "projects") == []
    assert (listed[gone[0]].state, listed[gone[0]].decided_by, listed[gone[0]].decided_at) == (
        "ignored",
        "hr",
        now,
    )
    assert (listed[gone[1]].state, listed[gone[1]].decided_by) == ("held", None)


def test_an_ignored_row_that_comes_back_leaves_the_list(table, sandbox, engine):
    _, gone = emptied_by_mistake(table, sandbox)
    table.read()
    ignore(engine, "participation", None, by="hr")
    sandbox.hr.restore_rows(gone[0])
    table.settle_and_read()
    assert gone[0] not in table.held()
