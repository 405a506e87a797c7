"""What the client promises about pages, rows and writes, against a service that misbehaves."""

import json
from collections.abc import Callable

import pytest

from coda_pipeline.coda.client import CodaClient
from coda_pipeline.coda.models import Accepted, MutationStatus, ResolvedLink
from coda_pipeline.errors import (
    ExpiredTokenError,
    FatalError,
    NotFoundError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    TokenError,
)
from coda_pipeline_tests.http import scripted
from coda_pipeline_tests.http.scripted import Answer, Script, answer, error

DOC, TABLE = "HrDemoDoc1", "grid-Uchastie01"
ROWS = f"/docs/{DOC}/tables/{TABLE}/rows"


def row(row_id: str, **values: object) -> dict[str, object]:
    return {
        "id": row_id,
        "type": "row",
        "browserLink": f"https://coda.io/d/_d{DOC}#_tu{TABLE}/_ru{row_id}",
        "createdAt": "2026-02-01T09:00:00.000Z",
        "updatedAt": "2026-02-01T09:30:00.000Z",
        "name": "Ада",
        "values": values,
    }


def page(*items: object, token: object = None, sync: str | None = None) -> Answer:
    body: dict[str, object] = {"items": list(items), "href": "https://elsewhere.example/rows"}
    if token is not None:
        body |= {"nextPageToken": token, "nextPageLink": "https://elsewhere.example/rows?pageToken=x"}
    if sync is not None:
        body["nextSyncToken"] = sync
    return answer(body)


@pytest.fixture
def client(script: Script) -> CodaClient:
    return CodaClient(script.transport())


def read(client: CodaClient, **options: object) -> list[str]:
    pages = client.row_pages(DOC, TABLE, **options)  # pyright: ignore[reportArgumentType]
    return [found.id for page in pages for found in page.rows]


def test_pages_follow_the_page_token_alone_on_our_own_base_url(client: CodaClient, script: Script) -> None:
    script.answers = [page(row("i-1"), token="t/1"), page(token="t 2"), page(row("i-2"))]
    assert read(client, limit=2, sync_token="s=1") == ["i-1", "i-2"]
    assert script.paths == [
        f"{ROWS}?valueFormat=rich&limit=2&syncToken=s%3D1",
        f"{ROWS}?pageToken=t%2F1",
        f"{ROWS}?pageToken=t+2",
    ]


def test_an_empty_page_with_a_token_is_not_the_end(client: CodaClient, script: Script) -> None:
    script.answers = [page(token="a"), page(token="b"), page(row("i-1"))]
    assert read(client) == ["i-1"]


def test_pages_come_one_by_one_as_they_are_asked_for(client: CodaClient, script: Script) -> None:
    script.answers = [page(row("i-1"), token="a", sync="s1"), page(row("i-2"), sync="s2")]
    pages = client.row_pages(DOC, TABLE)
    assert next(pages).next_sync_token == "s1"
    assert len(script.seen) == 1
    assert next(pages).next_sync_token == "s2"


@pytest.mark.parametrize("tokens", [("a", "a"), ("a", "b", "a")])
def test_a_page_token_that_comes_again_is_an_error(
    client: CodaClient, script: Script, tokens: tuple[str, ...]
) -> None:
    script.answers = [page(row("i-1"), token=token) for token in tokens]
    with pytest.raises(ProtocolError, match="same page token twice"):
        read(client)
    assert len(script.seen) == len(tokens)


@pytest.mark.parametrize(
    "second",
    [
        answer({"href": "x"}),
        answer({"items": None}),
        answer({"items": {}}),
        answer([]),
        answer(text=b"<html>Sign in</html>"),
        page("no row"),
        page({"id": "i-2"}),
        page({**row("i-2"), "values": []}),
        page({**row("i-2"), "id": 7}),
        page({**row("i-2"), "updatedAt": None}),
        page(row("i-2"), token=5),
        page(row("i-2"), token=""),
    ],
)
def test_what_is_no_page_is_an_error_and_never_the_end_of_the_table(
    client: CodaClient, script: Script, second: Answer
) -> None:
    script.answers = [page(row("i-1"), token="a"), second]
    with pytest.raises(ProtocolError):
        read(client)


@pytest.mark.parametrize("fault", [scripted.short, scripted.drop, scripted.cut_chunks, error(503)])
def test_a_page_that_got_lost_is_fetched_again_and_no_row_twice(
    client: CodaClient, script: Script, fault: Answer
) -> None:
    script.answers = [page(row("i-1"), token="a"), fault, page(row("i-2"))]
    assert read(client) == ["i-1", "i-2"]
    assert script.paths[1] == script.paths[2] == f"{ROWS}?pageToken=a"


