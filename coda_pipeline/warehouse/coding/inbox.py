"""The inbox of the webhooks: each delivery is stored once, as it came, before it is answered.

A delivery waits for the tables that it speaks of; `sync.coding.drain` has them look at it and crosses them
off. One that nobody can make sense of is set aside with its reason, and `replay` puts it back. Who may
deliver is checked before: nothing unsigned gets here. The bodies are personal data and stay in schema `ops`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, text

from coda_pipeline.warehouse.coding.places import Table

DELIVERY_HEADER = "x-coding-delivery"
# What a header may hold that should not be kept.
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
# Drained deliveries are kept so long for whoever wonders what came.
KEPT_DAYS = 30

_STORE = text("""
    insert into ops.webhook_deliveries (team, delivery_id, event, project, headers, body, received_at,
                                        waiting_for, set_aside_at, reason, drained_at)
    values (:team, :delivery_id, :event, :project, cast(:headers as jsonb), :body, :received_at,
            :waiting_for, :set_aside_at, :reason, :drained_at)
    on conflict (team, delivery_id) do nothing
""")
_WAITING = text("""
    select team, delivery_id, event, project, body, received_at from ops.webhook_deliveries
     where team = any(:teams) and :table = any(waiting_for) and set_aside_at is null
     order by received_at, delivery_id limit :limit
""")
_WAITING_TEAMS = text("""
    select count(*), min(received_at), max(received_at), array_agg(distinct w) from ops.webhook_deliveries,
           unnest(waiting_for) as w
     where team = any(:teams) and waiting_for <> '{}' and set_aside_at is null
""")
_CROSS_OFF = text("""
    update ops.webhook_deliveries as d
       set waiting_for = array_remove(waiting_for, :table), attempts = attempts + 1,
           drained_at = case when array_remove(waiting_for, :table) = '{}' then :now end
      from unnest(cast(:teams as text[]), cast(:ids as text[])) as named (team, id)
     where d.team = named.team and d.delivery_id = named.id
""")
_SET_ASIDE = text("""
    update ops.webhook_deliveries
       set set_aside_at = :now, reason = :reason, attempts = attempts + 1
     where team = :team and delivery_id = :delivery_id
""")
_REPLAY = text("""
    update ops.webhook_deliveries
       set waiting_for = :waiting_for, set_aside_at = null, reason = null, drained_at = null
     where team = :team and delivery_id = :delivery_id
""")
_LIST = text("""
    select team, delivery_id, event, project, received_at, waiting_for, set_aside_at, reason, drained_at,
           attempts from ops.webhook_deliveries
     where cast(:only as text) is null
        or :only = 'set_aside' and set_aside_at is not null
        or :only = 'waiting' and set_aside_at is null and waiting_for <> '{}'
        or :only = 'drained' and drained_at is not null
     order by received_at desc, delivery_id limit :limit
