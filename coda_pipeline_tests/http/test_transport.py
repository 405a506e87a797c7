"""What the one transport promises, over real HTTP."""

import socket

import pytest
from pydantic import SecretStr

from coda_pipeline.errors import (
    ConfigurationError,
    NotFoundError,
    PageTimeoutError,
    ProtocolError,
    RateLimitedError,
    RequestRefusedError,
    ServiceError,
    TokenError,
)
from coda_pipeline_tests.http import scripted
from coda_pipeline_tests.http.scripted import TOKEN, Answer, Script, answer, error

TRANSIENT = {
    "500": error(500),
    "502 with a web page": answer(status=502, text=b"<html>Bad gateway</html>"),
    "503": error(503),
    "504": error(504),
    "409": error(409),
    "dropped": scripted.drop,
    "shorter than announced": scripted.short,
    "last chunk missing": scripted.cut_chunks,
    "cut inside a chunk": scripted.cut_inside_a_chunk,
    "not JSON": answer(text=b'{"items": [1, 2'),
    "empty": answer(text=b""),
}
UNSAFE_TO_REPEAT = {name: fault for name, fault in TRANSIENT.items() if name != "409"}


def test_an_answer_is_the_json_object_and_the_token_goes_as_bearer(script: Script) -> None:
    script.answers = [answer({"name": "Участие"})]
    transport = script.transport()
    assert transport.get("/docs/d", {"limit": 500, "query": 'c-1:"А&Б"'}) == {"name": "Участие"}
    assert script.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert script.paths == ["/docs/d?limit=500&query=c-1%3A%22%D0%90%26%D0%91%22"]
    assert transport.requests_sent == 1


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT.keys())
def test_a_read_that_failed_is_repeated_after_a_wait(script: Script, fault: Answer) -> None:
    script.answers = [fault, fault, answer({"ok": 1})]
    transport = script.transport()
    assert transport.get("/x") == {"ok": 1}
    assert script.waits_s == [1, 2]
    assert transport.requests_sent == 3


@pytest.mark.parametrize("fault", UNSAFE_TO_REPEAT.values(), ids=UNSAFE_TO_REPEAT.keys())
def test_a_write_that_may_have_been_applied_is_never_repeated(script: Script, fault: Answer) -> None:
    script.answers = [fault, answer({"requestId": "second"})]
    with pytest.raises((ServiceError, ProtocolError)):
        script.transport().send("POST", "/x", {"a": 1}, kind="row_write", repeatable=False)
    assert len(script.seen) == 1


def test_the_message_says_that_an_unrepeated_write_may_have_been_applied(script: Script) -> None:
    script.answers = [scripted.drop]
    with pytest.raises(ServiceError, match="may have been applied"):
        script.transport().send("POST", "/x", {"a": 1}, kind="row_write", repeatable=False)


@pytest.mark.parametrize("fault", [error(500), scripted.drop])
def test_a_write_that_is_safe_to_repeat_is_repeated_with_the_same_body(script: Script, fault: Answer) -> None:
    script.answers = [fault, answer({"requestId": "r"}, status=202)]
    script.transport().send("POST", "/x", {"rows": ["ё"]}, kind="row_write", repeatable=True)
    assert [seen.body for seen in script.seen] == ['{"rows":["ё"]}'.encode()] * 2


def test_a_refusal_by_429_is_repeated_even_for_an_unsafe_write(script: Script) -> None:
    script.answers = [error(429), answer({"requestId": "r"}, status=202)]
    script.transport().send("POST", "/x", {}, kind="row_write", repeatable=False)
    assert len(script.seen) == 2


def test_a_write_that_never_left_is_repeated_even_if_unsafe() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    script = Script()
    transport = script.transport(base_url=address)
    with pytest.raises(ServiceError, match="no connection could be made, 6 attempt"):
        transport.send("POST", "/x", {}, kind="row_write", repeatable=False)
    assert script.waits_s == [1, 2, 4, 8, 16]


def test_an_unsafe_write_goes_over_a_connection_of_its_own(script: Script) -> None:
    script.then = answer({"requestId": "r"})
    transport = script.transport()
    transport.get("/a")
    transport.get("/b")
    transport.send("POST", "/c", None, kind="row_write", repeatable=False)
    connections = [seen.connection for seen in script.seen]
    assert connections[0] == connections[1] != connections[2]


def test_429_without_retry_after_backs_off_longer_and_longer_then_gives_up(script: Script) -> None:
    script.then = error(429, "Too Many Requests")
    transport = script.transport()
    transport.named("hr@example.com")
    with pytest.raises(RateLimitedError, match=r"hr@example\.com"):
        transport.get("/x")
    assert script.waits_s == [12, 30, 60, 120]


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:09 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 9),
        ({"Retry-After": "soon"}, 12),
    ],
)
def test_429_with_retry_after_waits_as_long_as_asked(
    script: Script, headers: dict[str, str], wait_s: float
) -> None:
    script.answers = [answer({}, status=429, headers=headers), answer({"ok": 1})]
    script.transport().get("/x")
    assert script.waits_s == pytest.approx([wait_s])


