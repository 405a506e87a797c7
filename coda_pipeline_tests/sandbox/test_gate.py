"""Who may do what: tokens, scopes, rate limits, and the one error body."""

from dataclasses import replace
from typing import Any

import pytest

from coda_pipeline.sandbox.config import Rate, Rates, SandboxConfig, Scope, Switches, TokenSpec
from coda_pipeline.sandbox.limits import RateLimiter
from coda_pipeline.sandbox.schema import ARCHIVE_ID, HR_DOC_ID, NOTE, PARTICIPATION, PROJECTS
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

HR = TokenSpec("t-hr", "hr@example.com")
READ_ONE_TABLE = TokenSpec(
    "t-table",
    "hr@example.com",
    scopes=(Scope(HR_DOC_ID, PARTICIPATION, frozenset(("read",))),),
)
WRITE_DOC = TokenSpec("t-doc", "other@example.com", scopes=(Scope(HR_DOC_ID),))
STRANGER = TokenSpec("t-stranger", "stranger@example.com", docs=())
EMPTY = SandboxConfig(content="empty", rates=None, tokens=(HR, READ_ONE_TABLE, WRITE_DOC, STRANGER))
BODY = {"rows": [{"cells": [{"column": NOTE, "value": "x"}]}]}


def assert_error(answer: tuple[int, Any], status: int, message: str) -> None:
    phrase = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}[status]
    assert answer == (status, {"statusCode": status, "statusMessage": phrase, "message": message})


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_wrong_token_is_401(sandbox: SandboxServer, token: str) -> None:
    with Api(sandbox) as api:
        assert_error(
            api.status("GET", "/whoami", headers={"Authorization": f"Bearer {token}"}), 401, "Unauthorized"
        )


def test_whoami_names_the_user_and_says_whether_the_token_is_restricted() -> None:
    with SandboxServer(EMPTY) as sandbox:
        for spec, scoped in ((HR, False), (READ_ONE_TABLE, True), (STRANGER, False)):
            with Api(sandbox, spec.token) as api:
                user = api.get("/whoami")
                assert (user["loginId"], user["scoped"]) == (spec.login, scoped)


def test_a_token_for_reading_one_table_reads_that_table_only() -> None:
    with SandboxServer(EMPTY) as sandbox, Api(sandbox, READ_ONE_TABLE.token) as api:
        assert api.status("GET", api.rows)[0] == 200
        assert api.status("GET", f"{api.table}/columns")[0] == 200
        for method, path in (
            ("GET", api.doc),
            ("GET", "/docs"),
            ("GET", f"{api.doc}/tables"),
            ("GET", f"{api.doc}/tables/{PROJECTS}"),
            ("GET", f"{api.doc}/tables/grid-unknown"),
            ("POST", f"{api.doc}/hooks/automation/grid-auto-1"),
        ):
            assert_error(api.status(method, path), 403, "Forbidden")
        assert_error(api.status("POST", api.rows, json=BODY), 403, "Forbidden")


def test_a_token_for_a_doc_does_all_in_it() -> None:
    with SandboxServer(EMPTY) as sandbox, Api(sandbox, WRITE_DOC.token) as api:
        assert api.status("GET", f"{api.doc}/tables")[0] == 200
        status, answer = api.status("POST", api.rows, json=BODY)
        assert status == 202
        assert api.status("GET", f"/mutationStatus/{answer['requestId']}")[0] == 200


@pytest.mark.parametrize(("status", "message"), [(403, "Forbidden"), (404, "Not Found")])
def test_a_doc_without_access_is_403_or_404(status: int, message: str) -> None:
    config = replace(EMPTY, switches=Switches(no_access_status=status))
    with SandboxServer(config) as sandbox:
        with Api(sandbox, HR.token) as api:
            assert_error(api.status("GET", f"/docs/{ARCHIVE_ID}"), status, message)
        with Api(sandbox, STRANGER.token) as api:
            assert_error(api.status("GET", api.rows), status, message)
            assert api.get("/docs")["items"] == []


