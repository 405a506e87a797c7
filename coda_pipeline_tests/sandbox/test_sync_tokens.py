"""Deltas: what a sync token reports, and what it never does."""

from dataclasses import replace

import pytest

from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import DAYS, NOTE
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

DAY_S = 86_400


def test_a_fresh_token_gives_nothing_and_a_new_token(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.add_participation("Анна")
    sandbox.settle()
    token = api.get(api.rows)["nextSyncToken"]
    delta = api.get(api.rows, syncToken=token)
    assert delta["items"] == []
    assert api.get(api.rows, syncToken=delta["nextSyncToken"])["items"] == []


def test_a_delta_has_new_and_edited_rows(sandbox: SandboxServer, api: Api) -> None:
    rows = [sandbox.hr.add_participation(f"Человек {number}") for number in range(4)]
    sandbox.settle()
    token = api.get(api.rows)["nextSyncToken"]
    sandbox.hr.edit_row(rows[2], {NOTE: "новое"})
    added = sandbox.hr.add_participation("Новая")
    sandbox.settle()
    assert [row["id"] for row in api.all_rows(syncToken=token, limit=1)] == [rows[2], added]


def test_deletions_are_never_reported(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    token = api.get(api.rows)["nextSyncToken"]
    sandbox.hr.delete_rows(row)
    sandbox.settle()
    assert api.get(api.rows, syncToken=token)["items"] == []
    assert api.get(api.table)["rowCount"] == 0


def test_a_restored_row_is_reported_with_its_old_id_and_creation(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    before = api.get(api.rows)
    sandbox.hr.delete_rows(row)
    sandbox.settle()
    sandbox.hr.restore_rows(row)
    sandbox.settle()
    after = api.get(api.rows, syncToken=before["nextSyncToken"])["items"]
    assert [found["id"] for found in after] == [row]
    assert after[0]["createdAt"] == before["items"][0]["createdAt"]


@pytest.mark.parametrize(("counts", "reported"), [(False, 0), (True, 1)])
def test_calculated_values_change_no_updated_at_and_count_only_by_a_switch(
    counts: bool, reported: int
) -> None:
    config = SandboxConfig(content="empty", rates=None, switches=Switches(calculated_in_delta=counts))
    with SandboxServer(config) as sandbox, Api(sandbox) as api:
        sandbox.hr.add_participation("Анна", ended_on="2026-12-31")
        sandbox.settle()
        before = api.get(api.rows)
        sandbox.clock.advance(DAY_S)
        assert api.get(api.rows)["items"] == before["items"], "formulas are as fresh as the last edit"
        sandbox.hr.touch()
        sandbox.settle()
        after = api.get(api.rows)["items"][0]
        assert after["values"][DAYS] == before["items"][0]["values"][DAYS] - 1
        assert after["updatedAt"] == before["items"][0]["updatedAt"]
        assert len(api.get(api.rows, syncToken=before["nextSyncToken"])["items"]) == reported


@pytest.mark.parametrize(("of", "reported"), [("first_page", 1), ("each_page", 0)])
def test_an_edit_between_pages_is_in_the_next_delta_of_the_first_pages_token(of: str, reported: int) -> None:
    config = SandboxConfig(content="empty", rates=None)
    with SandboxServer(replace(config, switches=Switches(sync_token_of=of))) as sandbox, Api(sandbox) as api:
        rows = [sandbox.hr.add_participation(f"Человек {number}") for number in range(4)]
        sandbox.settle()
        first = api.get(api.rows, limit=2)
        sandbox.hr.edit_row(rows[0], {NOTE: "между страницами"})
        sandbox.settle()
        last = api.get(api.rows, pageToken=first["nextPageToken"])
        assert len(api.get(api.rows, syncToken=first["nextSyncToken"])["items"]) == 1
        assert len(api.get(api.rows, syncToken=last["nextSyncToken"])["items"]) == reported
