"""How a team's deliveries went lately: counts and times, never what was delivered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

LATELY = timedelta(hours=24)

_COUNTS = text("""
    select count(*) filter (where received_at > clock_timestamp() - cast(:lately as interval)),
           count(*) filter (where drained_at is not null
                              and received_at > clock_timestamp() - cast(:lately as interval)),
           count(*) filter (where set_aside_at is null and waiting_for <> '{}'),
           count(*) filter (where set_aside_at is not null),
           max(received_at),
           (array_agg(reason order by set_aside_at desc) filter (where set_aside_at is not null))[1]
      from ops.webhook_deliveries where team = :team
""")


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """`lately` and `drained`: in the last day; `waiting` and `set_aside`: all, with the latest's `reason`."""

    lately: int
    drained: int
    waiting: int
    set_aside: int
    last_at: datetime | None
    reason: str | None


def inbox_counts(conn: Connection, team: str) -> InboxCounts:
    """How the deliveries of a team went."""
    return InboxCounts(*conn.execute(_COUNTS, {"team": team, "lately": LATELY}).one())
