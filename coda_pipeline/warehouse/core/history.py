"""Who changed which field of a participation, when, from what to what, and in which run.

The database writes `sync.participation_history` itself, whoever writes. What the first line wrote is not
repeated there: it is told by what later lines replaced, or by the row as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS

COLUMNS = (
    "external_id",
    "coda_row_id",
    "source_table",
    *FIELD_COLUMNS,
    "source",
    "merged_into",
    "deleted_at",
    "deleted_by",
)
_CHANGES = text(
    "select version, changed_at, writer, run_id, op, changes from sync.participation_history"
    " where participation_id = :id order by history_id"
)
_NOW = text("select to_jsonb(p) from core.participation_all as p where participation_id = :id")


@dataclass(frozen=True, slots=True)
class Change:
    """One write: the version it made, who wrote, in which run of the sync, and column -> (before, after)."""

    version: int
    changed_at: datetime
    writer: str
    run_id: str | None
    op: str
    changes: Mapping[str, tuple[Any, Any]] = field(repr=False)


def history(conn: Connection, participation_id: UUID) -> list[Change]:
    """All changes of a participation, oldest first; none where there never was such a participation."""
    rows = conn.execute(_CHANGES, {"id": participation_id}).all()
    changes = [
        Change(row.version, row.changed_at, row.writer, row.run_id, row.op, _pairs(row.changes))
        for row in rows
    ]
    if not changes or changes[0].op != "insert":
        return changes
    return [_told(changes, conn.scalar(_NOW, {"id": participation_id}) or {}), *changes[1:]]


def _told(changes: list[Change], current: Mapping[str, Any]) -> Change:
    """The insert with what it wrote: the oldest value that a later change replaced, else the current one."""
    written = {name: current.get(name) for name in COLUMNS}
    for change in reversed(changes[1:]):
        written.update((name, before) for name, (before, _) in change.changes.items())
    first = {name: (None, value) for name, value in written.items() if value is not None}
    return replace(changes[0], changes=first)


def _pairs(stored: Mapping[str, list[Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: (before, after) for name, (before, after) in sorted(stored.items())}
