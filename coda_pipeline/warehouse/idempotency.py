"""Repeated calls: a key that a caller gives twice is answered by what the first call made.

Kept in the transaction of the work itself, so that either both are there or neither is; a second call with
the key waits until the first is through.
"""

import hashlib
from uuid import UUID

from sqlalchemy import Connection, text

KEEP_DAYS = 7

_CLAIM = text("""
    insert into ops.idempotency (caller, scope, key, body_hash) values (:caller, :scope, :key, :body_hash)
    on conflict do nothing returning true
""")
_FIND = text(
    "select body_hash, answer_id from ops.idempotency"
    " where caller = :caller and scope = :scope and key = :key"
)
_ANSWER = text(
    "update ops.idempotency set answer_id = :answer_id"
    " where caller = :caller and scope = :scope and key = :key"
)


class KeyReusedError(Exception):
    """The key came before with another body."""


class OnlyOnce:
    """One caller's key for one kind of call. `earlier` is what the first call made, None in the first."""

    def __init__(self, conn: Connection, caller: str, scope: str, key: str, body: bytes) -> None:
        """Claims the key. Raises `KeyReusedError` where it came before with another body."""
        self._conn = conn
        self._names = {"caller": caller, "scope": scope, "key": key}
        digest = hashlib.sha256(body).digest()
        self.earlier: UUID | None = None
        if not conn.scalar(_CLAIM, {**self._names, "body_hash": digest}):
            body_hash, self.earlier = conn.execute(_FIND, self._names).one()
            if bytes(body_hash) != digest:
                raise KeyReusedError

    def made(self, answer_id: UUID) -> None:
        """Keep what this call made."""
        self._conn.execute(_ANSWER, {**self._names, "answer_id": answer_id})


def forget_old_keys(conn: Connection) -> None:
    """Callers repeat within minutes; after a week a key is free again."""
    query = "delete from ops.idempotency where created_at < clock_timestamp() - make_interval(days => :days)"
    conn.execute(text(query), {"days": KEEP_DAYS})