def test_unknown_fields_and_values_are_kept_or_ignored(client: CodaClient, script: Script) -> None:
    new = {"@type": "Hologram", "depth": [1, {"x": None}]}
    script.answers = [page({**row("i-1", c=new), "mood": "fine"})]
    assert next(client.row_pages(DOC, TABLE)).rows[0].values == {"c": new}


def test_excluded_columns_are_dropped_from_pages_and_rows(client: CodaClient, script: Script) -> None:
    script.answers = [page(row("i-1", pay=90_000, role="Аналитик"), row("i-2")), answer(row("i-1", pay=1))]
    exclude = frozenset({"pay", "other"})
    found = next(client.row_pages(DOC, TABLE, exclude=exclude)).rows
    assert [dict(each.values) for each in found] == [{"role": "Аналитик"}, {}]
    assert client.row(DOC, TABLE, "i-1", exclude=exclude).values == {}


def test_a_row_shows_no_cell_in_its_repr(client: CodaClient, script: Script) -> None:
    script.answers = [page(row("i-1", c="Иванов"))]
    found = next(client.row_pages(DOC, TABLE))
    assert "Иванов" not in repr(found)
    assert "Иванов" not in repr(found.rows[0])


def test_a_refused_sync_token_is_told_from_other_refusals(client: CodaClient, script: Script) -> None:
    script.answers = [error(400, "Invalid pageToken."), error(400, "limit is out of range")]
    with pytest.raises(ExpiredTokenError, match="in full"):
        read(client, sync_token="old")
    with pytest.raises(RequestRefusedError, match="out of range"):
        read(client)


def test_an_unknown_table_is_told_from_an_unknown_doc(client: CodaClient, script: Script) -> None:
    script.answers = [error(404), answer({"id": DOC, "name": "HR"}), error(404), error(404)]
    with pytest.raises(NotFoundError, match=f"no table {TABLE} in doc {DOC}"):
        client.table(DOC, TABLE)
    with pytest.raises(NotFoundError, match=f"no doc {DOC}"):
        client.table(DOC, TABLE)


def test_after_whoami_errors_name_whose_token_it_is(client: CodaClient, script: Script) -> None:
    script.answers = [answer({"loginId": "hr@example.com", "name": "HR", "scoped": True}), error(401)]
    assert client.whoami().scoped
    with pytest.raises(TokenError, match=r"hr@example\.com"):
        client.doc(DOC)


def test_a_table_without_a_row_count_is_an_error(client: CodaClient, script: Script) -> None:
    script.answers = [answer({"id": TABLE, "name": "Участие", "tableType": "table"})]
    with pytest.raises(ProtocolError, match="rowCount"):
        client.table(DOC, TABLE)


def test_a_column_of_an_unknown_or_missing_type_is_read(client: CodaClient, script: Script) -> None:
    columns = [
        {"id": "c-1", "name": "Новое", "format": {"type": "hologram", "isArray": True, "depth": 3}},
        {"id": "c-2", "name": "Пусто"},
    ]
    script.answers = [page(columns[0], token="a"), page(columns[1])]
    first, second = client.columns(DOC, TABLE)
    assert (first.type, first.is_array, first.format["depth"]) == ("hologram", True, 3)
    assert second.type == "other"


def test_names_in_paths_are_encoded(client: CodaClient, script: Script) -> None:
    script.answers = [error(404), error(404)]
    with pytest.raises(NotFoundError):
        client.table("a/b", "Участие 1")
    assert script.paths[0] == "/docs/a%2Fb/tables/%D0%A3%D1%87%D0%B0%D1%81%D1%82%D0%B8%D0%B5%201"


def test_a_browser_link_leads_to_doc_and_table(client: CodaClient, script: Script) -> None:
    href = f"https://coda.io/apis/v1/docs/{DOC}/tables/{TABLE}"
    script.answers = [answer({"resource": {"type": "table", "id": TABLE, "name": "Участие", "href": href}})]
    found = client.resolve_browser_link("https://coda.io/d/_dX/_suY")
    assert found == ResolvedLink("table", TABLE, "Участие", DOC, TABLE)
    assert script.paths == ["/resolveBrowserLink?url=https%3A%2F%2Fcoda.io%2Fd%2F_dX%2F_suY"]


