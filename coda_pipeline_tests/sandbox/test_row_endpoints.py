"""Listing rows: pages, tokens, orders, formats and views."""

from dataclasses import replace

import pytest

from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import (
    ACTIVE,
    NOTE,
    PERSON,
    PROJECT,
    PROJECTS,
    SALARY,
    SHARE,
    SYNC_ID,
    TITLE,
)
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

EMPTY = SandboxConfig(content="empty", rates=None)


def with_switches(**switches: object) -> SandboxConfig:
    return replace(EMPTY, switches=Switches(**switches))


def fill(sandbox: SandboxServer, count: int) -> list[str]:
    ids = []
    for number in range(count):
        ids.append(sandbox.hr.add_participation(f"Человек {number}"))
        sandbox.clock.advance(1)
    sandbox.settle()
    return ids


def test_a_page_has_25_rows_unless_asked_otherwise(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 30)
    assert len(api.get(api.rows)["items"]) == 25


def test_a_limit_above_the_maximum_is_clamped_silently() -> None:
    with SandboxServer(replace(EMPTY, max_page_rows=7)) as sandbox, Api(sandbox) as api:
        ids = fill(sandbox, 20)
        assert len(api.get(api.rows, limit=1000)["items"]) == 7
        assert [row["id"] for row in api.all_rows(limit=1000)] == ids


def test_the_last_page_has_no_token_even_if_it_is_full(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 10)
    first = api.get(api.rows, limit=5)
    second = api.get(api.rows, pageToken=first["nextPageToken"])
    assert len(second["items"]) == 5
    assert "nextPageToken" not in second
    assert "nextPageLink" not in second


def test_with_a_page_token_every_other_parameter_is_ignored(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 10)
    first = api.get(api.rows, limit=3, valueFormat="rich")
    second = api.get(api.rows, pageToken=first["nextPageToken"], limit=1, valueFormat="simple")
    assert len(second["items"]) == 3
    assert second["items"][0]["values"][PERSON]["@type"] == "Person"


def test_even_the_first_page_names_itself_by_a_token(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 3)
    page = api.get(api.rows, limit=2)
    own = page["href"].partition("?pageToken=")[2]
    assert api.get(api.rows, pageToken=own)["items"] == page["items"]


@pytest.mark.parametrize("token", ["nonsense", "eyJhIjoxfQ", "", "ё"])
@pytest.mark.parametrize("parameter", ["pageToken", "syncToken"])
def test_a_token_that_is_not_ours_is_refused(api: Api, parameter: str, token: str) -> None:
    status, body = api.status("GET", api.rows, params={parameter: token})
    assert (status, body["message"]) == (400, "Invalid pageToken.")


def test_a_token_of_another_table_is_refused(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 3)
    page = api.get(api.rows, limit=1)
    others = f"{api.doc}/tables/{PROJECTS}/rows"
    assert api.status("GET", others, params={"pageToken": page["nextPageToken"]})[0] == 400
    assert api.status("GET", others, params={"syncToken": page["nextSyncToken"]})[0] == 400


def test_expired_tokens_are_refused(sandbox: SandboxServer, api: Api) -> None:
    fill(sandbox, 3)
    page = api.get(api.rows, limit=1)
    sandbox.hr.expire_tokens()
    assert api.status("GET", api.rows, params={"pageToken": page["nextPageToken"]})[0] == 400
    assert api.status("GET", api.rows, params={"syncToken": page["nextSyncToken"]})[0] == 400


@pytest.mark.parametrize(
    ("paging", "seen"),
    [("offset", [0, 1, 2, 4, 5]), ("keyset", [0, 1, 2, 3, 4, 5]), ("frozen", [0, 1, 2, 3, 4, 5])],
)
def test_a_deletion_between_pages_shifts_offsets_and_nothing_else(paging: str, seen: list[int]) -> None:
    with SandboxServer(with_switches(paging=paging)) as sandbox, Api(sandbox) as api:
        ids = fill(sandbox, 6)
        first = api.get(api.rows, limit=3)
        sandbox.hr.delete_rows(ids[0])
        sandbox.settle()
        rest = api.all_rows(pageToken=first["nextPageToken"])
        assert [row["id"] for row in [*first["items"], *rest]] == [ids[place] for place in seen]


