"""Connections that a person has begun: the `state` of each, as a digest, until CODING sends the browser back.

A state works once, for ten minutes, in the session that began it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection, text

STATE_BYTES = 32
VALID_FOR = timedelta(minutes=10)

_BEGIN = text("""
    insert into ops.coding_connections (state_hash, team, session_hash, who, return_to, expires_at)
    values (:state_hash, :team, :session_hash, :who, :return_to,
            clock_timestamp() + make_interval(secs => cast(:valid_s as float8)))
""")
_FORGET = text("delete from ops.coding_connections where expires_at <= clock_timestamp()")
_FIND = text("""
    select team, who, return_to, session_hash from ops.coding_connections
     where state_hash = :state_hash and expires_at > clock_timestamp()
""")
_TAKE = text("""
    delete from ops.coding_connections where state_hash = :state_hash and expires_at > clock_timestamp()
    returning team, who, return_to, session_hash
""")


@dataclass(frozen=True, slots=True)
class Begun:
    """A connection that was begun: which team's, by whom, and where their pages are."""

    team: str
    who: str
    return_to: str
    session_hash: bytes = field(repr=False)


def begin(conn: Connection, team: str, *, session: str, who: str, return_to: str) -> str:
    """Begin a connection in a session; the state that CODING will bring back. Forgets those that ended."""
    state = secrets.token_urlsafe(STATE_BYTES)
    conn.execute(_FORGET)
    values = {"team": team, "who": who, "return_to": return_to, "valid_s": VALID_FOR.total_seconds()}
    conn.execute(_BEGIN, {**values, "state_hash": _digest(state), "session_hash": _digest(session)})
    return state


def find(conn: Connection, state: str) -> Begun | None:
    """The connection of a state, left as it is; None where there is none."""
    row = conn.execute(_FIND, {"state_hash": _digest(state)}).one_or_none()
    return Begun(row.team, row.who, row.return_to, bytes(row.session_hash)) if row is not None else None


def take(conn: Connection, state: str, *, session: str) -> Begun | None:
    """The connection of a state, which is over now; None for a wrong state, or in another session."""
    row = conn.execute(_TAKE, {"state_hash": _digest(state)}).one_or_none()
    if row is None or not hmac.compare_digest(bytes(row.session_hash), _digest(session)):
        return None
    return Begun(row.team, row.who, row.return_to, bytes(row.session_hash))


def _digest(secret: str) -> bytes:
    # Found by its digest, so how long it takes tells nothing about the state itself.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
