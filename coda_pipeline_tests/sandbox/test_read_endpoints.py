"""Docs, tables, columns and links."""

from dataclasses import replace

import pytest

from coda_pipeline.catalog import DEMO_CATALOG, load_catalog
from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import (
    ACTIVE,
    DAYS,
    DONE,
    HR_DOC_ID,
    PARTICIPATION,
    PARTICIPATION_COLUMNS,
    PROJECT,
    SALARY,
    TAGS,
)
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api


def test_ids_are_those_of_the_demo_catalogue(api: Api) -> None:
    catalog = load_catalog(DEMO_CATALOG)
    (doc,) = catalog.coda.docs
    assert doc.id == HR_DOC_ID
    for table in doc.tables:
        columns = {c["id"] for c in api.get(f"{api.doc}/tables/{table.id}/columns", limit=100)["items"]}
        assert set(table.exclude) <= columns
    (source,) = catalog.participation.sources
    assert set(source.fields.mapped.values()) <= {column.id for column in PARTICIPATION_COLUMNS}


def test_tables_are_listed_as_references_with_their_type(api: Api) -> None:
    items = api.get(f"{api.doc}/tables")["items"]
    assert {item["tableType"] for item in items} == {"table", "view"}
    assert all("rowCount" not in item for item in items)
    views = api.get(f"{api.doc}/tables", tableTypes="view")["items"]
    assert [view["id"] for view in views] == [ACTIVE]
    names = [item["name"] for item in api.get(f"{api.doc}/tables", sortBy="name")["items"]]
    assert names == sorted(names)


def test_short_lists_have_pages_too(api: Api) -> None:
    first = api.get(f"{api.doc}/tables", limit=2)
    rest = api.get(f"{api.doc}/tables", pageToken=first["nextPageToken"], limit=100)
    assert len(rest["items"]) == 2
    columns = api.get(f"{api.table}/columns", limit=10)
    more = api.get(f"{api.table}/columns", pageToken=columns["nextPageToken"])
    assert len(more["items"]) == len(PARTICIPATION_COLUMNS) - 10
    assert api.status("GET", f"{api.doc}/tables", params={"pageToken": columns["nextPageToken"]})[0] == 400


def test_a_view_names_its_base_table(api: Api) -> None:
    view = api.get(f"{api.doc}/tables/{ACTIVE}")
    assert (view["tableType"], view["parentTable"]["id"]) == ("view", PARTICIPATION)
    assert "parentTable" not in api.get(api.table)


def test_columns_say_what_applies_and_nothing_else(api: Api) -> None:
    columns = {c["id"]: c for c in api.get(f"{api.table}/columns", limit=100)["items"]}
    assert columns[DAYS]["calculated"] is True
    assert columns[DAYS]["formula"] == "[Дата окончания] - Today()"
    assert "calculated" not in columns[DONE]
    assert columns[PROJECT]["format"]["table"]["name"] == "Проекты"
    assert columns[TAGS]["format"]["isArray"] is True
    assert columns[SALARY]["format"]["currencyCode"] == "RUB"
    assert [c["id"] for c in columns.values() if c.get("display")] == ["c-Person0001"]


def test_a_view_lists_its_visible_columns(sandbox: SandboxServer, api: Api) -> None:
    path = f"{api.doc}/tables/{ACTIVE}/columns"
    assert SALARY not in {c["id"] for c in api.get(path, limit=100)["items"]}
    assert api.status("GET", f"{path}/{SALARY}")[0] == 404
    assert api.get(f"{api.table}/columns/{SALARY}")["parent"]["id"] == PARTICIPATION
    hidden = api.get(f"{api.table}/columns", limit=100, visibleOnly="true")["items"]
    assert DAYS not in {c["id"] for c in hidden}


@pytest.mark.parametrize(("switch", "status"), [("refuse", 400), ("clamp", 200)])
def test_a_columns_limit_over_100_is_a_switch(switch: str, status: int) -> None:
    config = SandboxConfig(content="empty", rates=None, switches=Switches(columns_over_limit=switch))
    with SandboxServer(config) as sandbox, Api(sandbox) as api:
        for number in range(110):
            sandbox.hr.add_column(f"Поле {number}")
        sandbox.settle()
        answer = api.ask("GET", f"{api.table}/columns", params={"limit": 101})
        assert answer.status_code == status
        assert len(api.get(f"{api.table}/columns", limit=100)["items"]) == 100


def test_a_doc_shows_its_size_with_a_field_that_no_specification_has(
    sandbox: SandboxServer, api: Api
) -> None:
    sandbox.hr.add_participation("Анна", project="Обучение")
    sandbox.settle()
    size = api.get(api.doc)["docSize"]
    assert (size["totalRowCount"], size["baseTableCount"], size["overApiSizeLimit"]) == (2, 5, False)
    sandbox.world.main.over_size = True
    assert api.get("/docs")["items"][0]["docSize"]["overApiSizeLimit"] is True


def test_links_of_people_resolve_to_what_they_show(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation("Анна")
    sandbox.settle()
    link = api.get(f"{api.rows}/{row}")["browserLink"]
    assert api.get("/resolveBrowserLink", url=link)["resource"] == {
        "type": "row",
        "id": row,
        "href": f"{sandbox.base_url}{api.rows}/{row}",
    }
    table = api.get(api.table)["browserLink"]
    assert api.get("/resolveBrowserLink", url=table)["resource"]["id"] == PARTICIPATION
    for doc_link in ("https://coda.io/d/_dHrDemoDoc1", "https://coda.io/d/Kadry_dHrDemoDoc1/Main_su1"):
        assert api.get("/resolveBrowserLink", url=doc_link)["resource"]["id"] == HR_DOC_ID
    assert api.status("GET", "/resolveBrowserLink", params={"url": "https://example.com"})[0] == 400
    gone = {"url": f"{table}/_rui-nothing"}
    assert api.status("GET", "/resolveBrowserLink", params=gone)[0] == 404
    assert api.get("/resolveBrowserLink", **gone, degradeGracefully="true")["resource"]["type"] == "table"
    archive = {"url": "https://coda.io/d/_dHrArchive2"}
    assert api.status("GET", "/resolveBrowserLink", params=archive)[0] == 404


def test_links_may_carry_another_host() -> None:
    config = SandboxConfig(content="empty", rates=None, link_base="http://elsewhere.invalid/apis/v1")
    with SandboxServer(replace(config, max_page_rows=1)) as sandbox, Api(sandbox) as api:
        for _ in range(2):
            sandbox.hr.add_row()
        sandbox.settle()
        assert api.get(api.rows)["nextPageLink"].startswith("http://elsewhere.invalid/apis/v1/docs/")