def test_rows_come_by_creation_and_sorted_when_asked(sandbox: SandboxServer, api: Api) -> None:
    a, b, c = fill(sandbox, 3)
    sandbox.hr.move_row(c, -1)
    sandbox.hr.edit_row(a, {NOTE: "позже"})
    sandbox.settle()
    by_creation = api.get(api.rows)["items"]
    assert [row["id"] for row in by_creation] == [a, b, c]
    assert [row["index"] for row in by_creation] == [1, 2, 0]
    assert [row["id"] for row in api.get(api.rows, sortBy="updatedAt")["items"]] == [b, c, a]
    assert [row["id"] for row in api.get(api.rows, sortBy="natural")["items"]] == [c, a, b]


def test_natural_order_is_for_visible_rows_only(api: Api) -> None:
    status, body = api.status("GET", api.rows, params={"sortBy": "natural", "visibleOnly": "false"})
    assert status == 400
    assert body["message"].startswith("Natural sorting is only available for visible rows")


def test_a_query_compares_plain_text(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна Орлова", project="Обучение", started_on="2024-01-15", share=0.5)
    sandbox.hr.add_participation("Борис Юдин", project="Хакатон")
    sandbox.settle()
    project_id = sandbox.hr.project("Обучение")
    for query in (f'{PERSON}:"Анна Орлова"', '"Проект":"Обучение"', f"{SHARE}:0.5"):
        assert [found["id"] for found in api.get(api.rows, query=query)["items"]] == [row], query
    assert api.get(api.rows, query=f'{PROJECT}:"{project_id}"')["items"] == []
    assert api.status("GET", api.rows, params={"query": 'Проект:"Обучение"'})[0] == 400


def test_values_by_name_change_key_with_the_name(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation(comment="да")
    sandbox.hr.rename_column("Комментарий", "Заметка")
    sandbox.settle()
    assert api.values(row, useColumnNames="true")["Заметка"] == "```да```"


def test_a_relation_shows_the_new_name_of_its_row_without_a_newer_row(
    sandbox: SandboxServer, api: Api
) -> None:
    row = sandbox.hr.add_participation(project="Обучение")
    sandbox.settle()
    before = api.get(f"{api.rows}/{row}", valueFormat="rich")
    sandbox.hr.edit_row(sandbox.hr.project("Обучение"), {TITLE: "Школа"}, PROJECTS)
    sandbox.settle()
    after = api.get(f"{api.rows}/{row}", valueFormat="rich")
    assert after["values"][PROJECT]["name"] == "Школа"
    assert after["updatedAt"] == before["updatedAt"]


def test_a_view_shows_its_rows_and_visible_columns_only(sandbox: SandboxServer, api: Api) -> None:
    open_row = sandbox.hr.add_participation("Анна")
    current = sandbox.hr.add_participation("Борис", ended_on="2026-12-31")
    past = sandbox.hr.add_participation("Вера", ended_on="2024-12-31")
    sandbox.settle()
    view = f"{api.doc}/tables/{ACTIVE}"
    page = api.get(f"{view}/rows")
    assert [row["id"] for row in page["items"]] == [open_row, current]
    assert SALARY not in page["items"][0]["values"]
    assert api.get(view)["rowCount"] == 2
    assert api.status("GET", f"{view}/rows/{past}")[0] == 404
    sandbox.hr.hide_column(NOTE, ACTIVE)
    sandbox.settle()
    assert NOTE not in api.get(f"{view}/rows")["items"][0]["values"]
    assert NOTE in api.get(api.rows)["items"][0]["values"]


def test_a_base_table_hides_its_hidden_columns_only_when_asked(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.add_participation("Анна")
    sandbox.settle()
    assert SYNC_ID in api.get(api.rows)["items"][0]["values"]
    assert SYNC_ID not in api.get(api.rows, visibleOnly="true")["items"][0]["values"]


def test_a_row_goes_by_id_or_by_the_text_of_its_display_column(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_project("Курс / вводный")
    sandbox.settle()
    path = f"{api.doc}/tables/Проекты/rows/Курс%20%2F%20вводный"
    found = api.get(path)
    assert (found["id"], found["name"], found["parent"]["id"]) == (row, "Курс / вводный", PROJECTS)
