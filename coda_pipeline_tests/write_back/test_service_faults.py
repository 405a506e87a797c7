"""The service fails while rows are sent or proved: each row arrives once, or is listed."""

from decimal import Decimal

import pytest

from coda_pipeline.errors import RetriableError
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.write_back.office import Office, catalog, client_of

ROWS = r"Uchastie01/rows"


def edit_one(office: Office) -> str:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    office.pull()
    office.plan()
    return row


def add_one(office: Office) -> None:
    office.hire(1)
    office.pull()
    office.add(role="Тестировщик")
    office.pull()
    office.plan()


def arrived_once(office: Office, row: str) -> None:
    assert office.there(row, schema.SHARE) == 0.5
    assert office.is_all_proved()
    assert office.rejected() == []
    assert office.is_silent()


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_connection_lost_in_mid_request_is_tried_again(office: Office, kind: str) -> None:
    row = edit_one(office)
    fault = office.sandbox.faults.inject(kind, path=ROWS, method="PUT")
    office.send()
    assert fault.hits == 1
    arrived_once(office, row)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_create_whose_answer_was_lost_is_not_doubled(office: Office, kind: str) -> None:
    add_one(office)
    fault = office.sandbox.faults.inject(kind, path=ROWS, method="POST")
    office.send()
    assert fault.hits == 1
    assert len(office.hr.row_ids()) == 2
    assert office.is_silent()


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_what_never_got_an_answer_is_looked_for_before_it_is_sent_again(office: Office, kind: str) -> None:
    add_one(office)
    office.sandbox.faults.inject(kind, path=ROWS, method="POST", times=None)
    with pytest.raises(RetriableError):
        office.send()
    assert office.states() == ["sent"]
    office.sandbox.faults.clear()
    office.sandbox.requests.clear()
    office.wait(60)
    report = office.sync()
    assert report.pending == 0
    sent_again = len(office.requests("POST"))
    assert sent_again == (1 if kind == "drop_before" else 0)
    assert len(office.hr.row_ids()) == 2
    assert office.is_all_proved()
    assert office.is_silent()


def test_a_run_right_after_a_lost_answer_waits_until_reading_can_tell(office: Office) -> None:
    add_one(office)
    office.sandbox.faults.inject("drop_before", path=ROWS, method="POST", times=None)
    with pytest.raises(RetriableError):
        office.send()
    office.sandbox.faults.clear()
    report = office.sync()
    assert (report.created, report.pending) == (1, 0)
    assert len(office.hr.row_ids()) == 2
    assert office.states() == ["superseded", "verified"]
    assert office.is_silent()


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_in_mid_batch_is_waited_out(office: Office, status: int) -> None:
    rows = office.hire(4)
    office.pull()
    for row in rows:
        office.edit(row, comment="правка")
    office.pull()
    office.plan()
    fault = office.sandbox.faults.inject("status", path=ROWS, method="PUT", skip=1, times=2, status=status)
    report = office.send()
    assert fault.hits == 2
    assert (report.updated, report.verified) == (4, 4)
    assert office.is_silent()


def test_a_service_that_stays_away_in_mid_batch_leaves_each_row_known(office: Office) -> None:
    rows = office.hire(4)
    office.pull()
    for row in rows:
        office.edit(row, comment="правка")
    office.pull()
    office.plan()
    office.sandbox.faults.inject("status", path=ROWS, method="PUT", skip=2, times=None, status=503)
    with pytest.raises(RetriableError):
        office.send()
    assert office.states() == ["sent"] * 3
    assert [r for (r,) in office.select("select request_id is null from sync.writes order by 1")] == [
        False,
        False,
        True,
    ]
    office.sandbox.faults.clear()
    report = office.sync()
    assert report.pending == 0
    assert {office.there(row, schema.NOTE) for row in rows} == {"правка"}
    assert office.is_silent()


def test_a_write_that_completes_and_changes_nothing_is_rejected_with_that_reason(office: Office) -> None:
    row = edit_one(office)
    office.sandbox.faults.inject("swallow", path=ROWS, method="PUT")
    report = office.send()
    assert (report.updated, report.verified, report.pending) == (1, 0, 1)
    office.wait(600)
    office.sync()
    (listed,) = office.rejected()
    assert (listed.row_id, listed.fields, listed.reason) == (row, ("share",), "accepted but not applied")
    assert office.here(row, "share") == Decimal("0.5")
    assert office.there(row, schema.SHARE) == 1.0
    assert [row.holds[0].code for row in office.planned() if row.op == "update"] == ["rejected"]
    assert office.is_silent()


