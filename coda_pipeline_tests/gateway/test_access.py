"""Who may call: tokens, scopes, how often; and that the public door shows nothing else."""

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.gateway.rates import Rate, Rates
from coda_pipeline.warehouse.tokens import check_token, create_token, list_tokens, revoke_tokens
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving

PUBLIC_PATHS = {"/v1/sync/participation", "/v1/sync/requests/{request_id}"}
INTERNAL = [
    "/v1/participation",
    "/v1/participation/changes",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
]


def test_a_call_without_a_token_is_refused_and_told_how(served: Served):
    answer = served.with_token(None).press()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "no_token"


@pytest.mark.parametrize(
    "token", ["x", "cdp_", "cdp__", "cdp_0123456789abcdef_wrong", "' or 1=1 --", "cdp_" + "a" * 5000, "\xff"]
)
def test_a_wrong_token_is_refused_without_a_word_about_why(served: Served, token: str):
    answer = served.with_token(token).press()
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_token")
    assert token not in answer.text or len(token) < 3


def test_a_token_whose_secret_is_changed_by_one_letter_is_wrong(served: Served, engine: Engine):
    with engine.begin() as conn:
        token = create_token(conn, "button", ["trigger"])
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert served.with_token(wrong).press().status_code == 401
    assert served.with_token(token).press().status_code == 202


def test_a_token_without_the_scope_is_told_which_one_it_lacks(served: Served):
    answer = served.caller("trigger").get("/v1/participation", lang="ru")
    assert answer.status_code == 403
    assert answer.json()["scope"] == "read"
    assert "нужно право «read»" in answer.json()["detail"]


def test_a_revoked_token_ends_at_once_while_the_other_of_its_name_goes_on(served: Served, engine: Engine):
    with engine.begin() as conn:
        old, new = (create_token(conn, "button", ["trigger"]) for _ in range(2))
    assert served.with_token(old).press().status_code == 202
    with engine.begin() as conn:
        assert len(revoke_tokens(conn, old.split("_")[1])) == 1
    assert served.with_token(old).press().status_code == 401
    assert served.with_token(new).press().status_code == 202


def test_a_token_ends_when_its_days_are_over(engine: Engine):
    with engine.begin() as conn:
        token = create_token(conn, "guest", ["read"])
        assert check_token(conn, token)
        conn.execute(text("update ops.tokens set expires_at = clock_timestamp() - interval '1 s'"))
        assert check_token(conn, token) is None
        assert list_tokens(conn)[0].state == "expired"


def test_the_database_holds_no_token(engine: Engine):
    with engine.begin() as conn:
        token = create_token(conn, "button", ["trigger"])
        stored = conn.scalar(text("select string_agg(t::text, ' ') from ops.tokens as t"))
    assert token.split("_", 2)[2] not in stored


def test_who_calls_too_often_is_told_when_to_call_again(engine: Engine, table):
    slow = gateway_on(engine, table.catalog, calls=Rates(Rate(burst=3, per_s=0.1)))
    with serving(slow) as served:
        caller, other = served.caller("trigger"), served.caller("trigger")
        answers = [caller.press() for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
        assert other.press().status_code == 202


def test_nobody_can_try_many_tokens(engine: Engine, table):
    strict = gateway_on(engine, table.catalog, wrong_tokens=Rates(Rate(burst=3, per_s=0.01)))
    with serving(strict) as served:
        statuses = [served.with_token(f"cdp_{n:016x}_guess").press().status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_a_bucket_fills_again_with_time():
    now = [0.0]
    rates = Rates(Rate(burst=2, per_s=0.5), clock=lambda: now[0])
    assert [rates.wait_s("a") for _ in range(3)] == [0, 0, 2]
    now[0] += 2
    assert rates.wait_s("a") == 0
    assert rates.wait_s("b") == 0


@pytest.mark.parametrize("path", INTERNAL)
def test_the_public_door_does_not_know_the_rest(public: Served, path: str):
    answer = public.caller().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_public_door_takes_presses_and_tells_how_they_went(public: Served):
    caller = public.caller("trigger")
    told = caller.press().json()
    assert caller.get(f"/v1/sync/requests/{told['request_id']}").json()["state"] == "queued"


def test_the_description_of_the_api_names_every_endpoint(served: Served):
    described = served.with_token(None).get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) >= PUBLIC_PATHS | {"/v1/participation", "/v1/participation/changes"}
