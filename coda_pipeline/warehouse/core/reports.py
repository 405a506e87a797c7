"""What the checks and the command line ask about Участие. Reads only; names are masked (see `masking`).

Conflicts themselves are in `load.open_conflicts`, what became of one participation in `history`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.core.changes import was_read
from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.core.key import ARGUMENTS
from coda_pipeline.warehouse.core.masking import mask
from coda_pipeline.warehouse.dump_records import line_count
from coda_pipeline.warehouse.statement import raw_table

MAX_LINKS = 10
UNRESOLVED = "unresolved"

_WORST = """
    with worst as (
        select participation_id, min(survivor_link) as survivor_link, count(*) + 1 as size,
               array_agg(browser_link order by record_id) filter (where browser_link is not null) as links
          from core.participation_duplicates
         group by participation_id order by count(*) desc, participation_id limit %s)
    select p.person_name, p.person_email, p.activity, p.role, p.started_on, w.size,
           array_prepend(w.survivor_link, w.links)
      from worst as w join core.participation_all as p using (participation_id)
     order by w.size desc, participation_id
"""
_KEYS = f"select core.natural_key({ARGUMENTS}) as key from core.participation"  # noqa: S608 (our own columns)
_VIOLATIONS = f"""
    select coalesce(sum(size), 0) from (
        select count(*) as size from ({_KEYS}) as keys
         where key is not null group by key having count(*) > 1) as groups
"""  # noqa: S608


_PENDING = """
    select count(*), max(p.updated_at)
      from sync.participation_state as s join core.participation_all as p using (participation_id)
     where s.version is distinct from s.resolved_version
"""


@dataclass(frozen=True, slots=True)
class PendingEdits:
    """Participations that no resolve has seen as they are now, and when the last of them was written."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Rows that are one participation: the masked key, how many, links to them, the survivor's first."""

    masked_key: str
    size: int
    links: tuple[str, ...]


def pending_edits(conn: Connection) -> PendingEdits | None:
    """What the application wrote since the last resolve; None where there is nothing."""
    count, last_at = conn.execute(text(_PENDING)).one()
    return PendingEdits(count, last_at) if count else None


def outcome_counts(conn: Connection) -> dict[str, int]:
    """Live records by outcome; those never resolved as `UNRESOLVED`."""
    query = text(
        "select coalesce(outcome, :unresolved), count(*) from core.participation_records"
        " where deleted_at is null group by 1 order by 1"
    )
    return {row[0]: row[1] for row in conn.execute(query, {"unresolved": UNRESOLVED})}


def live_participations(conn: Connection) -> int:
    """How many participations there are, duplicates and deleted ones left out."""
    return _count(conn, "select count(*) from core.participation")


def ambiguous_people(conn: Connection) -> int:
    """Live records that name a person without an e-mail whose name several people bear."""
    return _count(
        conn, "select count(*) from core.participation_records where is_ambiguous and deleted_at is null"
    )


def open_conflict_count(conn: Connection) -> int:
    """Conflicts without an outcome."""
    return _count(conn, "select count(*) from sync.conflicts where outcome is null")


def natural_key_violations(conn: Connection) -> int:
    """Live participations that share their natural key with another; the constraint keeps this at 0."""
    return _count(conn, _VIOLATIONS)


def accounted_for(conn: Connection, sources: Collection[str] | None = None) -> tuple[int, dict[str, int]]:
    """How many live rows the source tables have, lines of dumps among them, and what became of the records.

    `sources` None takes those that have records.
    """
    known = "select distinct source_table from core.participation_records where source = 'coda' order by 1"
    tables = sources if sources is not None else conn.scalars(text(known)).all()
    counts = [
        _count(conn, f"select count(*) from {raw_table(name)} where deleted_at is null")  # noqa: S608 (checked)
        for name in tables
        if was_read(conn, name)
    ]
    return sum(counts) + line_count(conn), outcome_counts(conn)


def links_of(conn: Connection, record_ids: Collection[str]) -> dict[str, str]:
    """Record id -> link of its row in Coda, where there is one."""
    query = (
        "select record_id, browser_link from core.participation_records"
        " where record_id = any(%s) and browser_link is not null"
    )
    return dict(fetch(conn, query, [list(record_ids)])) if record_ids else {}


def duplicate_groups(conn: Connection, limit: int) -> list[DuplicateGroup]:
    """The largest groups of duplicates."""
    groups = fetch(conn, _WORST, [limit])
    return [
        DuplicateGroup(
            _masked_key(*group[:5]), group[5], tuple(link for link in group[6] if link)[:MAX_LINKS]
        )
        for group in groups
    ]


def _masked_key(
    name: str | None, email: str | None, activity: str | None, role: str | None, started_on: date | None
) -> str:
    return " · ".join([mask(name or email), mask(activity), mask(role), str(started_on or "-")])


def _count(conn: Connection, query: str) -> int:
    return conn.scalar(text(query)) or 0
