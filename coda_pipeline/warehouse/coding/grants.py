"""Where grants of CODING teams are kept: one row a team, its tokens sealed (see `warehouse.sealing`).

What a grant means, and when it is refreshed, is `sync.coding.granting`'s. The one thing to know: whoever is
about to refresh a grant reads it by `locked_grant`, so that one process at a time does.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

_FIND = text("""
    select team, sealed, scopes, granted_by, granted_at, refreshed_at, expires_at, refresh_until, refused_at
      from ops.coding_grants where team = :team
""")
_LOCK = text("select 1 from ops.coding_grants where team = :team for update")
_KEEP = text("""
    insert into ops.coding_grants (team, sealed, scopes, granted_by, expires_at, refresh_until)
    values (:team, :sealed, :scopes, :granted_by, :expires_at, :refresh_until)
    on conflict (team) do update
       set sealed = excluded.sealed, scopes = excluded.scopes, granted_by = excluded.granted_by,
           granted_at = clock_timestamp(), refreshed_at = null, expires_at = excluded.expires_at,
           refresh_until = excluded.refresh_until, refused_at = null
""")
_REFRESHED = text("""
    update ops.coding_grants
       set sealed = :sealed, scopes = :scopes, expires_at = :expires_at, refresh_until = :refresh_until,
           refreshed_at = clock_timestamp(), refused_at = null
     where team = :team
""")
_REFUSED = text("update ops.coding_grants set refused_at = :now where team = :team")
_WAIT = text("select set_config('lock_timeout', :ms, true)")


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """What is kept of a grant. `refused_at`: CODING refuses to refresh it since."""

    team: str
    sealed: bytes = field(repr=False)
    scopes: list[str]
    granted_by: str
    granted_at: datetime
    refreshed_at: datetime | None
    expires_at: datetime
    refresh_until: datetime
    refused_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """What is new of a grant: its tokens, sealed, and how long they live."""

    sealed: bytes = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: datetime
    refresh_until: datetime


def find_grant(conn: Connection, team: str) -> StoredGrant | None:
    """The grant of a team, None where it was never connected."""
    row = conn.execute(_FIND, {"team": team}).one_or_none()
    return StoredGrant(*row) if row is not None else None


def locked_grant(conn: Connection, team: str, *, wait_s: float) -> StoredGrant | None:
    """The same, locked until the transaction ends; as it is once whoever held it has let go."""
    conn.execute(_WAIT, {"ms": str(int(wait_s * 1000))})
    conn.execute(_LOCK, {"team": team})
    # A statement of its own, so that it sees what was committed while this one waited.
    return find_grant(conn, team)


def keep_grant(conn: Connection, team: str, grant: SealedGrant, *, granted_by: str) -> None:
    """Keep what a person has just granted, in place of any before."""
    conn.execute(_KEEP, {"granted_by": granted_by, **_values(team, grant)})


def keep_refreshed(conn: Connection, team: str, grant: SealedGrant) -> None:
    """Keep what a refresh brought."""
    conn.execute(_REFRESHED, _values(team, grant))


def note_refused(conn: Connection, team: str, *, now: datetime) -> None:
    """Note that CODING refuses to refresh the grant."""
    conn.execute(_REFUSED, {"team": team, "now": now})


def _values(team: str, grant: SealedGrant) -> dict[str, object]:
    return {
        "team": team,
        "sealed": grant.sealed,
        "scopes": list(grant.scopes),
        "expires_at": grant.expires_at,
        "refresh_until": grant.refresh_until,
    }
