"""What changes in the warehouse reaches Coda, once, proved, and without surprises."""

from decimal import Decimal

from coda_pipeline.sandbox import schema
from coda_pipeline.sync.permission import Permission
from coda_pipeline.sync.plan_model import PlanKind
from coda_pipeline_tests.write_back.office import Office


def test_an_edit_of_the_application_arrives_in_coda_and_a_further_round_is_silent(office: Office) -> None:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    report = office.sync()
    assert (report.updated, report.verified, report.pending, report.rejected) == (1, 1, 0, 0)
    assert office.there(row, schema.SHARE) == 0.5
    assert office.states() == ["verified"]
    assert office.is_silent()


def test_a_new_participation_becomes_one_row_that_is_bound_to_it(office: Office) -> None:
    office.hire(1)
    office.pull()
    pid = office.add(comment="из приложения", ended_on="2026-12-31", share=Decimal("0.25"))
    report = office.sync()
    assert (report.created, report.verified, report.pending) == (1, 1, 0)
    found = office.select(
        "select coda_row_id, source_table from core.participation where participation_id = :pid", pid=pid
    )
    assert found[0][1] == "participation"
    cells = office.hr.row(found[0][0])
    assert cells[schema.SYNC_ID] == str(pid)
    assert cells[schema.NOTE] == "из приложения"
    assert len(office.hr.row_ids()) == 2
    assert office.is_silent()


def test_without_permission_nothing_is_sent_and_it_is_said_why(office: Office) -> None:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, comment="правка")
    report = office.sync(permission=Permission(is_allowed=False, reasons=("not now",)))
    assert report.nothing_sent_because == ("not now",)
    assert office.states() == []
    assert not office.requests("PUT")


def test_a_deletion_waits_for_a_person_and_then_goes_once(office: Office) -> None:
    row, other = office.hire(2)
    office.pull()
    office.execute("delete from core.participation where coda_row_id = :row", row=row)
    assert office.sync().deleted == 0
    assert set(office.hr.row_ids()) == {row, other}
    assert office.approve() == 1
    report = office.send()
    assert (report.deleted, report.verified) == (1, 1)
    assert office.hr.row_ids() == [other]
    assert office.is_silent()
    assert len(office.requests("DELETE")) == 0


def test_many_deletions_of_our_own_are_not_taken_for_rows_lost(office: Office) -> None:
    office.hire(40)
    office.pull()
    office.execute("delete from core.participation")
    office.sync()
    office.approve()
    report = office.send()
    assert (report.deleted, report.verified) == (40, 40)
    assert office.hr.row_ids() == []
    office.sandbox.settle()
    office.pull()
    assert office.select("select count(*) from sync.held_deletions") == [(0,)]


def test_one_side_each(office: Office) -> None:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    office.hr.edit_row(row, {schema.NOTE: "от кадров"})
    office.sandbox.settle()
    office.sync()
    assert (office.there(row, schema.SHARE), office.there(row, schema.NOTE)) == (0.5, "от кадров")
    assert (office.here(row, "share"), office.here(row, "comment")) == (Decimal("0.5"), "от кадров")
    assert office.conflicts() == []
    assert office.is_silent()


def test_keys_are_filled_in_once_approved(office: Office) -> None:
    rows = office.hire(3)
    office.pull()
    assert office.sync().keyed == 0
    assert office.approve(PlanKind.KEYS) == 3
    report = office.send()
    assert (report.keyed, report.verified) == (3, 3)
    assert all(office.there(row, schema.SYNC_ID) == str(office.id_of(row)) for row in rows)
    assert office.is_silent()


def test_many_keyed_edits_go_in_one_request(office: Office) -> None:
    rows = office.hire(8)
    office.fill_in_keys()
    office.execute("update core.participation set comment = 'всем'")
    office.sandbox.requests.clear()
    office.sync()
    office.approve()
    report = office.send()
    assert (report.updated, report.verified) == (8, 8)
    assert office.requests("POST") == [f"{schema.PARTICIPATION}/rows"]
    assert not office.requests("PUT")
    assert [office.there(row, schema.NOTE) for row in rows] == ["всем"] * 8
    assert office.is_silent()