def test_a_retry_after_beyond_all_patience_ends_the_request_and_is_named(script: Script) -> None:
    script.answers = [error(429, headers={"Retry-After": "7200"})]
    with pytest.raises(RateLimitedError, match="asking for 7200 s"):
        script.transport().get("/x")
    assert script.waits_s == []


def test_401_stops_at_once_and_names_whose_token_it_was(script: Script) -> None:
    script.then = error(401, "Unauthorized")
    transport = script.transport()
    with pytest.raises(TokenError, match=r"token of CODA_API_TOKEN \(401\)"):
        transport.get("/whoami")
    transport.named("hr@example.com")
    with pytest.raises(TokenError, match=r"token of hr@example\.com \(CODA_API_TOKEN\)"):
        transport.get("/x")
    assert len(script.seen) == 2


def test_403_and_404_say_what_was_asked_for(script: Script) -> None:
    script.answers = [error(403, "Forbidden"), error(404, "Doc has been deleted.")]
    transport = script.transport()
    with pytest.raises(TokenError, match="for table grid-1"):
        transport.get("/x", subject="table grid-1")
    with pytest.raises(NotFoundError, match=r"no table grid-1.*Doc has been deleted\."):
        transport.get("/x", subject="table grid-1")
    assert len(script.seen) == 2


def test_400_is_refused_once_with_the_words_of_the_service(script: Script) -> None:
    script.answers = [error(400, "Row edit of size 131 KB exceeds maximum size of 85 KB.")]
    with pytest.raises(RequestRefusedError, match="131 KB") as caught:
        script.transport().get("/x")
    assert caught.value.service_words.startswith("Row edit")


def test_a_504_on_a_page_of_rows_is_raised_at_once(script: Script) -> None:
    script.then = error(504)
    with pytest.raises(PageTimeoutError):
        script.transport().get("/rows", page_of_rows=True)
    assert len(script.seen) == 1


def test_a_web_page_is_an_error_and_not_an_answer(script: Script) -> None:
    script.then = answer(text=b"<!doctype html><html>Sign in</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(ProtocolError, match="web page"):
        script.transport().get("/x")
    assert len(script.seen) == 1


def test_json_that_is_no_object_is_an_error(script: Script) -> None:
    script.then = answer([1, 2])
    with pytest.raises(ProtocolError, match="not an object"):
        script.transport().get("/x")


def test_a_body_that_stays_broken_is_a_protocol_error(script: Script) -> None:
    script.then = answer(text=b'{"items": [1, 2')
    with pytest.raises(ProtocolError, match="no valid JSON, 6 attempt"):
        script.transport().get("/x")


def test_a_redirect_is_not_followed_so_the_token_stays_here(script: Script) -> None:
    script.then = answer({}, status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    with pytest.raises(ProtocolError, match="redirect"):
        script.transport().get("/x")
    assert len(script.seen) == 1


def test_silence_ends_with_a_time_out(script: Script) -> None:
    script.answers = [scripted.silence, answer({"ok": 1})]
    assert script.transport(timeout_s=(2, 0.2)).get("/x") == {"ok": 1}


def test_an_answer_that_never_ends_ends_with_a_time_out(script: Script) -> None:
    script.answers = [scripted.dribble, answer({"ok": 1})]
    assert script.transport(answer_within_s=0.1).get("/x") == {"ok": 1}


def test_a_page_of_rows_that_always_times_out_asks_for_smaller_pages(script: Script) -> None:
    script.then = scripted.silence
    with pytest.raises(PageTimeoutError, match="smaller pages"):
        script.transport(timeout_s=(2, 0.05)).get("/rows", page_of_rows=True)


def test_half_an_emoji_does_not_lose_the_page(script: Script) -> None:
    script.answers = [answer(text=rb'{"a": "\ud83d", "b": "\ud83d\ude00", "c": "\\ud83d", "d": "\udc00x"}')]
    assert script.transport().get("/x") == {"a": "\ufffd", "b": "😀", "c": r"\ud83d", "d": "\ufffdx"}


def test_reads_share_one_connection(script: Script) -> None:
    script.then = answer({"ok": 1})
    transport = script.transport()
    for _ in range(5):
        transport.get("/x")
    assert len({seen.connection for seen in script.seen}) == 1


def test_a_rotated_token_is_used_without_a_restart(script: Script) -> None:
    script.then = answer({"ok": 1})
    tokens = iter(["first", "second"])
    transport = script.transport(token=lambda: SecretStr(next(tokens)))
    transport.get("/x")
    transport.get("/x")
    assert [seen.headers["Authorization"] for seen in script.seen] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    "address", ["coda.io/apis/v1", "ftp://coda.io", "https://user:word@coda.io/", "https://"]
)
def test_a_base_url_that_is_none_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected as https://host/path") as caught:
        Script().transport(base_url=address)
    assert "word@" not in str(caught.value)