def test_what_is_not_there_is_404(sandbox: SandboxServer, api: Api) -> None:
    assert_error(api.status("GET", "/docs/nowhere"), 404, "Not Found")
    assert_error(
        api.status("GET", f"{api.doc}/tables/grid-Archive001"),
        404,
        "Could not find a table with the specified ID or name.",
    )
    assert_error(
        api.status("GET", f"{api.rows}/i-nothing"), 404, "Could not find a row with the specified ID or name."
    )
    assert_error(
        api.status("GET", f"{api.table}/columns/c-nothing"),
        404,
        "Could not find a column with the specified ID or name.",
    )
    assert_error(api.status("GET", f"{api.doc}/pages"), 404, "Not Found")
    sandbox.hr.delete_doc()
    assert_error(api.status("GET", api.doc), 404, "Doc has been deleted.")


def test_some_400s_carry_details_and_some_do_not(api: Api) -> None:
    _, detailed = api.status("GET", api.rows, params={"limit": "0"})
    assert detailed["codaType"] == "RequestSchemaValidationFailed"
    assert detailed["codaDetail"]["issues"]
    status, bare = api.status("GET", api.rows, params={"sortBy": "name"})
    assert (status, "codaType" in bare) == (400, False)


def test_requests_over_the_limit_are_429_per_user_and_class() -> None:
    rates = Rates(read=Rate(3, 60), row_write=Rate(1, 60), doc_listing=Rate(1, 60))
    with SandboxServer(replace(EMPTY, rates=rates)) as sandbox:
        with Api(sandbox, HR.token) as api, Api(sandbox, READ_ONE_TABLE.token) as same_user:
            assert [api.ask("GET", "/whoami").status_code for _ in range(2)] == [200, 200]
            assert same_user.ask("GET", "/whoami").status_code == 200
            refused = api.ask("GET", "/whoami")
            assert (refused.status_code, refused.json()["message"]) == (429, "Too Many Requests")
            assert "Retry-After" not in refused.headers
            assert [api.ask("GET", "/docs").status_code for _ in range(2)] == [200, 429]
            statuses = [api.ask("POST", api.rows, json=BODY).status_code for _ in range(2)]
            assert statuses == [202, 429]
        with Api(sandbox, WRITE_DOC.token) as other_user:
            assert other_user.ask("GET", "/whoami").status_code == 200


def test_retry_after_comes_only_when_switched_on() -> None:
    rates = Rates(read=Rate(1, 60), retry_after=True)
    with SandboxServer(replace(EMPTY, rates=rates)) as sandbox, Api(sandbox) as api:
        api.ask("GET", "/whoami")
        refused = api.ask("GET", "/whoami")
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        sandbox.limits.off()
        assert api.ask("GET", "/whoami").status_code == 200
        sandbox.limits.on()
        assert sandbox.limits.rates == Rates()


def test_windows_slide() -> None:
    now = [0.0]
    limiter = RateLimiter(Rates(read=Rate(2, 6)), now=lambda: now[0])
    assert limiter.refused_for_s("a", "read") is None
    now[0] = 4.0
    assert limiter.refused_for_s("a", "read") is None
    assert limiter.refused_for_s("a", "read") == pytest.approx(2.0)
    assert limiter.refused_for_s("b", "read") is None
    now[0] = 6.0
    assert limiter.refused_for_s("a", "read") is None
    assert limiter.refused_for_s("a", "read") == pytest.approx(4.0)


def test_refused_requests_may_count_too() -> None:
    now = [0.0]
    limiter = RateLimiter(Rates(read=Rate(1, 6), count_refused=True), now=lambda: now[0])
    assert limiter.refused_for_s("a", "read") is None
    now[0] = 5.0
    assert limiter.refused_for_s("a", "read") is not None
    now[0] = 7.0
    assert limiter.refused_for_s("a", "read") == pytest.approx(4.0)
