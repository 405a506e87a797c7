"""Reading iterations and members: CODING knows no filter by time for them, so the whole list, compared.

What the list lacks is proved gone before it counts: an iteration answers so itself, a member is missing from
a second list too.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from coda_pipeline.coding.models import Iteration, Member, Project
from coda_pipeline.errors import NotFoundError
from coda_pipeline.sync.coding.encoding import staged
from coda_pipeline.sync.coding.gone import missing_from, settle_gone
from coda_pipeline.sync.coding.reading import WAIT_S, CodingReading, alone, not_due
from coda_pipeline.sync.coding.report import CodingReport
from coda_pipeline.warehouse.coding.cursors import CodingCursor, save_cursor
from coda_pipeline.warehouse.coding.landing import StagedRecord, land_records
from coda_pipeline.warehouse.coding.places import Table


def read_iterations(
    reading: CodingReading, *, wait_s: float = WAIT_S, is_forced: bool = False
) -> CodingReport:
    """Bring `raw.coding_iterations` up to date with one project.

    Raises what the client raises; `IncompleteReadError` where the pages do not add up: nothing is deleted
    then, and nothing lands.
    """
    if not (is_forced or reading.is_due(Table.ITERATIONS)):
        return not_due(reading, Table.ITERATIONS)
    with alone(reading, Table.ITERATIONS, wait_s=wait_s):
        cursor, sent_before = reading.cursor(Table.ITERATIONS), reading.client.requests_sent
        return _compare(reading, Table.ITERATIONS, cursor, sent_before=sent_before)


def read_members(reading: CodingReading, *, wait_s: float = WAIT_S, is_forced: bool = False) -> CodingReport:
    """Bring `raw.coding_project_members` up to date with one project. Raises as `read_iterations`."""
    if not (is_forced or reading.is_due(Table.MEMBERS)):
        return not_due(reading, Table.MEMBERS)
    with alone(reading, Table.MEMBERS, wait_s=wait_s):
        cursor, sent_before = reading.cursor(Table.MEMBERS), reading.client.requests_sent
        if cursor.project_id is None:
            cursor = _with_project_id(reading, cursor)
        try:
            return _compare(reading, Table.MEMBERS, cursor, sent_before=sent_before)
        except NotFoundError:
            # A project that was deleted and made again has another id under the same name.
            again = _with_project_id(reading, cursor)
            if again == cursor:
                raise
            return _compare(reading, Table.MEMBERS, again, sent_before=sent_before)


def _with_project_id(reading: CodingReading, cursor: CodingCursor) -> CodingCursor:
    """Members are asked for by the project's number; remembered, it saves a request."""
    return replace(cursor, project_id=reading.client.project(reading.project).id)


def _compare(reading: CodingReading, table: Table, cursor: CodingCursor, *, sent_before: int) -> CodingReport:
    started_at = reading.now()
    records = _list(reading, table, cursor)
    listed = {record.id for record in records}
    with reading.engine.begin() as conn:
        landed = land_records(conn, reading.place, table, records, run_id=reading.run_id, now=reading.now())
    missing = missing_from(reading, table, listed)
    looked_at = reading.now()
    proved = _proved_gone(reading, table, missing, cursor)
    gone = settle_gone(reading, table, proved, left=len(listed), looked_at=looked_at)
    ended_at = reading.now()
    done = replace(
        cursor,
        as_of=started_at,
        last_read_at=ended_at,
        last_sweep_at=started_at,
        last_run_id=reading.run_id,
        last_outcome="complete",
    )
    with reading.engine.begin() as conn:
        save_cursor(conn, done)
    return CodingReport(
        place=reading.place,
        table=table,
        mode="full",
        as_of=started_at,
        read=len(listed),
        inserted=landed.inserted,
        updated=landed.updated,
        deleted=gone.deleted,
        newly_held=gone.newly_held,
        requests=reading.client.requests_sent - sent_before,
        seconds=(ended_at - started_at).total_seconds(),
    )


def _list(reading: CodingReading, table: Table, cursor: CodingCursor) -> list[StagedRecord]:
    read_at = reading.now()
    if table is Table.ITERATIONS:
        iterations: Sequence[Iteration] = reading.client.iterations(reading.project)
        return [staged(i.code, i.payload, read_at=read_at, updated_at=i.updated_at) for i in iterations]
    members: Sequence[Member] = reading.client.members(_project(reading, cursor))
    return [staged(member.id, member.payload, read_at=read_at) for member in members]


def _project(reading: CodingReading, cursor: CodingCursor) -> Project:
    assert cursor.project_id is not None  # noqa: S101 (`read_members` saw to it)
    return Project(cursor.project_id, reading.project, reading.project)


def _proved_gone(
    reading: CodingReading, table: Table, missing: Collection[int], cursor: CodingCursor
) -> set[int]:
    if not missing:
        return set()
    if table is Table.ITERATIONS:
        return {code for code in missing if _is_gone(reading, code)}
    return set(missing) - {record.id for record in _list(reading, table, cursor)}


def _is_gone(reading: CodingReading, code: int) -> bool:
    try:
        reading.client.iteration(reading.project, code)
    except NotFoundError:
        return True
    return False
