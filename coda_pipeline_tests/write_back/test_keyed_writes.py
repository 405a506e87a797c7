"""HR at work in what a bulk write relies on: the key column, and the rows that it names."""

import pytest

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.write_back.office import Office

ROWS = r"Uchastie01/rows"


def keyed_edits(office: Office) -> list[str]:
    rows = office.hire(7)
    office.fill_in_keys()
    office.execute("update core.participation set comment = 'всем'")
    office.add(role="Тестировщик")
    office.pull()
    office.plan()
    office.approve()
    return rows


def test_a_fragment_of_a_bulk_write_is_found_and_never_a_participation(office: Office) -> None:
    rows = office.hire(8)
    office.fill_in_keys()
    office.execute("update core.participation set comment = 'всем'")
    office.pull()
    office.plan()
    office.approve()
    office.sandbox.faults.inject(
        "act", path=f"{ROWS}$", method="POST", act=lambda: office.hr.delete_rows(rows[2])
    )
    office.send()
    office.sandbox.settle()
    office.sync()
    fragment = (set(office.hr.row_ids()) - set(rows)).pop()
    assert [kind for kind, *_ in office.conflicts()] == ["fragment"]
    assert office.select(
        "select count(*) from core.participation where coda_row_id = :row", row=fragment
    ) == [(0,)]
    assert [office.there(row, schema.NOTE) for row in rows if row != rows[2]] == ["всем"] * 7
    assert office.is_all_proved()
    assert office.is_silent()


@pytest.mark.parametrize("act", ["rename", "hide"])
def test_a_key_column_renamed_or_hidden_changes_nothing(office: Office, act: str) -> None:
    rows = keyed_edits(office)
    if act == "rename":
        office.hr.rename_column(schema.SYNC_ID, "Не трогать")
    else:
        office.hr.hide_column(schema.SYNC_ID)
    office.sandbox.settle()
    report = office.send()
    assert (report.created, report.updated, report.verified) == (1, 7, 8)
    assert {office.there(row, schema.NOTE) for row in rows} == {"всем"}
    assert office.is_silent()


@pytest.mark.parametrize("act", ["formula", "removed"])
def test_without_a_key_column_edits_go_one_by_one_and_creates_wait(office: Office, act: str) -> None:
    rows = keyed_edits(office)
    if act == "formula":
        office.hr.make_formula(schema.SYNC_ID)
    else:
        office.hr.remove_column(schema.SYNC_ID)
    office.sandbox.settle()
    report = office.send()
    assert (report.created, report.updated) == (0, 7)
    assert {office.there(row, schema.NOTE) for row in rows} == {"всем"}
    assert report.nothing_sent_because
    assert office.rejected() == []
    assert len(office.hr.row_ids()) == 7
