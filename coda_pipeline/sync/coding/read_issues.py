"""Reading the issues of one project: list what changed or all, read what is new, find what is gone.

Which need their details is decided in `choosing`; the lists are read in `listing`, the details in `details`.
A read that is cut short keeps what has landed, and the next one goes on from there: the mark moves only once
all has.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from coda_pipeline.errors import RequestRefusedError
from coda_pipeline.sync.coding.choosing import codes_to_read, is_sweep_due, moved_mark, window_start
from coda_pipeline.sync.coding.details import Details, read_details
from coda_pipeline.sync.coding.gone import Gone, missing_from, settle_gone
from coda_pipeline.sync.coding.listing import IssueList, list_all, list_changed
from coda_pipeline.sync.coding.reading import WAIT_S, CodingReading, alone, not_due
from coda_pipeline.sync.coding.report import CodingReport, Mode
from coda_pipeline.sync.guard import Proof, proof_for
from coda_pipeline.warehouse.coding.cursors import CodingCursor, save_cursor
from coda_pipeline.warehouse.coding.known import known_records
from coda_pipeline.warehouse.coding.landing import release_seen
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline.warehouse.coding.relatives import issues_behind
from coda_pipeline.warehouse.statistics import note_written


@dataclass
class _Pass:
    """One read under way."""

    mode: Mode
    listed: IssueList
    started_at: datetime
    details: Details = field(default_factory=Details)
    gone: Gone = field(default_factory=Gone)


def read_issues(
    reading: CodingReading, *, full: bool = False, wait_s: float = WAIT_S, is_forced: bool = False
) -> CodingReport:
    """Bring `raw.coding_issues` up to date with one project.

    `full` reads the details of every issue; `is_forced` polls although a slow poll is not due. Raises what
    the client raises, and `BusyError` where another read did not end in time.
    """
    if not (full or is_forced or reading.is_due(Table.ISSUES)):
        return not_due(reading, Table.ISSUES)
    with alone(reading, Table.ISSUES, wait_s=wait_s):
        sent_before, cursor = reading.client.requests_sent, reading.cursor(Table.ISSUES)
        found = _list(reading, cursor, full=full)
        found.details = _read_listed(reading, found, full=full)
        if found.mode == "full" and found.listed.is_whole:
            found.gone = _find_gone(reading, found)
        landed = found.details.landed
        found.details += _read_relatives(
            reading, written=landed.inserted + landed.updated, is_sweep=found.mode == "full"
        )
        _save(reading, cursor, found)
        return _report(reading, found, requests=reading.client.requests_sent - sent_before)


def _list(reading: CodingReading, cursor: CodingCursor, *, full: bool) -> _Pass:
    polling, started_at = reading.team.polling, reading.now()
    is_sweep = full or is_sweep_due(cursor, now=started_at, every=reading.sweep_every)
    if not is_sweep and cursor.high_water is not None:
        since = window_start(cursor.high_water, overlap_days=polling.overlap_days)
        try:
            listed = list_changed(reading.client, reading.project, since, page_rows=polling.page_rows)
            return _Pass("incremental", listed, started_at)
        except RequestRefusedError:
            # A server that does not take the condition can still be listed in full.
            pass
    tell = reading.on_progress
    listed = list_all(
        reading.client, reading.project, page_rows=polling.page_rows, on_page=lambda rows: tell(rows, None)
    )
    return _Pass("full", listed, started_at)


def _read_listed(reading: CodingReading, found: _Pass, *, full: bool) -> Details:
    refs = found.listed.refs
    with reading.engine.begin() as conn:
        release_seen(conn, reading.place, Table.ISSUES, list(refs))
    if full:
        codes = sorted(refs)
    else:
        with reading.engine.connect() as conn:
            known = known_records(conn, reading.place, Table.ISSUES, list(refs))
        codes = codes_to_read(refs.values(), known, settle_s=reading.team.polling.settle_s)
    return read_details(reading, codes, on_progress=lambda done: reading.on_progress(done, len(codes)))


def _find_gone(reading: CodingReading, found: _Pass) -> Gone:
    """Codes that the list of all lacks, each proved: it answers so itself, or a second list lacks it too."""
    missing = missing_from(reading, Table.ISSUES, found.listed.refs)
    looked_at = reading.now()
    match proof_for(len(missing), is_short=False):
        case Proof.NOTHING_MISSING:
            return Gone()
        case Proof.ASK_EACH:
            asked = read_details(reading, missing)
            found.details += asked
            gone = asked.gone
        case _:
            again = list_all(reading.client, reading.project, page_rows=reading.team.polling.page_rows)
            gone = set(missing) - set(again.refs) if again.is_whole else set()
    return settle_gone(reading, Table.ISSUES, gone, left=len(found.listed.refs), looked_at=looked_at)


def _read_relatives(reading: CodingReading, *, written: int, is_sweep: bool) -> Details:
    """Read issues again that show an older state of others: of what this run wrote, after a sweep of any."""
    with reading.engine.begin() as conn:
        note_written(conn, "raw.coding_issues", written)
        run_id = None if is_sweep else reading.run_id
        codes = sorted(issues_behind(conn, reading.place, run_id=run_id))
    return read_details(reading, codes)


def _save(reading: CodingReading, cursor: CodingCursor, found: _Pass) -> None:
    """Move the mark, unless something was missed: a list that never stood still, an issue not to be read."""
    is_done = found.listed.is_still and not found.details.unreadable
    is_swept = found.mode == "full" and found.listed.is_whole
    mark = moved_mark(cursor.high_water, found.listed.refs.values())
    moved = replace(
        cursor,
        high_water=mark if is_done else cursor.high_water,
        as_of=found.started_at,
        last_read_at=reading.now(),
        last_sweep_at=found.started_at if is_swept else cursor.last_sweep_at,
        last_run_id=reading.run_id,
        last_outcome="complete" if is_done and found.listed.is_whole else "incomplete",
    )
    with reading.engine.begin() as conn:
        save_cursor(conn, moved)


def _report(reading: CodingReading, found: _Pass, *, requests: int) -> CodingReport:
    details = found.details
    return CodingReport(
        place=reading.place,
        table=Table.ISSUES,
        mode=found.mode,
        as_of=found.started_at,
        read=len(details.found.union(found.listed.refs) - details.gone),
        inserted=details.landed.inserted,
        updated=details.landed.updated,
        deleted=found.gone.deleted,
        newly_held=found.gone.newly_held,
        requests=requests,
        seconds=(reading.now() - found.started_at).total_seconds(),
        is_whole=found.listed.is_whole,
        is_still=found.listed.is_still,
        unreadable=tuple(sorted(details.unreadable.items())),
    )
