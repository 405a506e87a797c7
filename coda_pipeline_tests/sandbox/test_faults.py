"""What goes wrong on purpose, as a client sees it."""

import pytest
import requests

from coda_pipeline.sandbox.schema import NOTE
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(429, "Too Many Requests"), (500, "Internal Server Error"), (504, "Gateway Timeout")],
)
def test_a_status_comes_as_often_as_told_and_only_there(
    sandbox: SandboxServer, api: Api, status: int, phrase: str
) -> None:
    fault = sandbox.faults.inject("status", path="rows$", status=status, times=2, skip=1)
    assert api.ask("GET", "/whoami").status_code == 200
    answers = [api.ask("GET", api.rows) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    assert answers[1].json() == {"statusCode": status, "statusMessage": phrase, "message": phrase}
    assert fault.hits == 2


def test_a_429_may_say_when_to_come_back(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("status", status=429, retry_after_s=7)
    assert api.ask("GET", "/whoami").headers["Retry-After"] == "7"


def test_a_connection_dropped_before_a_write_leaves_no_trace(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("drop_before", method="POST")
    with pytest.raises(requests.ConnectionError):
        api.ask("POST", api.rows, json={"rows": [{"cells": [{"column": NOTE, "value": "x"}]}]})
    sandbox.settle()
    assert sandbox.hr.row_ids() == []


def test_a_connection_dropped_after_a_write_was_accepted_leaves_a_row(
    sandbox: SandboxServer, api: Api
) -> None:
    sandbox.faults.inject("drop_after", method="POST")
    with pytest.raises(requests.ConnectionError):
        api.ask("POST", api.rows, json={"rows": [{"cells": [{"column": NOTE, "value": "x"}]}]})
    sandbox.settle()
    assert len(sandbox.hr.row_ids()) == 1
    assert [entry.status for entry in sandbox.requests] == [0]


def test_a_write_may_complete_and_change_nothing(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("swallow", method="POST")
    body = {"rows": [{"cells": [{"column": NOTE, "value": "x"}]}]}
    answer = api.ask("POST", api.rows, json=body)
    assert answer.status_code == 202
    sandbox.settle()
    assert api.ask("GET", f"/mutationStatus/{answer.json()['requestId']}").json()["completed"] is True
    assert sandbox.hr.row_ids() == []


def test_a_body_may_be_cut_in_half(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("truncate", path="rows$")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api.ask("GET", api.rows)
    assert api.ask("GET", api.rows).status_code == 200


@pytest.mark.parametrize("kind", ["html", "broken_json"])
def test_a_body_may_be_no_json(sandbox: SandboxServer, api: Api, kind: str) -> None:
    sandbox.faults.inject(kind)
    answer = api.ask("GET", api.rows)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_page_may_have_no_items(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("no_items", times=2)
    assert "items" not in api.get(api.rows)
    assert "items" not in api.get(f"{api.doc}/tables")


def test_a_page_token_may_come_twice(sandbox: SandboxServer, api: Api) -> None:
    for _ in range(6):
        sandbox.hr.add_row()
    sandbox.settle()
    sandbox.faults.inject("repeat_page_token", path="rows$")
    first = api.get(api.rows, limit=2)
    second = api.get(api.rows, pageToken=first["nextPageToken"])
    assert second["nextPageToken"] == first["nextPageToken"]


def test_a_stale_replica_answers_with_the_row_before_its_last_change(
    sandbox: SandboxServer, api: Api
) -> None:
    row = sandbox.hr.add_participation("Анна", comment="старое")
    sandbox.settle()
    before = api.get(api.rows)["items"]
    sandbox.hr.edit_row(row, {NOTE: "новое"})
    sandbox.settle()
    sandbox.faults.inject("stale_replica", path="rows$")
    assert api.get(api.rows)["items"] == before
    assert api.get(api.rows)["items"][0]["values"][NOTE] == "новое"


def test_the_row_count_may_be_off(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("row_count_off", by=-3, times=None)
    assert [api.get(api.table)["rowCount"] for _ in range(3)] == [-3] * 3
    sandbox.faults.clear()
    assert api.get(api.table)["rowCount"] == 0


def test_somebody_may_act_just_before_a_page_is_answered(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.add_participation("Анна")
    sandbox.settle()

    def emptied() -> None:
        sandbox.hr.clear_table()
        sandbox.settle()

    sandbox.faults.inject("act", path="rows$", skip=1, act=emptied)
    assert [len(api.get(api.rows)["items"]) for _ in range(2)] == [1, 0]


def test_a_slow_answer_comes_all_the_same(sandbox: SandboxServer, api: Api) -> None:
    sandbox.faults.inject("slow", seconds=30, times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(
            f"{sandbox.base_url}/whoami", headers={"Authorization": f"Bearer {sandbox.token}"}, timeout=0.2
        )
    sandbox.faults.inject("slow", seconds=0.01, times=1)
    assert api.get("/whoami")["type"] == "user"
