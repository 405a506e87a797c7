"""Settling a conflict by a person's word: take Coda's side, the warehouse's, or a value of their own.

What is to be done is a pure function (`settlement`); `settle` loads, decides and applies it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from coda_pipeline.errors import ConfigurationError, RetriableError
from coda_pipeline.sync.dump_lines import DUMP
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
from coda_pipeline.sync.normalize import readable
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.apply import apply_resolution

CODA, WAREHOUSE, OWN_VALUE = "coda", "warehouse", "value"
# Without a row in Coda and born here, so that the next plan creates its row.
MADE_AGAIN: dict[str, object] = {"source": "warehouse", "source_table": None, "coda_row_id": None}


# The sides have moved although the participation may not have: the next resolve has to see it.
_LOOK_AGAIN = text(
    "update sync.participation_state set resolved_version = null where participation_id = :participation_id"
)


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict with all that its settlement needs.

    `record` is the row that the conflict is about. `others` are the other open conflicts of the
    participation; `equal` is another live participation with its natural key. `has_row`: its own row lives.
    """

    conflict: Conflict
    participation: Participation
    record: Record | None
    base: Fields
    others: tuple[Conflict, ...] = ()
    equal: UUID | None = None
    has_row: bool = True


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
        ConflictKind.FRAGMENT: _settle_fragment,
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
    links = _deleted(p, now) if take == CODA else _made_again(p)
    update = ParticipationUpdate(p.participation_id, p.version, links=links)
    return Resolution(updates=(update,), closed={**_outlived(case), **_closed(case, take)})


def _deleted(p: Participation, now: datetime) -> dict[str, object]:
    return {"deleted_at": now, "deleted_by": DUMP if p.source == DUMP else "coda"}


def _made_again(p: Participation) -> dict[str, object]:
    """Without a row. What only a dump told of stays a dump's: it is never pushed to Coda."""
    return {**MADE_AGAIN, "source": DUMP} if p.source == DUMP else MADE_AGAIN


def _outlived(case: Case) -> dict[int, str]:
    """What was asked about fields of a row that is no more."""
    fields = (c for c in case.others if c.kind is ConflictKind.FIELD and c.cause != "merged")
    return {c.conflict_id: "superseded" for c in fields if c.conflict_id is not None}


def _settle_deleted_here(case: Case, take: str, _now: datetime) -> Resolution:
    """Coda's side: it is back, as a part of its equal where there is one. Else its row may go as it is."""
    p, record = case.participation, case.record
    if take == CODA:
        links: dict[str, object] = {"deleted_at": None, "deleted_by": None, "merged_into": case.equal}
        update = ParticipationUpdate(p.participation_id, p.version, links=links)
        return Resolution(updates=(update,), closed=_closed(case, take))
    is_its_row = record is not None and record.record_id == p.row
    base = (
        {BaseKey(p.participation_id, record.record_id): _completed(record)} if record and is_its_row else {}
    )
    return Resolution(bases=base, closed=_closed(case, take))


def _settle_fragment(case: Case, take: str, now: datetime) -> Resolution:
    """Coda's side: deleted here, and the fragment is a row of its own. Else made again, the fragment goes.

    Where the participation has a row all the same, or was deleted here, only the fragment is in question. The
    outcome of the conflict is what the plan and later resolves know the fragment by.
    """
    p = case.participation
    if p.deleted_at is not None or case.has_row:
        return Resolution(closed=_closed(case, take))
    links = _deleted(p, now) if take == CODA else _made_again(p)
    update = ParticipationUpdate(p.participation_id, p.version, links=links)
    return Resolution(updates=(update,), closed={**_outlived(case), **_closed(case, take)})


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
            message = f"Conflict {conflict_id} is about a whole row: take `coda` or `warehouse`, not a value."
            raise ConfigurationError(message)
        case = _case(conn, conflict)
        resolution = settlement(case, take, now=now())
        seen = {conflict.participation_id: case.participation.version}
        run_id = f"conflict {conflict_id}"
        if apply_resolution(conn, resolution, seen=seen, run_id=run_id, now=now(), by=by):
            message = f"Conflict {conflict_id} was not settled: the participation was just edited. Try again."
            raise RetriableError(message)
        conn.execute(_LOOK_AGAIN, {"participation_id": conflict.participation_id})
    return conflict


def _case(conn: Connection, conflict: Conflict) -> Case:
    pid = conflict.participation_id
    found = next(p for p in load.participations(conn, ids=[pid]) if p.participation_id == pid)
    rows = {r.record_id: r for r in load.records(conn, record_ids=[conflict.record_id, found.row or ""])}
    own, record = rows.get(found.row or ""), rows.get(conflict.record_id)
    equals = load.participations(conn, natural_keys=[found.natural_key] if found.natural_key else [])
    others = load.open_conflicts(conn, [pid])
    return Case(
        conflict,
        found,
        record,
        base=load.bases(conn, [pid]).get(BaseKey(pid, conflict.record_id), {}),
        others=tuple(c for c in others if c.conflict_id != conflict.conflict_id),
        equal=next((p.participation_id for p in equals if _is_live(p) and p.participation_id != pid), None),
        has_row=own is not None and own.deleted_at is None,
    )


def _is_live(p: Participation) -> bool:
    return p.deleted_at is None and p.merged_into is None
