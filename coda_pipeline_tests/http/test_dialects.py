"""What differs between services is given to the transport; all else is the same for each of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from coda_pipeline.answers import Dialect
from coda_pipeline.errors import FatalError, ServiceError
from coda_pipeline_tests.http.scripted import TOKEN, Script, answer, drop, error


def key_of(token: SecretStr) -> str:
    return f"Key {token.get_secret_value()}"


def no_header(_: SecretStr) -> str:
    return ""


def test_the_dialect_says_how_the_token_is_sent(script: Script) -> None:
    script.then = answer()
    script.transport(dialect=Dialect(authorization=key_of)).get("/x")
    script.transport(dialect=Dialect(authorization=no_header)).get("/x")
    assert script.seen[0].headers["Authorization"] == f"Key {TOKEN}"
    assert "Authorization" not in script.seen[1].headers


def test_the_dialect_says_what_a_refusal_means(script: Script) -> None:
    script.then = error(418, "tea")
    dialect = Dialect(error_for=lambda refusal: FatalError(f"{refusal.service}: {refusal.outcome.words}"))
    with pytest.raises(FatalError, match="Coda: tea"):
        script.transport(dialect=dialect).get("/x")


def test_a_request_with_a_name_is_called_by_it(script: Script) -> None:
    script.then = error(500)
    with pytest.raises(ServiceError, match="failed on DescribeIssue, for issue 7"):
        script.transport().send(
            "POST", "/open-api", {}, kind="any", repeatable=True, subject="issue 7", name="DescribeIssue"
        )


def test_a_form_is_sent_as_a_form_and_never_twice(script: Script) -> None:
    script.answers = [drop]
    script.then = answer()
    with pytest.raises(ServiceError, match="may have been applied"):
        script.transport().send_form("/token", {"code": "a b&c"}, kind="oauth", name="exchange of the code")
    assert [seen.body for seen in script.seen] == [b"code=a+b%26c"]
    assert script.seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_threads_share_a_transport_and_each_request_is_counted(script: Script) -> None:
    script.then = answer({"ok": True})
    transport = script.transport()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: transport.send("POST", "/x", {}, kind="any", repeatable=True), range(80))
        )
    transport.close()
    assert answers == [{"ok": True}] * 80
    assert transport.requests_sent == 80
