"""Whether a hook is genuine: its signature over the raw bytes, or the secret in its address.

Facts: reference/coding-api.md section 5. HMAC, hex, with the algorithm's name before it (`sha1=…`). Pure,
and in constant time. Not here: what is in a hook (see `events`) and what becomes of it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from coda_pipeline.catalog_coding import Algorithm


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """Where the signature is and how it is made: two settings, since no page names both."""

    header: str = "X-Coding-Signature"
    algorithm: Algorithm = "sha1"


def sign(body: bytes, secret: SecretStr, algorithm: Algorithm) -> str:
    """The signature of a body as the header carries it."""
    return f"{algorithm}={hmac.new(secret.get_secret_value().encode(), body, algorithm).hexdigest()}"


def is_signed(body: bytes, headers: Mapping[str, str], secret: SecretStr, scheme: SignatureScheme) -> bool:
    """Whether the body was signed with the secret. An empty secret, as an absent header, admits nothing."""
    name = scheme.header.lower()
    given = next((value for key, value in headers.items() if key.lower() == name), "")
    if not given or not secret.get_secret_value():
        return False
    return _is_equal(given.strip().lower(), sign(body, secret, scheme.algorithm))


def is_secret(given: str, secret: SecretStr) -> bool:
    """Whether this is the secret, for hooks whose address holds it. An empty secret admits nothing."""
    return bool(secret.get_secret_value()) and _is_equal(given, secret.get_secret_value())


def _is_equal(given: str, expected: str) -> bool:
    """Compared as digests, so that not even a length shows in the time it takes."""
    return hmac.compare_digest(_digest(given), _digest(expected))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
