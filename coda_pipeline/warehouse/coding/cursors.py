"""Cursors of CODING: how far each table of each project has been read, in `sync.coding_cursors`.

Whether one allows a poll of what changed, or all codes must be listed, is decided in `sync.coding`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.coding.places import Place, Table


@dataclass(frozen=True, slots=True)
class CodingCursor:
    """How far a table of a project has been read; `high_water` only for issues."""

    team: str
    project: str
    table_name: str
    project_id: int | None = None
    high_water: datetime | None = None
    as_of: datetime | None = None
    last_read_at: datetime | None = None
    last_sweep_at: datetime | None = None
    sweep_asked_at: datetime | None = None
    last_run_id: str | None = None
    last_outcome: str | None = None


_COLUMNS = [field.name for field in fields(CodingCursor)]
_KEY = ("team", "project", "table_name")
_SELECT = text(
    f"select {', '.join(_COLUMNS)} from sync.coding_cursors "  # noqa: S608 field names
    "where team = :team and project = :project and table_name = :table"
)
_SAVE = text(
    f"insert into sync.coding_cursors ({', '.join(_COLUMNS)}) "  # noqa: S608 field names
    f"values ({', '.join(':' + c for c in _COLUMNS)}) "
    f"on conflict ({', '.join(_KEY)}) do update set "
    + ", ".join(f"{c} = excluded.{c}" for c in _COLUMNS if c not in (*_KEY, "sweep_asked_at"))
)
_NOTE_FAILURE = text("""
    insert into sync.coding_cursors (team, project, table_name, last_run_id, last_outcome)
    values (:team, :project, :table, :run_id, :outcome)
    on conflict (team, project, table_name) do update
       set last_run_id = excluded.last_run_id, last_outcome = excluded.last_outcome
""")
_ASK_FOR_SWEEP = text("""
    insert into sync.coding_cursors (team, project, table_name, sweep_asked_at)
    values (:team, :project, :table, :now)
    on conflict (team, project, table_name) do update set sweep_asked_at = excluded.sweep_asked_at
""")


def load_cursor(conn: Connection, place: Place, table: Table) -> CodingCursor:
    """The cursor of a table of a project; one that says nothing where it was never read."""
    found = conn.execute(_SELECT, _names(place, table)).one_or_none()
    return CodingCursor(*found) if found else CodingCursor(place.team, place.project, table)


def was_read(conn: Connection, place: Place) -> bool:
    """Whether any table of a project was ever read."""
    query = text(
        "select exists (select from sync.coding_cursors"
        " where team = :team and project = :project and last_read_at is not null)"
    )
    return bool(conn.scalar(query, {"team": place.team, "project": place.project}))


def save_cursor(conn: Connection, cursor: CodingCursor) -> None:
    """Write a cursor; a sweep that was asked for meanwhile stays asked for."""
    conn.execute(_SAVE, asdict(cursor))


def record_failure(conn: Connection, place: Place, table: Table, *, run_id: str, outcome: str) -> None:
    """Note that a read came to nothing: how far the table had been read before stays as it was."""
    conn.execute(_NOTE_FAILURE, {**_names(place, table), "run_id": run_id, "outcome": outcome})


def ask_for_sweep(conn: Connection, place: Place, table: Table, *, now: datetime) -> None:
    """Let the next read list all codes, since a record seems to be gone."""
    conn.execute(_ASK_FOR_SWEEP, {**_names(place, table), "now": now})


def oldest_read(conn: Connection, places: Iterable[Place], table: Table) -> datetime | None:
    """As of when a table is over several projects, None where one of them was never read."""
    times = [load_cursor(conn, place, table).as_of for place in places]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def _names(place: Place, table: Table) -> dict[str, str]:
    return {"team": place.team, "project": place.project, "table": str(table)}
