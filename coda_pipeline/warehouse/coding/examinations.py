"""What the last try of a team's connection came to, for whoever opens its page. What is tried is `sync`'s."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

_KEEP = text("""
    insert into ops.coding_examinations (team, examined_by, steps)
    values (:team, :examined_by, cast(:steps as jsonb))
    on conflict (team) do update
       set examined_at = clock_timestamp(), examined_by = excluded.examined_by, steps = excluded.steps
""")
_FIND = text("select examined_at, examined_by, steps from ops.coding_examinations where team = :team")


@dataclass(frozen=True, slots=True)
class Examination:
    """When and by whom, and each step as it was kept."""

    examined_at: datetime
    examined_by: str
    steps: list[dict[str, object]]


def keep_examination(conn: Connection, team: str, steps: Sequence[dict[str, object]], *, by: str) -> None:
    """Keep what a try came to, in place of the one before."""
    values = {"team": team, "examined_by": by, "steps": orjson.dumps(list(steps)).decode()}
    conn.execute(_KEEP, values)


def last_examination(conn: Connection, team: str) -> Examination | None:
    """The last try, None where nobody tried."""
    row = conn.execute(_FIND, {"team": team}).one_or_none()
    return Examination(*row) if row is not None else None
