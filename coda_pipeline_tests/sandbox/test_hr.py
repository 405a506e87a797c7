"""The acts of HR, in process and over HTTP."""

from datetime import date

import pytest
import requests

from coda_pipeline.sandbox.cells import Person, RowRef
from coda_pipeline.sandbox.schema import (
    END,
    HOURS,
    NOTE,
    PERSON,
    PROJECT,
    PROJECTS,
    ROLE,
    SHARE,
    START,
    SYNC_ID,
    TAGS,
)
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api


def test_a_participation_is_added_with_simple_values(sandbox: SandboxServer) -> None:
    row = sandbox.hr.add_participation(
        "Анна Орлова",
        "anna@example.com",
        project="Обучение",
        role="Аналитик",
        started_on="2024-01-15",
        ended_on=date(2024, 6, 30),
        share=0.5,
        sync_id="k-1",
        **{TAGS: ["срочно"]},
    )
    assert sandbox.hr.row(row) == {
        PERSON: Person("Анна Орлова", "anna@example.com"),
        PROJECT: RowRef(PROJECTS, sandbox.hr.project("Обучение")),
        ROLE: "Аналитик",
        START: date(2024, 1, 15),
        END: date(2024, 6, 30),
        SHARE: 0.5,
        SYNC_ID: "k-1",
        TAGS: ("срочно",),
    }


def test_two_projects_may_have_one_name(sandbox: SandboxServer) -> None:
    first, second = sandbox.hr.add_project("Обучение"), sandbox.hr.add_project("Обучение")
    row = sandbox.hr.add_participation("Анна", project=second)
    assert sandbox.hr.project("Обучение") == first
    assert sandbox.hr.row(row)[PROJECT] == RowRef(PROJECTS, second)


def test_columns_go_by_name_or_id_and_blank_empties(sandbox: SandboxServer) -> None:
    row = sandbox.hr.add_row({"Сотрудник": {"name": "Анна", "email": None}, "Часы": "по факту", NOTE: "x"})
    sandbox.hr.edit_row(row, {"Комментарий": "", HOURS: None})
    assert sandbox.hr.row(row) == {PERSON: Person("Анна")}


def test_a_copy_has_everything_and_is_a_row_of_its_own(sandbox: SandboxServer) -> None:
    row = sandbox.hr.add_participation("Анна", sync_id="k-1", started_on="2024-01-15")
    copy = sandbox.hr.copy_row(row, {START: "2025-01-15"})
    assert copy != row
    assert sandbox.hr.row(copy) == sandbox.hr.row(row) | {START: date(2025, 1, 15)}


def test_two_rows_swap_a_cell(sandbox: SandboxServer) -> None:
    a = sandbox.hr.add_participation("Анна", role="Аналитик")
    b = sandbox.hr.add_participation("Анна")
    sandbox.hr.swap(a, b, "Роль")
    assert (ROLE in sandbox.hr.row(a), sandbox.hr.row(b)[ROLE]) == (False, "Аналитик")


def test_deleted_rows_come_back_as_they_were(sandbox: SandboxServer, api: Api) -> None:
    rows = [sandbox.hr.add_participation(f"Человек {number}") for number in range(3)]
    before = sandbox.hr.row(rows[1])
    sandbox.hr.delete_rows(rows[:2])
    assert sandbox.hr.row_ids() == [rows[2]]
    sandbox.hr.restore_rows(rows[:2])
    assert (sandbox.hr.row_ids(), sandbox.hr.row(rows[1])) == (rows, before)
    sandbox.settle()
    assert [row["id"] for row in api.get(api.rows)["items"]] == rows


def test_columns_come_and_go_and_their_cells_with_them(sandbox: SandboxServer, api: Api) -> None:
    added = sandbox.hr.add_column("Новое", "number")
    row = sandbox.hr.add_row({added: 5})
    sandbox.hr.retype_column(added, "text")
    sandbox.settle()
    assert api.get(f"{api.table}/columns/{added}")["format"] == {"type": "text", "isArray": False}
    removed = sandbox.hr.remove_column("Новое")
    sandbox.settle()
    assert added not in api.values(row)
    sandbox.hr.restore_column(removed)
    sandbox.settle()
    assert api.values(row)[added] == 5


def test_tables_are_renamed_and_removed(sandbox: SandboxServer, api: Api) -> None:
    sandbox.hr.rename_table("Участие 2")
    sandbox.hr.remove_table("table-Active0001")
    sandbox.settle()
    names = {table["name"] for table in api.get(f"{api.doc}/tables")["items"]}
    assert "Участие 2" in names
    assert "Участие: активные" not in names


def test_what_hr_does_not_see_is_an_error_of_the_test(sandbox: SandboxServer) -> None:
    with pytest.raises(KeyError, match="i-nothing"):
        sandbox.hr.edit_row("i-nothing", {NOTE: "x"})
    with pytest.raises(KeyError, match="Нет такой"):
        sandbox.hr.add_row({"Нет такой": 1})


def test_other_processes_act_over_http(sandbox: SandboxServer, api: Api) -> None:
    root = sandbox.base_url.removesuffix("/apis/v1") + "/_sandbox"

    def send(method: str, path: str, body: object = None) -> object:
        answer = requests.request(method, f"{root}/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    added = send(
        "POST", "acts/add_participation", {"person": "Анна", "email": "anna@example.com", "project": "Клуб"}
    )
    row = added["result"]
    send(
        "POST", "acts/edit_row", {"row_id": row, "values": {"Роль": "Аналитик", "Дата начала": "2024-01-15"}}
    )
    send("POST", "acts/rename_column", {"column": "Комментарий", "name": "Заметка"})
    assert send("POST", "acts/row", {"row_id": row})["result"][ROLE] == "Аналитик"
    assert send("GET", "state")["is_behind"] is True
    send("POST", "settle")
    assert send("GET", "state")["row_counts"]["grid-Uchastie01"] == 1
    assert api.values(row)[ROLE] == "```Аналитик```"
    removed = send("POST", "acts/remove_column", {"column": "Заметка"})["result"]
    assert removed == NOTE
    now = send("GET", "state")["now"]
    assert send("POST", "clock/advance", {"seconds": 5})["now"] > now
    send("POST", "faults", {"kind": "status", "status": 500, "path": "whoami"})
    assert api.ask("GET", "/whoami").status_code == 500
    send("POST", "faults", {"kind": "status", "status": 500})
    send("DELETE", "faults")
    assert api.ask("GET", "/whoami").status_code == 200
    assert [entry["status"] for entry in send("GET", "requests")] == [200, 500, 200]
    send("DELETE", "requests")
    assert len(sandbox.requests) == 0
    send("POST", "limits", {"on": True})
    assert sandbox.limits.rates is not None
    send("POST", "limits", {"on": False})
    assert sandbox.limits.rates is None


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("acts/burn_down", {}, 400, "unknown act burn_down"),
        ("acts/edit_row", {"row_id": "i-nothing", "values": {}}, 400, "i-nothing"),
        ("acts/edit_row", {"wrong": 1}, 400, "wrong"),
        ("faults", {"kind": "earthquake"}, 400, "unknown failure earthquake"),
        ("nothing", {}, 404, "nothing"),
    ],
)
def test_a_mistaken_act_says_what_is_wrong(
    sandbox: SandboxServer, path: str, body: object, status: int, text: str
) -> None:
    root = sandbox.base_url.removesuffix("/apis/v1") + "/_sandbox"
    answer = requests.post(f"{root}/{path}", json=body, timeout=10)
    assert answer.status_code == status
    assert text in answer.json()["error"]
