"""HR at work in the very rows, between plan and send, and between send and proof: nobody's edit is lost."""

from decimal import Decimal

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.write_back.office import Office, catalog

ROWS = r"Uchastie01/rows"


def planned_edit(office: Office) -> str:
    """The application's edit of one row's `share` to 0.5 is planned; there is a second row."""
    row, _ = office.hire(2)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    office.pull()
    office.plan()
    return row


def shares(office: Office, row: str) -> tuple[object, object]:
    """What Coda and the warehouse hold, once a sync is through."""
    office.sandbox.settle()
    office.sync()
    return office.there(row, schema.SHARE), office.here(row, "share")


# --- between plan and send ---


def test_an_edit_that_shows_before_sending_is_not_overwritten(office: Office) -> None:
    row = planned_edit(office)
    office.hr.edit_row(row, {schema.SHARE: 0.8})
    office.sandbox.settle()
    report = office.send()
    assert (report.updated, report.left) == (0, 1)
    assert shares(office, row) == (0.8, Decimal("0.8"))
    assert office.conflicts() == [("field", "share", "both_changed", "coda")]
    assert office.is_silent()


def test_an_edit_of_another_field_goes_its_own_way(office: Office) -> None:
    row = planned_edit(office)
    office.hr.edit_row(row, {schema.NOTE: "от кадров"})
    report = office.send()
    assert (report.updated, report.verified) == (1, 1)
    assert shares(office, row) == (0.5, Decimal("0.5"))
    assert office.here(row, "comment") == office.there(row, schema.NOTE) == "от кадров"
    assert office.conflicts() == []


def test_a_row_deleted_before_sending_is_a_conflict_and_comes_not_back(office: Office) -> None:
    row = planned_edit(office)
    office.hr.delete_rows(row)
    office.sandbox.settle()
    office.send()
    office.sync()
    assert row not in office.hr.row_ids()
    assert [(kind, outcome) for kind, _, _, outcome in office.conflicts()] == [("deleted_in_coda", None)]
    assert office.is_silent()


def test_a_row_deleted_inside_the_lag_answers_404_and_is_a_conflict(office: Office) -> None:
    row = planned_edit(office)
    office.sandbox.faults.inject(
        "act", path=ROWS, method="PUT", act=lambda: (office.hr.delete_rows(row), office.sandbox.settle())
    )
    report = office.send()
    assert (report.updated, report.superseded, report.pending) == (0, 1, 0)
    office.sync()
    assert row not in office.hr.row_ids()
    assert [kind for kind, *_ in office.conflicts()] == ["deleted_in_coda"]
    assert office.is_silent()


def test_a_copied_row_leaves_the_edit_where_it_belongs(office: Office) -> None:
    office.hire(1)
    office.fill_in_keys()
    (row,) = office.hr.row_ids()
    office.edit(row, share=Decimal("0.5"))
    office.pull()
    office.plan()
    copy = office.hr.copy_row(row, {schema.ROLE: "Куратор"})
    office.send()
    assert shares(office, row) == (0.5, Decimal("0.5"))
    assert office.there(copy, schema.SHARE) == 1.0
    assert office.id_of(copy) != office.id_of(row)


def test_a_row_of_hr_with_the_same_key_takes_the_place_of_a_create(office: Office) -> None:
    office.hire(1)
    office.pull()
    pid = office.add(role="Тестировщик")
    office.pull()
    office.plan()
    row = office.hr.add_participation(
        "Анна Белова", "anna@example.com", project="Обучение", role="Тестировщик", started_on="2026-04-01"
    )
    office.sandbox.settle()
    office.send()
    office.sandbox.settle()
    office.sync()
    office.sandbox.settle()
    office.sync()
    live = office.select(
        "select participation_id, coda_row_id from core.participation where role = 'Тестировщик'"
    )
    assert len(live) == 1
    assert len([r for r in office.hr.row_ids() if office.there(r, schema.ROLE) == "Тестировщик"]) <= 2
    assert pid in [found[0] for found in office.select("select participation_id from core.participation_all")]
    assert row in office.hr.row_ids()


# --- between send and proof ---


def test_an_edit_after_ours_is_theirs_and_not_a_rejection(office: Office) -> None:
    row = planned_edit(office)
    office.sandbox.faults.inject(
        "act",
        path="mutationStatus",
        skip=2,  # when Coda has applied ours
        act=lambda: office.hr.edit_row(row, {schema.SHARE: 0.7}),
    )
    report = office.send()
    assert report.rejected == 0
    assert shares(office, row) == (0.7, Decimal("0.7"))
    assert office.rejected() == []
    assert office.conflicts() == []
    assert office.is_silent()


