"""Writing rows: what is accepted, what it comes to, and what silently changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import (
    ACTIONS,
    ACTIVE,
    DAYS,
    DONE,
    HOURS,
    NOTE,
    PERSON,
    PROJECT,
    ROLE,
    SHARE,
    START,
    SYNC_ID,
    TAGS,
)
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

EMPTY = SandboxConfig(content="empty", rates=None)


def cells(**values: object) -> dict[str, Any]:
    return {"cells": [{"column": column, "value": value} for column, value in values.items()]}


def row_of(values: dict[str, object]) -> dict[str, Any]:
    return {"cells": [{"column": column, "value": value} for column, value in values.items()]}


def post(api: Api, *rows: dict[str, object], keys: tuple[str, ...] = (), **params: str) -> tuple[int, Any]:
    body: dict[str, Any] = {"rows": [row_of(row) for row in rows]}
    if keys:
        body["keyColumns"] = list(keys)
    return api.status("POST", api.rows, json=body, params=params)


def put(api: Api, row: str, values: dict[str, object], **params: str) -> tuple[int, Any]:
    return api.status("PUT", f"{api.rows}/{row}", json={"row": row_of(values)}, params=params)


def test_inserts_answer_with_ids_in_request_order(sandbox: SandboxServer, api: Api) -> None:
    status, answer = post(api, {NOTE: "первая"}, {NOTE: "вторая"})
    assert status == 202
    sandbox.settle()
    assert [api.values(row)[NOTE] for row in answer["addedRowIds"]] == ["```первая```", "```вторая```"]


def test_an_upsert_answers_without_ids_and_repeating_it_doubles_nothing(
    sandbox: SandboxServer, api: Api
) -> None:
    for share in (0.5, 0.8):
        status, answer = post(api, {SYNC_ID: "k-1", SHARE: share}, keys=(SYNC_ID,))
        assert (status, list(answer)) == (202, ["requestId"])
        sandbox.settle()
    (row,) = api.get(api.rows)["items"]
    assert row["values"][SHARE] == 0.8


def test_an_upsert_updates_every_row_that_matches(sandbox: SandboxServer, api: Api) -> None:
    first = sandbox.hr.add_participation("Анна", sync_id="k-1")
    copy = sandbox.hr.copy_row(first)
    sandbox.settle()
    post(api, {SYNC_ID: "k-1", NOTE: "всем"}, keys=(SYNC_ID,))
    sandbox.settle()
    assert [api.values(row)[NOTE] for row in (first, copy)] == ["```всем```"] * 2


def test_an_upsert_of_a_row_that_hr_deleted_makes_a_fragment(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна", role="Аналитик", sync_id="k-1")
    sandbox.settle()
    sandbox.hr.delete_rows(row)
    post(api, {SYNC_ID: "k-1", SHARE: 0.5}, keys=(SYNC_ID,))
    sandbox.settle()
    (fragment,) = api.get(api.rows)["items"]
    assert fragment["id"] != row
    assert (fragment["values"][SHARE], fragment["values"][ROLE]) == (0.5, "")


@pytest.mark.parametrize(("switch", "made"), [("two_rows", 2), ("one_row", 1)])
def test_the_same_new_key_twice_in_one_upsert_is_a_switch(switch: str, made: int) -> None:
    config = replace(EMPTY, switches=Switches(same_key_twice=switch))
    with SandboxServer(config) as sandbox, Api(sandbox) as api:
        post(api, {SYNC_ID: "k-1"}, {SYNC_ID: "k-1", NOTE: "ещё"}, keys=(SYNC_ID,))
        sandbox.settle()
        assert len(api.get(api.rows)["items"]) == made


def test_a_row_without_its_key_cell_is_refused(api: Api) -> None:
    assert post(api, {NOTE: "без ключа"}, keys=(SYNC_ID,))[0] == 400


def test_a_formula_column_can_be_no_key_and_is_dropped_as_a_cell(sandbox: SandboxServer, api: Api) -> None:
    assert post(api, {DAYS: 5}, keys=(DAYS,))[0] == 400
    status, answer = post(api, {DAYS: 5, NOTE: "да"})
    assert status == 202
    sandbox.settle()
    assert api.values(answer["addedRowIds"][0])[DAYS] == ""


def test_rows_are_added_to_base_tables_only_but_deleted_through_views_too(
    sandbox: SandboxServer, api: Api
) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    view = f"{api.doc}/tables/{ACTIVE}/rows"
    assert api.status("POST", view, json={"rows": [cells(**{NOTE: "x"})]})[0] == 400
    assert api.status("DELETE", f"{view}/{row}")[0] == 202
    sandbox.settle()
    assert sandbox.hr.row_ids() == []


def test_a_put_changes_the_named_cells_only(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна", role="Аналитик", comment="было")
    sandbox.settle()
    status, answer = put(api, row, {NOTE: ""})
    assert (status, answer["id"]) == (202, row)
    sandbox.settle()
    values = api.values(row)
    assert (values[NOTE], values[ROLE]) == ("", "```Аналитик```")


def test_a_put_to_an_unknown_row_is_refused(api: Api) -> None:
    status, body = put(api, "i-nothing", {NOTE: "x"})
    assert (status, body["message"]) == (404, "Could not find a row with the specified ID or name.")


def test_several_rows_are_deleted_at_once(sandbox: SandboxServer, api: Api) -> None:
    rows = [sandbox.hr.add_participation(f"Человек {number}") for number in range(3)]
    sandbox.settle()
    ids = [rows[0], rows[2], "i-nothing"]
    status, answer = api.status("DELETE", api.rows, json={"rowIds": ids})
    assert (status, answer["rowIds"]) == (202, ids)
    sandbox.settle()
    assert sandbox.hr.row_ids() == [rows[1]]


def test_values_are_taken_as_if_typed_in(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.add_employee("Анна Орлова", "anna@example.com")
    sandbox.hr.add_employee("Борис Юдин")
    project = sandbox.hr.add_project("Обучение")
    sandbox.settle()
    tried: list[tuple[str, object, object]] = [
        (PERSON, "ANNA@example.com", "Анна Орлова"),
        (PERSON, "Борис Юдин", "Борис Юдин"),
        (PERSON, "Кто-то ещё", "Кто-то ещё"),
        (PROJECT, project, "Обучение"),
        (PROJECT, "Обучение", "Обучение"),
        (PROJECT, "обучение", "обучение"),
        (ROLE, "Нет такой роли", "Нет такой роли"),
        (START, "2026-03-02", "2026-03-02T00:00:00.000+03:00"),
        (START, "03/04/2026", "2026-03-04T00:00:00.000+03:00"),
        (START, "04.03.2026", "04.03.2026"),
        (START, 1767225600, 1767225600),
        (START, "2026-02-31", "2026-02-31"),
        (SHARE, "50%", 0.5),
        (HOURS, "7.5", 7.5),
        (HOURS, "по факту", "по факту"),
        (DONE, "true", True),
        (NOTE, 12, "12"),
        (TAGS, ["срочно", ["ключевой"]], "срочно,ключевой"),
    ]
    rows = [post(api, {column: value})[1]["addedRowIds"][0] for column, value, _ in tried]
    sandbox.settle()
    seen = [api.values(row, valueFormat="simple")[tried[place][0]] for place, row in enumerate(rows)]
    assert seen == [expected for _, _, expected in tried]
    roles = next(c for c in api.get(f"{api.table}/columns")["items"] if c["id"] == ROLE)
    assert "Нет такой роли" not in [option["name"] for option in roles["format"]["options"]]


def test_a_relation_that_matches_nothing_stays_as_literal_text(sandbox: SandboxServer, api: Api) -> None:
    _, answer = post(api, {PROJECT: "Такого проекта нет"})
    sandbox.settle()
    assert api.values(answer["addedRowIds"][0])[PROJECT] == "```Такого проекта нет```"
    assert api.get(f"/mutationStatus/{answer['requestId']}")["completed"] is True


def test_without_parsing_relations_and_dates_stay_text(sandbox: SandboxServer, api: Api) -> None:
    project = sandbox.hr.add_project("Обучение")
    sandbox.settle()
    _, answer = post(api, {PROJECT: project, START: "2026-03-02"}, disableParsing="true")
    sandbox.settle()
    values = api.values(answer["addedRowIds"][0])
    assert (values[PROJECT], values[START]) == (f"```{project}```", "```2026-03-02```")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": {}},
        {"rows": [{}]},
        {"rows": [{"cells": [{"column": NOTE}]}]},
        {"rows": [{"cells": [{"column": NOTE, "value": None}]}]},
        {"rows": [{"cells": [{"column": NOTE, "value": {"@type": "Person"}}]}]},
        {"rows": [{"cells": [{"column": NOTE, "value": [[["a"]]]}]}]},
        {"rows": [{"cells": [{"column": NOTE, "value": "x"}]}], "keyColumns": "c"},
    ],
)
def test_a_malformed_body_is_refused(api: Api, body: object) -> None:
    status, answer = api.status("POST", api.rows, json=body)
    assert (status, answer["statusMessage"]) == (400, "Bad Request")


def test_of_three_rows_with_a_bad_one_none_lands(sandbox: SandboxServer, api: Api) -> None:
    body = {"rows": [row_of({NOTE: "a"}), row_of({NOTE: None}), row_of({NOTE: "c"})]}
    assert api.status("POST", api.rows, json=body)[0] == 400
    sandbox.settle()
    assert sandbox.hr.row_ids() == []


def test_a_row_over_85_kb_is_refused_and_a_newline_counts_twice(sandbox: SandboxServer, api: Api) -> None:
    assert post(api, {NOTE: "x" * 85 * 1024})[0] == 202
    status, body = post(api, {NOTE: "x" * 131 * 1024})
    assert (status, body["message"]) == (400, "Row edit of size 131 KB exceeds maximum size of 85 KB.")
    assert post(api, {NOTE: "\n" * 43 * 1024})[0] == 400


def test_a_body_over_2_mb_is_refused_with_400(api: Api) -> None:
    status, body = post(api, *({NOTE: "x" * 80_000} for _ in range(27)))
    assert (status, body["message"]) == (400, "request entity too large")


def test_a_button_is_pushed_each_time(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_row({"Действие": "Обновить"}, ACTIONS)
    sandbox.settle()
    path = f"{api.doc}/tables/{ACTIONS}/rows/{row}"
    for _ in range(2):
        status, answer = api.status("POST", f"{path}/buttons/Запустить")
        assert (status, answer["rowId"], answer["columnId"]) == (202, row, "c-Button0001")
        sandbox.settle()
    assert api.get(path)["values"]["c-Presses001"] == 2
    assert sandbox.world.main.presses == [(row, "c-Button0001")] * 2
    assert api.status("POST", f"{path}/buttons/Действие")[0] == 400


def test_an_automation_is_only_queued(api: Api) -> None:
    status, answer = api.status("POST", f"{api.doc}/hooks/automation/grid-auto-Rule001", json={"a": 1})
    assert status == 202
    assert answer["requestId"]


def test_a_column_made_a_formula_takes_no_value_and_is_no_key(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_row({SYNC_ID: "before"})
    sandbox.hr.make_formula(SYNC_ID)
    sandbox.settle()
    assert put(api, row, {SYNC_ID: "after"})[0] == 202
    assert post(api, {SYNC_ID: "after"}, keys=(SYNC_ID,))[0] == 400
    sandbox.settle()
    assert sandbox.hr.row(row)[SYNC_ID] == "before"
