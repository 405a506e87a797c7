"""Sessions of people who are signed in on the gateway's pages, stored as digests.

A session is 256 random bits in the person's browser. It ends by itself, with its token, or when the person
signs out. What forms have to bring along (`form_key`) is made of it, so that no other site can know that.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

SECRET_BYTES = 32
VALID_FOR = timedelta(hours=12)

_OPEN = text("""
    insert into ops.page_sessions (session_hash, who, token_id, expires_at)
    values (:session_hash, :who, :token_id,
            clock_timestamp() + make_interval(secs => cast(:valid_s as float8)))
""")
_FIND = text("""
    select s.who, s.token_id from ops.page_sessions as s left join ops.tokens as t using (token_id)
     where s.session_hash = :session_hash and s.expires_at > clock_timestamp()
       and (s.token_id is null
            or (t.revoked_at is null and (t.expires_at is null or t.expires_at > clock_timestamp())
                and 'approve' = any(t.scopes)))
""")
_CLOSE = text("delete from ops.page_sessions where session_hash = :session_hash")
_FORGET = text("delete from ops.page_sessions where expires_at <= clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and by which token; None where a trusted proxy vouches for them."""

    who: str
    token_id: str | None


def open_session(
    conn: Connection, who: str, token_id: str | None, *, valid_for: timedelta = VALID_FOR
) -> str:
    """Begin a session; its secret, for the person's browser alone. Forgets those that have ended."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    conn.execute(_FORGET)
    values = {"who": who, "token_id": token_id, "valid_s": valid_for.total_seconds()}
    conn.execute(_OPEN, {**values, "session_hash": _digest(secret)})
    return secret


def find_session(conn: Connection, secret: str) -> Session | None:
    """The session that goes on, None where it has ended or its token has, or may not approve any more."""
    row = conn.execute(_FIND, {"session_hash": _digest(secret)}).one_or_none()
    return None if row is None else Session(row.who, row.token_id)


def close_session(conn: Connection, secret: str) -> None:
    """End a session."""
    conn.execute(_CLOSE, {"session_hash": _digest(secret)})


def form_key(secret: str) -> str:
    """What every form of this session brings along, and nobody else can know."""
    return hashlib.sha256(b"form " + secret.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
