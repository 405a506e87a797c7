"""What the Pack's own tests are answered is what the gateway answers: recorded here, and held equal.

CODA_PIPELINE_UPDATE_GOLDEN=1 records anew. Ids and times are fixed, so that the files change only with the
gateway.
"""

import json
import os
import re
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline.warehouse.trigger_runs import ReadOutcome, begin_read, close_read
from coda_pipeline_tests.gateway.serving import Caller, Served, gateway_on, serving

ANSWERS = PROJECT_DIR / "coda_pack" / "test" / "answers"
COUNTS = {
    "read": 5,
    "inserted": 3,
    "updated": 2,
    "unchanged": 0,
    "deleted": 0,
    "held": 0,
    "duplicates": 1,
    "conflicts": 0,
}
FIXED = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "00000000-0000-4000-8000-000000000001"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "2026-01-01T12:03:10Z"),
    (r"\b\d\d:\d\d:\d\d\b(?!Z)", "12:03:10"),
)


def held_equal(name: str, answer: requests.Response) -> None:
    """The recorded answer is this one, ids and times aside."""
    found = {"status": answer.status_code, "body": answer.json()}
    told = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    for pattern, fixed in FIXED:
        told = re.sub(pattern, fixed, told)
    path = ANSWERS / f"{name}.json"
    if os.environ.get("CODA_PIPELINE_UPDATE_GOLDEN"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def asked(caller: Caller, request_id: str) -> requests.Response:
    return caller.get(f"/v1/sync/requests/{request_id}", lang="ru")


def pressed(caller: Caller) -> Mapping[str, Any]:
    return caller.press({"requested_by": "anna@example.com"}, idempotency_key="one").json()


def test_a_press_and_how_it_went(served: Served, engine: Engine) -> None:
    caller = served.caller("trigger")
    held_equal("accepted", caller.press({"requested_by": "anna@example.com"}, idempotency_key="one"))
    request_id = pressed(caller)["request_id"]
    with engine.begin() as conn:
        begin_read(conn, "run 1")
    held_equal("running", asked(caller, request_id))
    with engine.begin() as conn:
        close_read(conn, "run 1", ReadOutcome(COUNTS), lag_s=30)
    held_equal("succeeded", asked(caller, request_id))


def test_the_latest_request_is_the_one_that_came_last(served: Served, engine: Engine) -> None:
    caller = served.caller("trigger")
    assert caller.get("/v1/sync/requests/latest").status_code == 404
    first = caller.press().json()["request_id"]
    assert caller.get("/v1/sync/requests/latest").json()["request_id"] == first
    with engine.begin() as conn:
        begin_read(conn, "run 1")
        conn.execute(
            text("update ops.trigger_requests set requested_at = requested_at - interval '1 minute'")
        )
    second = caller.press().json()["request_id"]
    assert caller.get("/v1/sync/requests/latest").json()["request_id"] == second != first


@pytest.mark.parametrize(("name", "scope"), [("unauthorized", None), ("forbidden", "read")])
def test_a_token_that_may_not(served: Served, name: str, scope: str | None) -> None:
    caller = served.with_token("wrong") if scope is None else served.caller(scope)
    held_equal(name, caller.post("/v1/sync/participation?lang=ru"))


def test_too_many_presses(engine: Engine, served: Served) -> None:
    with serving(gateway_on(engine, served.gateway.catalog)) as quick:
        caller = quick.caller("trigger")
        answers = (caller.post("/v1/sync/participation?lang=ru") for _ in range(200))
        held_equal("too_many", next(answer for answer in answers if answer.status_code == 429))
