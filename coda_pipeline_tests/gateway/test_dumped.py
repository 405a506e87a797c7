"""What only a dump tells of, in the application's API and on HR's pages: shown and edited, and never sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.gateway_pages.scene import Browser, token_of
from coda_pipeline_tests.participation.dumps import Dumped

LINE = {"person": "Анна Белова", "activity": "Обучение", "role": "аналитик", "started_on": "2024-02-01"}
PATH = "/v1/participation"


@pytest.fixture
def dumped(engine: Engine, tmp_path: Path) -> Dumped:
    """A dump of three lines: two that are alike, and one of a manager."""
    table = Dumped(engine, tmp_path)
    table.dump(LINE, LINE, LINE | {"role": "менеджер"})
    table.sync()
    return table


@pytest.fixture
def served(engine: Engine, dumped: Dumped) -> Iterator[Served]:
    with serving(gateway_on(engine, dumped.catalog)) as found:
        yield found


def test_the_api_says_that_it_is_never_sent_before_and_after_an_edit(dumped: Dumped, served: Served) -> None:
    caller = served.caller("read", "write")
    (record,) = caller.get(PATH, role="менеджер").json()["items"]
    local = {"state": "local", "reason": "known from the dump only: it is never sent to Coda"}
    assert record["sync"] == local | {"coda_url": None}
    assert (record["source"], record["source_table"]) == ("dump", "participation_dump")
    headers = {"If-Match": f'"{record["version"]}"'}
    body = {"share": 0.5}
    edited = caller.call("PATCH", f"{PATH}/{record['participation_id']}", json=body, headers=headers)
    assert (edited.status_code, edited.json()["share"]) == (200, 0.5)
    assert edited.json()["sync"]["state"] == "local"
    dumped.sync()
    assert plan_participation(dumped.engine, dumped.catalog, run_id="plan").by_op == dict.fromkeys(
        ("create", "update", "delete", "key"), 0
    )
    dumped.dump(LINE, LINE)
    dumped.sync()
    again = caller.get(f"{PATH}/{record['participation_id']}").json()
    assert (again["share"], again["sync"]["state"]) == (0.5, "conflict")


def test_the_pages_show_it_without_a_link_and_ask_about_a_line_that_went(
    dumped: Dumped, served: Served
) -> None:
    dumped.execute("update core.participation set share = 0.5 where role = 'менеджер'")
    dumped.sync()
    dumped.dump(LINE, LINE)
    dumped.sync()
    hr = Browser(served.base_url, **{"Accept-Language": "ru"})
    assert hr.sign_in(token_of(dumped.engine)).status_code == 200
    pages = {path: hr.get(path).text for path in ("/", "/duplicates", "/conflicts", "/plans")}
    hr.close()
    assert "та же строка ещё раз в выгрузке" in pages["/duplicates"]
    assert "В новой выгрузке этой строки больше нет" in pages["/conflicts"]
    assert "Создать строку в Coda снова" not in pages["/conflicts"]