WRITES: dict[str, tuple[Callable[[CodaClient], Accepted], str, str, object]] = {
    "insert": (
        lambda c: c.upsert_rows(DOC, TABLE, [{"c-1": "ё", "c-2": ["a", "b"]}]),
        "POST",
        ROWS,
        {"rows": [{"cells": [{"column": "c-1", "value": "ё"}, {"column": "c-2", "value": ["a", "b"]}]}]},
    ),
    "upsert": (
        lambda c: c.upsert_rows(DOC, TABLE, [{"c-1": "k"}], key_columns=["c-1"], disable_parsing=True),
        "POST",
        f"{ROWS}?disableParsing=true",
        {"rows": [{"cells": [{"column": "c-1", "value": "k"}]}], "keyColumns": ["c-1"]},
    ),
    "update": (
        lambda c: c.update_row(DOC, TABLE, "i-1", {"c-1": ""}),
        "PUT",
        f"{ROWS}/i-1",
        {"row": {"cells": [{"column": "c-1", "value": ""}]}},
    ),
    "delete": (lambda c: c.delete_row(DOC, TABLE, "i-1"), "DELETE", f"{ROWS}/i-1", None),
    "delete many": (
        lambda c: c.delete_rows(DOC, TABLE, ["i-1", "i-2"]),
        "DELETE",
        ROWS,
        {"rowIds": ["i-1", "i-2"]},
    ),
    "button": (lambda c: c.push_button(DOC, TABLE, "i-1", "c-9"), "POST", f"{ROWS}/i-1/buttons/c-9", None),
}
ONCE_ONLY = {"insert", "button"}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_sent_as_the_service_expects_it(client: CodaClient, script: Script, name: str) -> None:
    act, method, path, body = WRITES[name]
    script.answers = [answer({"requestId": "mutate:1"}, status=202)]
    assert act(client).request_id == "mutate:1"
    assert (script.seen[0].method, script.paths[0]) == (method, path)
    assert (json.loads(script.seen[0].body) if script.seen[0].body else None) == body


@pytest.mark.parametrize("name", WRITES)
def test_a_write_whose_answer_got_lost_is_repeated_only_where_that_is_safe(
    client: CodaClient, script: Script, name: str
) -> None:
    script.answers = [scripted.drop, answer({"requestId": "mutate:2"}, status=202)]
    if name in ONCE_ONLY:
        with pytest.raises(ServiceError, match="may have been applied"):
            WRITES[name][0](client)
        assert len(script.seen) == 1
    else:
        assert WRITES[name][0](client).request_id == "mutate:2"


@pytest.mark.parametrize(
    ("body", "row_ids"),
    [
        ({"requestId": "m", "addedRowIds": ["i-1", "i-2"]}, ("i-1", "i-2")),
        ({"requestId": "m", "rowIds": ["i-3"]}, ("i-3",)),
        ({"requestId": "m", "id": "i-4"}, ("i-4",)),
        ({"requestId": "m", "rowId": "i-5", "columnId": "c-1"}, ("i-5",)),
        ({"requestId": "m"}, ()),
    ],
)
def test_row_ids_come_back_where_the_service_gives_them(
    client: CodaClient, script: Script, body: object, row_ids: tuple[str, ...]
) -> None:
    script.answers = [answer(body, status=202)]
    assert client.upsert_rows(DOC, TABLE, [{"c": 1}]) == Accepted("m", row_ids)


def test_a_write_without_a_request_id_is_an_error(client: CodaClient, script: Script) -> None:
    script.answers = [answer({"id": "i-1"}, status=202)]
    with pytest.raises(ProtocolError, match="requestId"):
        client.delete_row(DOC, TABLE, "i-1")


@pytest.mark.parametrize("rows", [[{"c-1": None}], [{"c-2": "x"}]])
def test_rows_without_a_value_or_a_key_cell_are_refused_before_sending(
    client: CodaClient, script: Script, rows: list[dict[str, str]]
) -> None:
    with pytest.raises(FatalError, match="c-1"):
        client.upsert_rows(DOC, TABLE, rows, key_columns=["c-1"])
    assert script.seen == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"completed": False}, MutationStatus(completed=False)),
        ({"completed": True, "warning": None}, MutationStatus(completed=True)),
        ({"completed": True, "warning": "w"}, MutationStatus(completed=True, warning="w")),
    ],
)
def test_the_state_of_a_write(
    client: CodaClient, script: Script, body: object, status: MutationStatus
) -> None:
    script.answers = [answer(body)]
    assert client.mutation_status("mutate:a/b") == status
    assert script.paths == ["/mutationStatus/mutate%3Aa%2Fb"]
