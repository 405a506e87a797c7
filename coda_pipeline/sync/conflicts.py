"""Settling a conflict by a person's word: take Coda's side, the warehouse's, or a value of their own.

What is to be done is a pure function (`settlement`); `settle` loads, decides and applies it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import Engine

from coda_pipeline.errors import ConfigurationError, RetriableError
from coda_pipeline.sync.draft import readable
from coda_pipeline.sync.identity import with_identity
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    ConflictKind,
    Fields,
    Participation,
    ParticipationUpdate,
    Person,
    Record,
    Resolution,
    Value,
)
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.apply import apply_resolution

CODA, WAREHOUSE, OWN_VALUE = "coda", "warehouse", "value"


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict with all that its settlement needs."""

    conflict: Conflict
    participation: Participation
    record: Record | None
    base: Fields


def value_from_text(field: str, text: str) -> Value:
    """What a person typed for a field: «Имя <почта>», 2024-02-01, 0.5. Blank clears the field.

    Raises `ConfigurationError` where the text does not fit the field.
    """
    if not text.strip():
        return None
    try:
        if field == "person":
            name, _, email = text.partition("<")
            return Person(name.strip() or None, email.strip(" >") or None)
        if field == "activity":
            return Activity(text)
        if field in ("started_on", "ended_on"):
            return date.fromisoformat(text.strip())
        return Decimal(text.strip()) if field == "share" else text
    except (ValueError, InvalidOperation) as error:
        message = f"Cannot take this value for {field}: expected a date as 2024-02-01, or a share as 0.5."
        raise ConfigurationError(message) from error


def settlement(case: Case, take: str, *, now: datetime) -> Resolution:
    """What taking a side writes. Afterwards the next resolve finds both sides as the person wants them."""
    kinds: dict[ConflictKind, Callable[[Case, str, datetime], Resolution]] = {
        ConflictKind.FIELD: _settle_field,
        ConflictKind.DELETED_IN_CODA: _settle_deleted_in_coda,
        ConflictKind.DELETED_HERE: _settle_deleted_here,
    }
    return kinds[case.conflict.kind](case, take, now)


def _closed(case: Case, take: str) -> dict[int, str]:
    outcome = take if take in (CODA, WAREHOUSE) else OWN_VALUE
    return {case.conflict.conflict_id: outcome} if case.conflict.conflict_id is not None else {}


def _settle_field(case: Case, take: str, _now: datetime) -> Resolution:
    conflict, p = case.conflict, case.participation
    name = conflict.field or ""
    is_merge = conflict.cause == "merged"
    if take == CODA:
        wanted: Value = conflict.coda
    else:
        wanted = conflict.warehouse if take == WAREHOUSE else value_from_text(name, take)
    update = ParticipationUpdate(p.participation_id, p.version, {name: wanted})
    base = (
        {}
        if is_merge
        else {BaseKey(p.participation_id, conflict.record_id): {**case.base, name: conflict.coda}}
    )
    is_change = p.fields.get(name) != wanted
    return Resolution(updates=(update,) if is_change else (), bases=base, closed=_closed(case, take))


def _settle_deleted_in_coda(case: Case, take: str, now: datetime) -> Resolution:
    p = case.participation
    if take == CODA:
        links: dict[str, object] = {"deleted_at": now, "deleted_by": "coda"}
    else:
        links = {"source": "warehouse", "source_table": None, "coda_row_id": None}
    update = ParticipationUpdate(p.participation_id, p.version, links=links)
    return Resolution(updates=(update,), closed=_closed(case, take))


def _settle_deleted_here(case: Case, take: str, _now: datetime) -> Resolution:
    p, record = case.participation, case.record
    if take == CODA:
        update = ParticipationUpdate(
            p.participation_id, p.version, links={"deleted_at": None, "deleted_by": None}
        )
        return Resolution(updates=(update,), closed=_closed(case, take))
    base = {} if record is None else {BaseKey(p.participation_id, record.record_id): _completed(record)}
    return Resolution(bases=base, closed=_closed(case, take))


def _completed(record: Record) -> dict[str, Value]:
    fields = dict(readable(record.fields))
    fields["person"] = with_identity(fields["person"], record.person_key, record.doc_id)
    fields["activity"] = with_identity(fields["activity"], record.activity_key, record.doc_id)
    return fields


def settle(
    engine: Engine,
    conflict_id: int,
    take: str,
    *,
    by: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Conflict:
    """Settle one open conflict; `take` is `coda`, `warehouse` or a value. Returns the conflict as it was.

    Raises `ConfigurationError` where there is no such open conflict or the value does not fit, and
    `RetriableError` where the participation was edited at this very moment.
    """
    with engine.begin() as conn:
        conflict = next((c for c in load.open_conflicts(conn) if c.conflict_id == conflict_id), None)
        if conflict is None:
            message = f"No open conflict {conflict_id}; `coda-pipeline conflicts list` shows them."
            raise ConfigurationError(message)
        if take not in (CODA, WAREHOUSE) and conflict.kind is not ConflictKind.FIELD:
            message = f"Conflict {conflict_id} is about a deletion: take `coda` or `warehouse`, not a value."
            raise ConfigurationError(message)
        pid = conflict.participation_id
        participation = next(p for p in load.participations(conn, ids=[pid]) if p.participation_id == pid)
        record = next(iter(load.records(conn, record_ids=[conflict.record_id])), None)
        base = load.bases(conn, [pid]).get(BaseKey(pid, conflict.record_id), {})
        resolution = settlement(Case(conflict, participation, record, base), take, now=now())
        seen = {pid: participation.version}
        run_id = f"conflict {conflict_id}"
        if apply_resolution(conn, resolution, seen=seen, run_id=run_id, now=now(), by=by):
            message = f"Conflict {conflict_id} was not settled: the participation was just edited. Try again."
            raise RetriableError(message)
    return conflict
