"""What the overview tells: how fresh each table is, and how much waits for a person. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_TABLES = text("""
    select f.table_name, f.source, f.source_link, f.as_of, f.last_read_at, f.live_rows, f.outcome,
           c.last_run_id as run_id
      from core.freshness as f join sync.tables using (table_name)
      left join sync.cursors as c using (table_name)
     order by f.table_name
""")
_WAITING = text("""
    select (select count(*) from sync.conflicts where outcome is null) as conflicts,
           (select count(*) from sync.held_deletions where state = 'held') as deletions,
           (select coalesce(sum(held), 0) from sync.plans where state = 'open') as plan_rows,
           count(*) filter (where outcome = 'duplicate') as duplicates,
           count(*) filter (where is_ambiguous) as people,
           count(*) filter (where outcome = 'incomplete') as half
      from core.participation_records where deleted_at is null
""")


@dataclass(frozen=True, slots=True)
class TableStanding:
    """One table: `title` and `link` as in Coda, and how its last read went."""

    name: str
    title: str | None
    link: str | None
    as_of: datetime | None
    last_read_at: datetime | None
    live_rows: int | None
    outcome: str | None
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much there is to decide, and to know."""

    conflicts: int
    deletions: int
    plan_rows: int
    duplicates: int
    people: int
    half: int


def tables(conn: Connection) -> list[TableStanding]:
    """Every table of Coda ever seen, by its name."""
    return [TableStanding(*row) for row in conn.execute(_TABLES)]


def waiting(conn: Connection) -> Waiting:
    """The counts of everything that waits."""
    return Waiting(*(int(number) for number in conn.execute(_WAITING).one()))
