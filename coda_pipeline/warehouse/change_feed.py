"""The feed of changes of Участие: every change once or more, in an order in which no late commit is missed.

The ids of `sync.participation_history` are drawn when a line is written, not when it is committed: a reader
that remembered the highest id would pass over a line of a transaction that took longer. So a line also keeps
its transaction, a page is ordered by that, and it ends below the oldest transaction that still runs
(`pg_snapshot_xmin`): whatever commits later sorts behind everything that was ever shown. The price is that
a long transaction of the sync, or of any other database of the server, holds the feed back until it ends.

Transactions are counted by the server, so a position is good in one server only: a copy that was restored
elsewhere counts anew, and `ensure_feed` then starts a new generation, which old positions do not fit.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

_CLUSTER = """
    (select s.system_identifier || '.' || c.timeline_id from pg_control_system() s, pg_control_checkpoint() c)
"""
_GENERATION = text(f"select generation from ops.feed where cluster = {_CLUSTER}")  # noqa: S608
_RENEW = text(
    f"update ops.feed set generation = generation + 1, cluster = {_CLUSTER} where cluster <> {_CLUSTER}"  # noqa: S608
    " returning generation"
)
_FORGET = text("update sync.participation_history set xact = null where xact is not null")
# Two queries, since lines without a transaction come first and only the others have the index.
_OLD = """
    select '0' as xact, history_id, participation_id, version, changed_at, op
      from sync.participation_history where xact is null and history_id > :history_id
     order by history_id limit :limit
"""
_NEW = """
    select xact::text, history_id, participation_id, version, changed_at, op
      from sync.participation_history
     where xact is not null and (xact, history_id) > (cast(:xact as xid8), :history_id)
       and xact < pg_snapshot_xmin(pg_current_snapshot())
     order by xact, history_id limit :limit
"""
_LATEST = text("""
    select xact::text, history_id from sync.participation_history
     where xact is not null and xact < pg_snapshot_xmin(pg_current_snapshot())
     order by xact desc, history_id desc limit 1
""")
_LATEST_OLD = text("select max(history_id) from sync.participation_history where xact is null")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come; after this comes what is new."""

    generation: int
    xact: int = 0
    history_id: int = 0


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One change, and the position after it."""

    position: Position
    participation_id: UUID
    version: int
    changed_at: datetime
    op: str


def ensure_feed(conn: Connection) -> int:
    """The generation of positions that are good here; a new one where the database was copied or restored."""
    generation = conn.scalar(_GENERATION)
    if generation is not None:
        return generation
    renewed = conn.scalar(_RENEW)
    conn.execute(_FORGET)
    return renewed or conn.execute(_GENERATION).scalar_one()


def changes_after(conn: Connection, position: Position, limit: int) -> list[ChangedLine]:
    """What changed after a position, at most `limit` lines. One snapshot: call it in a transaction."""
    parameters = {"xact": str(position.xact), "history_id": position.history_id, "limit": limit}
    rows = list(conn.execute(text(_OLD), parameters)) if position.xact == 0 else []
    if len(rows) < limit:
        after = {"history_id": 0} if position.xact == 0 else {}
        rows += conn.execute(text(_NEW), {**parameters, **after, "limit": limit - len(rows)})
    return [
        ChangedLine(Position(position.generation, int(row.xact), row.history_id), *row[2:]) for row in rows
    ]


def latest_position(conn: Connection, generation: int) -> Position:
    """The position after everything that is through by now."""
    found = conn.execute(_LATEST).one_or_none()
    if found is not None:
        return Position(generation, int(found[0]), found[1])
    return Position(generation, 0, conn.scalar(_LATEST_OLD) or 0)
