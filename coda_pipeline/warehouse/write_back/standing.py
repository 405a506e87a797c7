"""How sending to Coda stands, in one word, and why single participations are not there yet. Reads only."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.trigger_requests import Push

_STANDING = text("""
    select exists (select from sync.writes where state in ('sent', 'confirmed')) as is_under_way,
           coalesce(sum(creates + updates + deletes - held), 0) as to_send,
           coalesce(sum(held), 0) as held
      from sync.plans where state = 'open' and kind = 'changes'
""")
_HELD = text("""
    select r.participation_id, string_agg(distinct h ->> 'says', '; ')
      from sync.plan_rows as r join sync.plans as p using (plan_id), jsonb_array_elements(r.holds) as h
     where p.state = 'open' and p.kind = 'changes' and r.participation_id = any(:ids)
     group by r.participation_id
""")
_REJECTED = text("""
    select participation_id, string_agg(distinct reason, '; ') from sync.rejected_rows
     where closed_at is null and participation_id = any(:ids) group by participation_id
""")


def push_standing(conn: Connection) -> Push:
    """Whether edits made here are in Coda: `pending` while some are on their way, `held` where some wait."""
    found = conn.execute(_STANDING).one()
    if found.is_under_way or found.to_send > 0:
        return "pending"
    return "held" if found.held else "done"


def held_of(conn: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Why the open plan keeps back rows of these participations; those without a reason are not there."""
    return {row[0]: row[1] for row in conn.execute(_HELD, {"ids": list(ids)})}


def rejected_of(conn: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Why Coda did not take what was sent of these participations."""
    return {row[0]: row[1] for row in conn.execute(_REJECTED, {"ids": list(ids)})}
