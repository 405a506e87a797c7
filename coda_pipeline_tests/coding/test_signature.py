"""Only what was signed with the secret is believed."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from coda_pipeline.coding.signature import SignatureScheme, is_secret, is_signed, sign

SECRET = SecretStr("hook-secret-токен")
SCHEME = SignatureScheme()
BODY = '{"event": "ISSUE_CREATED", "title": "登录"}'.encode()


def signed_by_hand(body: bytes, algorithm: str) -> str:
    key = SECRET.get_secret_value().encode()
    return f"{algorithm}={hmac.new(key, body, getattr(hashlib, algorithm)).hexdigest()}"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_signature_made_as_the_page_describes_it_is_accepted(algorithm: str):
    scheme = SignatureScheme("X-Hub-Signature", algorithm)  # pyright: ignore[reportArgumentType]
    headers = {"x-hub-signature": signed_by_hand(BODY, algorithm)}
    assert is_signed(BODY, headers, SECRET, scheme)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_signature_is_good_for_its_own_bytes_only(body: bytes, other: bytes):
    headers = {SCHEME.header: sign(body, SECRET, "sha1")}
    assert is_signed(other, headers, SECRET, SCHEME) is (body == other)


@pytest.mark.parametrize(
    "given_header",
    [
        "",
        "sha1=",
        "sha1=00",
        signed_by_hand(BODY, "sha256"),
        signed_by_hand(BODY, "sha1")[5:],
        "sha1=é",
        "\ud800",
    ],
)
def test_anything_else_is_refused(given_header: str):
    assert not is_signed(BODY, {SCHEME.header: given_header}, SECRET, SCHEME)


def test_a_hook_without_the_header_is_refused():
    assert not is_signed(BODY, {"X-Coding-Delivery": "1"}, SECRET, SCHEME)


def test_an_empty_secret_admits_nothing():
    empty = SecretStr("")
    assert not is_signed(BODY, {SCHEME.header: sign(BODY, empty, "sha1")}, empty, SCHEME)
    assert not is_secret("", empty)


def test_upper_case_digits_are_the_same_signature():
    headers = {SCHEME.header: sign(BODY, SECRET, "sha1").upper()}
    assert is_signed(BODY, headers, SECRET, SCHEME)


def test_the_secret_of_an_address_is_compared_whole():
    text = SECRET.get_secret_value()
    assert is_secret(text, SECRET)
    assert not any(is_secret(wrong, SECRET) for wrong in ("", text[:-1], text + " ", text.upper()))
