"""Reading answers: every JSON that a service can send, and what it asks for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from coda_pipeline.answers import loads, outcome_of

ANY_TEXT = st.text(st.characters(codec=None), max_size=20)
PIECES = st.lists(
    st.sampled_from(["\\", "u", "d83d", "ud83d", "\ud83d", "\ude00", "a", '"', "\x00"]), max_size=8
)


@given(ANY_TEXT | PIECES.map("".join))
def test_any_text_of_any_origin_is_read_and_only_lone_surrogates_change(text: str) -> None:
    read = loads(json.dumps({"a": text}).encode())
    # Through UTF-16 the standard library joins pairs and replaces what stands alone.
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert read == {"a": expected}


def test_what_is_no_json_stays_an_error() -> None:
    with pytest.raises(ValueError, match="unexpected end"):
        loads(rb'{"a": "\ud83d"')


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": " 30 "}, 30.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 10:01:00 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 60.0),
        ({"Retry-After": "Sun, 22 Nov 2026 10:01:00 GMT", "Date": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers: dict[str, str], expected_s: float | None) -> None:
    assert outcome_of(429, headers, b"", SecretStr("t")).retry_after_s == expected_s


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"message": 5}', b'["message"]', b'{"other": "x"}'])
def test_an_error_body_of_any_shape_has_no_words_and_does_no_harm(content: bytes) -> None:
    assert outcome_of(404, {}, content, SecretStr("t")).words == ""


def test_long_words_are_cut() -> None:
    words = outcome_of(400, {}, json.dumps({"message": "а" * 500}).encode(), SecretStr("t")).words
    assert len(words) == 201
