"""Writing what one resolution decided, in bulk, inside the caller's transaction. It decides nothing itself.

Compare-and-set: a participation that was written since it was loaded is *missed*, and nothing that concerns
it is applied, so the next resolution sees it again. Where the whole cannot stand (the application took a key
meanwhile), nothing is applied and all is missed. Participations are written by `apply_participations`,
records, bases and conflicts by `apply_records`.
"""

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from psycopg import errors
from sqlalchemy import Connection, text

from coda_pipeline.errors import FatalError
from coda_pipeline.sync.model import Resolution
from coda_pipeline.warehouse.core.apply_participations import insert, note_resolved, unchanged, update
from coda_pipeline.warehouse.core.apply_records import (
    add_conflicts,
    close_conflicts,
    write_bases,
    write_records,
)
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.core.driver import driver_connection, execute, give_memory
from coda_pipeline.warehouse.statistics import note_written


def apply_resolution(
    conn: Connection,
    resolution: Resolution,
    *,
    seen: Mapping[UUID, int],
    run_id: str,
    now: datetime,
    by: str = "sync",
) -> set[UUID]:
    """Write a resolution as the sync of this run; the participations that were missed.

    `seen` is the version of each participation as it was loaded. What is returned was written by someone else
    meanwhile: load again and resolve again. `by` is who closes the conflicts. Raises `FatalError` where the
    database refuses a value.
    """
    conn.execute(text("select set_config('coda_pipeline.run_id', :run_id, true)"), {"run_id": run_id})
    give_memory(conn)
    loaded = _loaded(resolution, seen)
    try:
        # A savepoint: what the database refuses here leaves the caller's transaction usable.
        with in_bulk(), driver_connection(conn).transaction():
            updated = {u.participation_id for u in resolution.updates}
            missed = loaded.keys() - unchanged(conn, loaded, to_lock=updated)
            _write(conn, _without(resolution, missed), seen=loaded, run_id=run_id, now=now)
            close_conflicts(conn, resolution.closed, missed=missed, now=now, by=by)
            # Here, where it can be undone, and not at the end of the caller's transaction.
            execute(conn, "set constraints all immediate")
            execute(conn, "set constraints all deferred")
    except (errors.ExclusionViolation, errors.DeadlockDetected):
        return set(_concerned(resolution))
    except (errors.IntegrityError, errors.DataError) as error:
        # Its details quote the row, people and all: they must not reach a log.
        message = (
            f"The database refused what was resolved ({type(error).__name__}:"
            f" {error.diag.constraint_name}); nothing of it was stored. This is a defect: report it."
        )
        raise FatalError(message) from None
    return set(missed)


def _write(
    conn: Connection, resolution: Resolution, *, seen: Mapping[UUID, int], run_id: str, now: datetime
) -> None:
    """Updates before inserts: a new one may take the key that an old one gives up."""
    update(conn, resolution.updates, now=now)
    insert(conn, resolution.inserts, now=now)
    write_records(conn, resolution.records, run_id=run_id, now=now)
    write_bases(conn, resolution.bases, new={p.participation_id for p in resolution.inserts})
    add_conflicts(conn, resolution.conflicts, run_id=run_id, now=now)
    note_resolved(conn, resolution, seen=seen)
    note_written(conn, "core.participation_all", len(resolution.inserts) + len(resolution.updates))
    note_written(conn, "core.participation_records", len(resolution.records))
    note_written(conn, "sync.participation_base", len(resolution.bases))
    note_written(conn, "sync.participation_state", len(resolution.resolved))


def _loaded(resolution: Resolution, seen: Mapping[UUID, int]) -> dict[UUID, int]:
    """The version that each stored participation must still have for what concerns it to be applied."""
    versions = {i: seen[i] for i in _concerned(resolution) if i in seen}
    versions.update((u.participation_id, u.version) for u in resolution.updates)
    return versions


def _concerned(resolution: Resolution) -> Set[UUID]:
    return (
        {p.participation_id for p in resolution.inserts}
        | {u.participation_id for u in resolution.updates}
        | {r.participation_id for r in resolution.records if r.participation_id}
        | {key.participation_id for key in resolution.bases}
        | {c.participation_id for c in resolution.conflicts}
        | resolution.resolved.keys()
    )


def _without(resolution: Resolution, missed: Set[UUID]) -> Resolution:
    if not missed:
        return resolution
    return replace(
        resolution,
        updates=tuple(u for u in resolution.updates if u.participation_id not in missed),
        records=tuple(r for r in resolution.records if r.participation_id not in missed),
        bases={key: fields for key, fields in resolution.bases.items() if key.participation_id not in missed},
        conflicts=tuple(c for c in resolution.conflicts if c.participation_id not in missed),
        resolved={i: key for i, key in resolution.resolved.items() if i not in missed},
    )
