"""Pressing the button: who may, what is kept of a press, and which request answers it."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.warehouse.trigger_runs import ReadOutcome, begin_read, close_read
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving

ROW = "https://coda.io/d/HR-2024_ddoc1/x#_tugrid-1/_rui-1"
NAMES = ["Ёлкина Алёна 🎄", "<script>alert(1)</script>", "o'Brien; drop table ops.tokens --"]


def requests_in(engine: Engine) -> list[tuple]:
    with engine.connect() as conn:
        query = "select state, presses, attempt from ops.trigger_requests order by requested_at"
        return [tuple(row) for row in conn.execute(text(query))]


def test_a_press_is_stored_before_it_is_answered(served: Served, engine: Engine):
    answer = served.caller("trigger").press()
    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["coalesced"]) == ("queued", False)
    assert told["status_url"] == f"/v1/sync/requests/{told['request_id']}"
    assert requests_in(engine) == [("queued", 1, 1)]


def test_who_presses_while_a_request_is_queued_joins_it(served: Served, engine: Engine):
    caller = served.caller("trigger")
    first, second = caller.press().json(), caller.press().json()
    assert second["request_id"] == first["request_id"]
    assert second["coalesced"]
    assert requests_in(engine) == [("queued", 2, 1)]


def test_presses_during_a_read_start_exactly_one_more(served: Served, engine: Engine):
    caller = served.caller("trigger")
    first = caller.press().json()["request_id"]
    with engine.begin() as conn:
        begin_read(conn, "run 1")
    during = {caller.press().json()["request_id"] for _ in range(5)}
    assert len(during) == 1
    assert first not in during
    assert requests_in(engine) == [("running", 1, 1), ("queued", 5, 1)]
    with engine.begin() as conn:
        close_read(conn, "run 1", ReadOutcome(), lag_s=30)
    assert requests_in(engine) == [("succeeded", 1, 1), ("queued", 5, 1)]


@pytest.mark.parametrize("name", NAMES)
def test_who_pressed_and_in_which_row_is_kept_as_it_came(served: Served, engine: Engine, name: str):
    caller = served.caller("trigger")
    assert caller.press({"requested_by": name, "row_url": ROW}).status_code == 202
    with engine.connect() as conn:
        kept = conn.execute(text("select requested_by, row_url, doc_id from ops.trigger_presses")).one()
    assert tuple(kept) == (name, ROW, "doc1")


def test_the_same_idempotency_key_is_answered_with_the_same_request_even_when_that_is_over(
    served: Served, engine: Engine
):
    caller = served.caller("trigger")
    first = caller.press(Idempotency_Key="press-1").json()
    with engine.begin() as conn:
        begin_read(conn, "run 1")
        close_read(conn, "run 1", ReadOutcome(), lag_s=30)
    again = caller.press(Idempotency_Key="press-1")
    assert again.status_code == 202
    assert again.json()["request_id"] == first["request_id"]
    assert again.json()["state"] == "succeeded"
    assert len(requests_in(engine)) == 1
    assert (
        served.caller("trigger").press(Idempotency_Key="press-1").json()["request_id"] != first["request_id"]
    )


def test_an_idempotency_key_with_another_body_is_refused(served: Served):
    caller = served.caller("trigger")
    caller.press({"requested_by": "anna@example.org"}, Idempotency_Key="k")
    refused = caller.press({"requested_by": "ivan@example.org"}, Idempotency_Key="k")
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")


def test_a_press_from_a_doc_that_is_not_configured_names_the_doc(served: Served, engine: Engine):
    link = "https://coda.io/d/%D0%9E%D1%82%D0%BF%D1%83%D1%81%D0%BA%D0%B0_dOtherDoc99/_suX"
    refused = served.caller("trigger").press({"row_url": link})
    assert refused.status_code == 422
    assert refused.json()["code"] == "doc_not_configured"
    assert "«Отпуска» (OtherDoc99)" in refused.json()["detail"]
    assert requests_in(engine) == []


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "http://coda.io/d/_ddoc1", "https://evil.example/d/_ddoc1", "x", "https://["],
)
def test_a_row_that_is_no_link_into_coda_is_refused(served: Served, link: str):
    refused = served.caller("trigger").press({"row_url": link})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_coda_link")


def test_without_a_source_of_participation_there_is_nothing_to_start(engine: Engine, served: Served):
    with serving(gateway_on(engine, Catalog())) as empty:
        refused = empty.caller("trigger").press()
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_sync")


def test_an_unknown_request_is_told_in_words(served: Served):
    caller = served.caller("trigger")
    answer = caller.get(f"/v1/sync/requests/{uuid4()}", lang="ru")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Такого запроса нет. Нажмите кнопку ещё раз."
    assert caller.get("/v1/sync/requests/no-uuid").status_code == 422


def test_the_links_are_those_of_the_public_address(public: Served):
    told = public.caller("trigger").press().json()
    assert told["status_url"] == f"https://sync.example.org/v1/sync/requests/{told['request_id']}"
