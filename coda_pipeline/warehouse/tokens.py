"""Tokens of the gateway: named, scoped, stored as digests, rotated with overlap.

A token is `cdp_<id>_<secret>`. The id finds the row; the secret, 256 random bits, is compared as a digest in
constant time. The token itself is told once, by `create_token`, and never again.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import Connection, text

from coda_pipeline.errors import ConfigurationError

Scope = Literal["trigger", "read", "write", "approve"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "cdp"
ID_BYTES = 8
SECRET_BYTES = 32
_NOBODY = bytes(32)

_CREATE = text("""
    insert into ops.tokens (token_id, name, scopes, secret_hash, created_by, expires_at)
    values (:token_id, :name, :scopes, :secret_hash, :created_by,
            clock_timestamp() + make_interval(secs => cast(:valid_s as float8)))
""")
_FIND = text("""
    select token_id, name, scopes, secret_hash, created_at, created_by, expires_at, revoked_at, last_used_at
      from ops.tokens where token_id = :token_id and revoked_at is null
       and (expires_at is null or expires_at > clock_timestamp())
""")
# Once a minute is enough to see whether a token is still in use.
_USED = text("""
    update ops.tokens set last_used_at = clock_timestamp()
     where token_id = :token_id
       and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
""")
_LIST = text("""
    select token_id, name, scopes, secret_hash, created_at, created_by, expires_at, revoked_at, last_used_at
      from ops.tokens order by name, created_at
""")
_REVOKE = text("""
    update ops.tokens set revoked_at = clock_timestamp()
     where (name = :which or token_id = :which) and revoked_at is null returning token_id
""")


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; the token itself is not."""

    token_id: str
    name: str
    scopes: tuple[Scope, ...]
    secret_hash: bytes = field(repr=False)
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def state(self) -> str:
        """Whether it works, in a word or two."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= datetime.now(UTC):
            return "expired"
        return f"until {self.expires_at:%Y-%m-%d}" if self.expires_at else "works"


def create_token(
    conn: Connection,
    name: str,
    scopes: Collection[str],
    *,
    created_by: str | None = None,
    valid_for: timedelta | None = None,
) -> str:
    """Make a token; others of the same name go on working. Raises `ConfigurationError` for a wrong scope."""
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong or not scopes or not name.strip():
        message = (
            f"A token needs a name and one or more scopes out of {', '.join(SCOPES)}; got {wrong or 'none'}."
        )
        raise ConfigurationError(message)
    token_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    parameters = {
        "token_id": token_id,
        "name": name.strip(),
        "scopes": [scope for scope in SCOPES if scope in scopes],
        "secret_hash": _digest(secret),
        "created_by": created_by,
        "valid_s": valid_for.total_seconds() if valid_for else None,
    }
    conn.execute(_CREATE, parameters)
    return f"{PREFIX}_{token_id}_{secret}"


def check_token(conn: Connection, presented: str) -> Token | None:
    """The token that was presented, None where it is none that works. Takes as long for a wrong one."""
    prefix, _, rest = presented.partition("_")
    token_id, _, secret = rest.partition("_")
    found = None
    if prefix == PREFIX and token_id.isascii() and token_id.isalnum():
        row = conn.execute(_FIND, {"token_id": token_id}).one_or_none()
        found = _token(row) if row is not None else None
    is_it = hmac.compare_digest(_digest(secret), found.secret_hash if found else _NOBODY)
    if found is None or not is_it:
        return None
    conn.execute(_USED, {"token_id": token_id})
    return found


def list_tokens(conn: Connection) -> list[Token]:
    """All tokens ever made, revoked ones too."""
    return [_token(row) for row in conn.execute(_LIST)]


def revoke_tokens(conn: Connection, which: str) -> list[str]:
    """End the token of that id, or all of that name; the ids of those that ended."""
    return list(conn.scalars(_REVOKE, {"which": which}))


def _token(row: Sequence[object]) -> Token:
    token_id, name, scopes, secret_hash, *rest = row
    return Token(token_id, name, tuple(scopes), bytes(secret_hash), *rest)  # type: ignore[arg-type]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
