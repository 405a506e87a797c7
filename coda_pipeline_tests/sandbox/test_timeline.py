"""Stale reads, delayed writes, and the freshness header."""

from dataclasses import replace

import pytest

from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import NOTE, PROJECTS, TITLE
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

EMPTY = SandboxConfig(content="empty", rates=None)


def insert(api: Api, note: str = "из программы") -> tuple[str, str]:
    body = {"rows": [{"cells": [{"column": NOTE, "value": note}]}]}
    status, answer = api.status("POST", api.rows, json=body)
    assert status == 202, answer
    return answer["requestId"], answer["addedRowIds"][0]


def test_people_see_an_edit_at_once_and_the_api_half_a_minute_later(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна")
    assert sandbox.hr.row_ids() == [row]
    sandbox.clock.advance(29)
    assert api.get(api.rows)["items"] == []
    assert api.get(api.table)["rowCount"] == 0
    sandbox.clock.advance(1)
    assert [found["id"] for found in api.get(api.rows)["items"]] == [row]


def test_columns_are_as_old_as_rows(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.rename_column("Комментарий", "Заметка")
    names = {column["name"] for column in api.get(f"{api.table}/columns")["items"]}
    assert "Заметка" not in names
    sandbox.settle()
    names = {column["name"] for column in api.get(f"{api.table}/columns")["items"]}
    assert "Заметка" in names


def test_a_write_is_accepted_then_applied_then_readable(sandbox: SandboxServer, api: Api) -> None:
    request_id, row = insert(api)
    assert request_id.startswith("mutate:")
    status = f"/mutationStatus/{request_id}"
    assert api.get(status) == {"completed": False, "warning": None}
    assert sandbox.hr.row_ids() == []
    sandbox.clock.advance(10)
    assert api.get(status)["completed"] is True
    assert sandbox.hr.row_ids() == [row]
    assert api.status("GET", f"{api.rows}/{row}")[0] == 404
    sandbox.clock.advance(30)
    assert api.values(row)[NOTE] == "```из программы```"


def test_completed_may_also_mean_readable() -> None:
    switches = Switches(completed_when="readable", warning_null=False)
    with SandboxServer(replace(EMPTY, switches=switches)) as sandbox, Api(sandbox) as api:
        request_id, _ = insert(api)
        sandbox.clock.advance(39)
        assert api.get(f"/mutationStatus/{request_id}") == {"completed": False}
        sandbox.clock.advance(1)
        assert api.get(f"/mutationStatus/{request_id}") == {"completed": True}


def test_an_early_question_may_be_answered_404() -> None:
    with SandboxServer(replace(EMPTY, switches=Switches(early_404_s=3))) as sandbox, Api(sandbox) as api:
        request_id, _ = insert(api)
        assert api.status("GET", f"/mutationStatus/{request_id}")[0] == 404
        sandbox.clock.advance(3)
        assert api.get(f"/mutationStatus/{request_id}")["completed"] is False


def test_a_request_id_is_known_for_a_day(sandbox: SandboxServer, api: Api) -> None:
    request_id, _ = insert(api)
    sandbox.clock.advance(86_000)
    assert api.get(f"/mutationStatus/{request_id}")["completed"] is True
    sandbox.clock.advance(500)
    assert api.status("GET", f"/mutationStatus/{request_id}")[0] == 404
    assert api.status("GET", "/mutationStatus/mutate:unknown")[0] == 404


def test_a_write_to_a_row_that_hr_just_deleted_is_accepted_and_changes_nothing(
    sandbox: SandboxServer, api: Api
) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    sandbox.hr.delete_rows(row)
    body = {"row": {"cells": [{"column": NOTE, "value": "поздно"}]}}
    status, answer = api.status("PUT", f"{api.rows}/{row}", json=body)
    assert status == 202
    sandbox.settle()
    assert api.get(f"/mutationStatus/{answer['requestId']}")["completed"] is True
    assert sandbox.hr.row_ids() == []


def test_of_two_edits_the_later_one_stays(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    api.status("PUT", f"{api.rows}/{row}", json={"row": {"cells": [{"column": NOTE, "value": "программа"}]}})
    sandbox.clock.advance(5)
    sandbox.hr.edit_row(row, {NOTE: "человек"})
    sandbox.settle()
    assert api.values(row)[NOTE] == "```программа```", "the write reached the doc after the person's edit"


def test_latest_fails_while_any_edit_is_on_its_way(sandbox: SandboxServer, api: Api) -> None:
    latest = {"X-Coda-Doc-Version": "latest"}
    assert api.status("GET", api.rows, headers=latest)[0] == 200
    sandbox.hr.add_row({TITLE: "Обучение"}, PROJECTS)
    status, body = api.status("GET", api.rows, headers=latest)
    assert (status, body["message"]) == (400, "Doc is not yet up to date.")
    sandbox.settle()
    assert api.status("GET", api.rows, headers=latest)[0] == 200


@pytest.mark.parametrize(("version", "status"), [("17", 400), ("newest", 400), ("", 200)])
def test_any_other_version_always_fails(api: Api, version: str, status: int) -> None:
    assert api.status("GET", api.rows, headers={"X-Coda-Doc-Version": version})[0] == status


def test_a_fast_clock_needs_no_hand() -> None:
    config = replace(EMPTY, snapshot_lag_s=30)
    with SandboxServer(config, clock=ScaledClock(1_000_000)) as sandbox, Api(sandbox) as api:
        row = sandbox.hr.add_participation("Анна")
        while not api.get(api.rows)["items"]:
            pass
        assert api.get(api.rows)["items"][0]["id"] == row
