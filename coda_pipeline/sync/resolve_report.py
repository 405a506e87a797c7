"""What a resolve tells about itself: counts and times, no cell and no person.

What was decided is counted from the resolutions, what stands after it from the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from coda_pipeline.sync.model import Outcome, Resolution
from coda_pipeline.warehouse.core import reports


@dataclass(frozen=True, slots=True)
class ResolveReport:
    """What one resolve found and did: counts only."""

    records: int
    survivors: int
    duplicates: int
    twins: int
    incomplete: int
    ambiguous: int
    participations: int
    conflicts_open: int
    looked_at: int = 0
    inserted: int = 0
    updated: int = 0
    merged: int = 0
    unmerged: int = 0
    tombstoned: int = 0
    revived: int = 0
    conflicts_raised: int = 0
    requests: int = 0
    seconds: float = 0.0


def report_of(
    conn: Connection, done: Sequence[Resolution], *, looked_at: int, requests: int, seconds: float
) -> ResolveReport:
    """The report of a resolve that applied what is in `done`, one resolution a round."""
    outcomes = reports.outcome_counts(conn)
    links = [u.links for r in done for u in r.updates]
    return ResolveReport(
        records=sum(outcomes.values()),
        survivors=outcomes.get(Outcome.SURVIVOR, 0),
        duplicates=outcomes.get(Outcome.DUPLICATE, 0),
        twins=outcomes.get(Outcome.TWIN, 0),
        incomplete=outcomes.get(Outcome.INCOMPLETE, 0),
        ambiguous=reports.ambiguous_people(conn),
        participations=reports.live_participations(conn),
        conflicts_open=reports.open_conflict_count(conn),
        looked_at=looked_at,
        inserted=sum(len(r.inserts) for r in done),
        updated=sum(bool(u.fields) for r in done for u in r.updates),
        merged=sum(link.get("merged_into") is not None for link in links),
        unmerged=sum("merged_into" in link and link["merged_into"] is None for link in links),
        tombstoned=sum(link.get("deleted_at") is not None for link in links),
        revived=sum("deleted_at" in link and link["deleted_at"] is None for link in links),
        conflicts_raised=sum(len(r.conflicts) for r in done),
        requests=requests,
        seconds=seconds,
    )