def test_a_create_that_completes_and_makes_no_row_is_rejected(office: Office) -> None:
    add_one(office)
    office.sandbox.faults.inject("swallow", path=ROWS, method="POST")
    assert office.send().pending == 1
    office.wait(600)
    office.sync()
    (listed,) = office.rejected()
    assert listed.op == "create"
    assert len(office.hr.row_ids()) == 1
    assert office.is_silent()


@pytest.mark.parametrize(
    "switches", [Switches(early_404_s=20), Switches(early_404_s=1e9), Switches(completed_when="readable")]
)
def test_a_request_that_is_unknown_at_first_or_for_ever_is_proved_by_reading(engine, switches) -> None:
    config = SandboxConfig(content="empty", rates=None, switches=switches)
    with SandboxServer(config) as sandbox, client_of(sandbox) as client:
        office = Office(sandbox, engine, client)
        row = edit_one(office)
        report = office.send()
        assert (report.verified, report.pending) == (1, 0)
        arrived_once(office, row)


def test_a_write_that_takes_minutes_is_proved_by_a_later_run(engine) -> None:
    config = SandboxConfig(content="empty", rates=None, write_delay_s=300)
    with SandboxServer(config) as sandbox, client_of(sandbox) as client:
        office = Office(sandbox, engine, client)
        row = edit_one(office)
        assert office.send(patience_s=60).pending == 1
        office.pull()
        assert office.here(row, "share") == Decimal("0.5")
        assert office.send(patience_s=60).pending == 1
        office.wait(300)
        assert office.sync().pending == 0
        arrived_once(office, row)


def test_a_replica_that_answers_late_undoes_no_proof(office: Office) -> None:
    row = edit_one(office)
    office.send()
    office.sandbox.faults.inject("stale_replica", path=rf"{ROWS}$", method="GET", times=4)
    office.pull()
    assert office.here(row, "share") == Decimal("0.5")
    office.sandbox.faults.clear()
    arrived_once(office, row)


def test_a_stale_replica_is_not_taken_for_an_edit_of_people(office: Office) -> None:
    (row,) = office.hire(1)
    office.pull()
    office.hr.edit_row(row, {schema.SHARE: 0.9})
    office.sandbox.settle()
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    office.pull()
    office.plan()
    office.sandbox.faults.inject("stale_replica", path=rf"{ROWS}$", method="GET", times=3)
    office.send()
    arrived_once(office, row)


def test_one_bad_row_of_a_batch_is_found_and_the_others_arrive(office: Office) -> None:
    rows = office.hire(9)
    office.fill_in_keys()
    office.execute("update core.participation set comment = 'правка'")
    office.pull()
    office.plan()
    office.approve()
    bad = str(office.id_of(rows[4]))
    refuse_rows_with(office, bad)
    report = office.send()
    assert (report.updated, report.verified, report.rejected) == (8, 8, 1)
    (listed,) = office.rejected()
    assert listed.row_id == rows[4]
    assert "Coda refused it" in listed.reason
    assert [office.there(row, schema.NOTE) for row in rows].count("правка") == 8


def refuse_rows_with(office: Office, key: str) -> None:
    """What is planned for that row alone is too big for Coda."""
    office.execute(
        "update sync.plan_rows set cells = cells || jsonb_build_object(:note ::text, :big ::text)"
        " where participation_id = :key",
        note=schema.NOTE,
        big="ы" * 60_000,
        key=key,
    )


def test_a_service_that_refuses_everything_rejects_no_row(office: Office) -> None:
    rows = office.hire(20)
    office.pull()
    office.execute("update core.participation set comment = 'правка'")
    office.pull()
    office.plan()
    office.approve()
    office.sandbox.faults.inject("status", path=ROWS, method="PUT", times=None, status=400)
    report = office.send()
    assert (report.updated, report.rejected, report.pending) == (0, 0, 0)
    assert "Coda refused everything" in report.nothing_sent_because[0]
    assert len(office.requests("PUT")) < len(rows)
    office.sandbox.faults.clear()
    assert office.sync().verified == 20
    assert office.is_silent()


def test_a_catalogue_with_a_short_proof_is_obeyed(office: Office) -> None:
    office.catalog = catalog(write_back={"enabled": True, "proof_timeout_s": 30})
    row = edit_one(office)
    office.sandbox.faults.inject("swallow", path=ROWS, method="PUT")
    assert office.send().rejected == 1
    assert [found.row_id for found in office.rejected()] == [row]