""")


class StoredOutcome(StrEnum):
    """What became of a delivery: kept, kept but not understood, or known already."""

    STORED = "stored"
    SET_ASIDE = "set_aside"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a delivery says: the tables to look at; `reason` is why it is set aside instead."""

    event: str | None
    project: str | None
    tables: tuple[Table, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """One that a table has yet to look at."""

    team: str
    delivery_id: str
    event: str | None
    project: str | None
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """One as a person sees it: what and when, never the body."""

    team: str
    delivery_id: str
    event: str | None
    project: str | None
    received_at: datetime
    waiting_for: list[str]
    set_aside_at: datetime | None
    reason: str | None
    drained_at: datetime | None
    attempts: int

    @property
    def state(self) -> str:
        """`waiting`, `set_aside` or `drained`."""
        if self.set_aside_at is not None:
            return "set_aside"
        return "waiting" if self.waiting_for else "drained"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, since when, up to when, and for which tables."""

    count: int
    first_at: datetime | None
    last_at: datetime | None
    tables: tuple[str, ...]


def store(
    engine: Engine,
    team: str,
    headers: Mapping[str, str],
    raw_body: bytes,
    summary: Summary,
    *,
    now: datetime | None = None,
) -> StoredOutcome:
    """Keep a delivery, once per delivery id; one without an id is always new."""
    names = {name.lower(): value for name, value in headers.items()}
    received_at = now or datetime.now(UTC)
    kept = {name: value.replace("\x00", "") for name, value in names.items() if name not in _SECRET_HEADERS}
    values = {
        "team": team,
        "delivery_id": names.get(DELIVERY_HEADER) or f"without-id-{uuid4()}",
        "event": summary.event,
        "project": summary.project,
        "headers": orjson.dumps(kept).decode(),
        "body": raw_body,
        "received_at": received_at,
        "waiting_for": [str(table) for table in summary.tables],
        "set_aside_at": received_at if summary.reason else None,
        "reason": summary.reason,
        "drained_at": None if summary.tables or summary.reason else received_at,
    }
    with engine.begin() as conn:
        is_new = conn.execute(_STORE, values).rowcount
    if not is_new:
        return StoredOutcome.REPEATED
    return StoredOutcome.SET_ASIDE if summary.reason else StoredOutcome.STORED


def waiting_deliveries(
    conn: Connection, teams: Collection[str], table: Table, *, limit: int
) -> list[WaitingDelivery]:
    """The oldest deliveries that a table has yet to look at."""
    values = {"teams": list(teams), "table": str(table), "limit": limit}
    return [WaitingDelivery(*row) for row in conn.execute(_WAITING, values)]


def what_waits(conn: Connection, teams: Collection[str]) -> Waiting:
    """What the sensor asks: whether anything waits for these teams."""
    count, first_at, last_at, tables = conn.execute(_WAITING_TEAMS, {"teams": list(teams)}).one()
    return Waiting(count, first_at, last_at, tuple(sorted(tables or ())))


def cross_off(conn: Connection, table: Table, done: Sequence[WaitingDelivery], *, now: datetime) -> None:
    """Note that a table has looked at deliveries; those that wait for no other are drained."""
    teams, ids = [d.team for d in done], [d.delivery_id for d in done]
    conn.execute(_CROSS_OFF, {"table": str(table), "teams": teams, "ids": ids, "now": now})


def set_aside(conn: Connection, delivery: WaitingDelivery, *, reason: str, now: datetime) -> None:
    """Take a delivery out of the way of the others, with the reason."""
    values = {"team": delivery.team, "delivery_id": delivery.delivery_id, "reason": reason, "now": now}
    conn.execute(_SET_ASIDE, values)


def list_deliveries(conn: Connection, *, only: str | None = None, limit: int = 100) -> list[ListedDelivery]:
    """The newest deliveries; `only` those `waiting`, `set_aside` or `drained`."""
    return [ListedDelivery(*row) for row in conn.execute(_LIST, {"only": only, "limit": limit})]


def stored_body(conn: Connection, team: str, delivery_id: str) -> bytes | None:
    """The body of a delivery as it came, None where there is no such delivery."""
    query = text("select body from ops.webhook_deliveries where team = :team and delivery_id = :id")
    return conn.scalar(query, {"team": team, "id": delivery_id})


def put_back(conn: Connection, team: str, delivery_id: str, tables: Collection[Table]) -> None:
    """Let these tables look at a delivery again."""
    values = {"team": team, "delivery_id": delivery_id, "waiting_for": [str(table) for table in tables]}
    conn.execute(_REPLAY, values)


def forget_drained(conn: Connection, *, now: datetime) -> int:
    """Remove deliveries that were drained more than `KEPT_DAYS` ago; how many."""
    query = text("delete from ops.webhook_deliveries where drained_at < :limit")
    return conn.execute(query, {"limit": now - timedelta(days=KEPT_DAYS)}).rowcount