def test_an_edit_seen_first_in_the_proof_is_theirs(office: Office) -> None:
    row = planned_edit(office)
    office.send(patience_s=0)
    office.wait(11)
    office.prove()
    office.hr.edit_row(row, {schema.SHARE: 0.7})
    office.wait(60)
    report = office.sync()
    assert (report.pending, report.rejected) == (0, 0)
    assert office.states() == ["verified"]
    assert shares(office, row) == (0.7, Decimal("0.7"))
    query = "select fields ->> 'share' from sync.participation_base where record_id = :record"
    assert office.select(query, record=f"participation:{row}") == [("0.7",)]
    assert office.is_silent()


def test_an_edit_that_our_write_replaced_is_on_record(office: Office) -> None:
    row = planned_edit(office)
    # HR types while the request is on its way: our value, applied later, stands in the end.
    office.sandbox.faults.inject(
        "act", path=ROWS, method="PUT", act=lambda: office.hr.edit_row(row, {schema.SHARE: 0.8})
    )
    office.send()
    assert shares(office, row) == (0.5, Decimal("0.5"))
    assert office.conflicts() == [("field", "share", "overwritten", "warehouse")]
    assert office.select("select coda_value from sync.conflicts") == [("0.8",)]
    assert office.is_silent()


def test_a_row_deleted_after_sending_is_a_conflict(office: Office) -> None:
    row = planned_edit(office)
    office.send(patience_s=0)
    office.hr.delete_rows(row)
    office.sandbox.settle()
    office.sync()
    assert office.states() == ["superseded"]
    assert [kind for kind, *_ in office.conflicts()] == ["deleted_in_coda"]
    assert row not in office.hr.row_ids()
    assert office.is_silent()


def test_rows_deleted_after_sending_in_numbers_that_are_held_are_not_called_rejected(office: Office) -> None:
    office.catalog = catalog(write_back={"enabled": True, "proof_timeout_s": 60})
    row = planned_edit(office)
    office.send(patience_s=0)
    office.hr.clear_table()
    office.sandbox.settle()
    office.wait(60)
    office.sync()
    assert office.select("select count(*) from sync.held_deletions") == [(2,)]
    assert office.states() == ["superseded"]
    assert office.rejected() == []
    assert office.here(row, "share") == Decimal("0.5")


def test_a_copy_made_between_send_and_proof_is_a_row_of_its_own(office: Office) -> None:
    office.hire(1)
    office.pull()
    pid = office.add(role="Тестировщик")
    office.pull()
    office.plan()
    office.send(patience_s=0)
    office.wait(11)
    made = next(r for r in office.hr.row_ids() if office.there(r, schema.SYNC_ID) == str(pid))
    copy = office.hr.copy_row(made, {schema.ROLE: "Куратор"})
    office.sandbox.settle()
    office.sync()
    assert office.id_of(made) == pid
    assert office.id_of(copy) != pid
    assert office.is_all_proved()


def test_a_new_row_edited_before_its_proof_keeps_the_edit(office: Office) -> None:
    office.hire(1)
    office.pull()
    pid = office.add(role="Тестировщик", comment="наш")
    office.pull()
    office.plan()
    office.send(patience_s=0)
    office.wait(11)
    made = next(r for r in office.hr.row_ids() if office.there(r, schema.SYNC_ID) == str(pid))
    office.hr.edit_row(made, {schema.NOTE: "их"})
    office.sandbox.settle()
    office.sync()
    assert office.here(made, "comment") == office.there(made, schema.NOTE) == "их"
    assert office.conflicts() == []
    assert office.is_silent()


def test_an_edit_of_a_row_that_we_delete_is_on_record(office: Office) -> None:
    row, _ = office.hire(2)
    office.pull()
    office.execute("delete from core.participation where coda_row_id = :row", row=row)
    office.sync()
    office.approve()
    office.sandbox.faults.inject(
        "act", path=ROWS, method="DELETE", act=lambda: office.hr.edit_row(row, {schema.NOTE: "важно"})
    )
    report = office.send()
    assert report.deleted == 1
    assert ("field", "comment", "overwritten", "warehouse") in office.conflicts()
