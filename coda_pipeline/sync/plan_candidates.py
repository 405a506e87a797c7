"""The candidates of a plan: each participation that may have something to send, with all that decides it.

Which they are is asked of the database (`warehouse.write_back.inputs`), what they send is decided in
`planning`. Everything is read in the caller's transaction, which should see one moment.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.identity import with_identity
from coda_pipeline.sync.model import BaseKey, ConflictKind, Fields, Participation, Record
from coda_pipeline.sync.plan_inputs import WHOLE_ROW, Candidate, RowState
from coda_pipeline.sync.plan_model import PlanKind
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.write_back import inputs, writes


def ids_to_look_at(
    conn: Connection, source: ParticipationSource, kind: PlanKind, *, is_first: bool, full: bool
) -> list[UUID]:
    """Whom to plan: those that SQL finds to differ, or with `full` everyone."""
    table = source.table
    if kind is PlanKind.KEYS:
        if not source.fields.sync_id:
            return []
        return inputs.bound(conn, table) if full else inputs.without_key(conn, table)
    found = inputs.bound(conn, table) if full else inputs.edited_here(conn, table)
    born = inputs.born_here(conn) if is_first else []
    others = [*inputs.deleted_here(conn, table), *inputs.with_fragments_to_go(conn, table)]
    return list(dict.fromkeys([*found, *born, *others]))


def candidates(
    conn: Connection, source: ParticipationSource, kind: PlanKind, ids: Collection[UUID]
) -> list[Candidate]:
    """These participations, each against its row in one source."""
    if not ids:
        return []
    with in_bulk():
        around = _Around.of(conn, source.table, kind, ids)
        return [_candidate(p, around) for p in around.participations.values()]


@dataclass(frozen=True, slots=True)
class _Around:
    """All that was loaded for the candidates of one source."""

    source: str
    participations: Mapping[UUID, Participation]
    rows: Mapping[str, Record]
    live_rows: Mapping[UUID, list[Record]]  # of those deleted here: rows of the whole group
    bases: Mapping[BaseKey, Fields]
    conflicts: Mapping[UUID, frozenset[str]]
    held: Mapping[str, RowState]
    fragments: Mapping[UUID, list[Record]]  # those that are to go
    shared_keys: frozenset[str]
    in_flight: frozenset[UUID]

    @classmethod
    def of(cls, conn: Connection, source: str, kind: PlanKind, ids: Collection[UUID]) -> "_Around":
        wanted = set(ids)
        found = {p.participation_id: p for p in load.participations(conn, ids=list(ids))}
        found = {pid: p for pid, p in found.items() if pid in wanted}
        bound = [p.row for p in found.values() if p.row and p.source_table == source]
        rows = {record.record_id: record for record in load.records(conn, record_ids=bound)}
        keys = {record.sync_id for record in rows.values() if record.sync_id}
        rowless = [str(pid) for pid, p in found.items() if p.row is None]
        in_flight = writes.in_flight(conn)
        return cls(
            source=source,
            participations=found,
            rows=rows,
            live_rows=_rows_of_groups(conn, source, [p for p in found.values() if p.deleted_at]),
            bases=load.bases(conn, list(found)) if kind is PlanKind.CHANGES else {},
            conflicts=_open_conflicts(conn, found),
            held=inputs.held_states(conn, source),
            fragments=_fragments_to_go(conn, source, found),
            shared_keys=inputs.keys_in_rows(conn, source, keys, more_than=1)
            | inputs.keys_in_rows(conn, source, rowless, more_than=0),
            in_flight=in_flight | writes.open_keys(conn) if kind is PlanKind.KEYS else in_flight,
        )


def _candidate(p: Participation, around: _Around) -> Candidate:
    pid = p.participation_id
    record = around.rows.get(p.row) if p.row else None
    if record is not None and record.deleted_at is not None:
        state: RowState = "gone"
    elif record is not None:
        state = around.held.get(record.row_id, "live")
    else:
        state = "gone" if p.row else "live"
    key = record.sync_id if record else str(pid)
    fragments = around.fragments.get(pid, [])
    beside = [p.row, *(fragment.record_id for fragment in fragments)]
    return Candidate(
        participation=p,
        record=record,
        values=_completed(record) if record else {},
        base=around.bases.get(BaseKey(pid, p.row)) if p.row else None,
        sync_id_in_row=record.sync_id if record else None,
        is_key_unique=key is None or key not in around.shared_keys,
        row_state=state,
        open_conflicts=around.conflicts.get(pid, frozenset()),
        in_flight=pid in around.in_flight,
        extra_rows=tuple(r for r in around.live_rows.get(pid, ()) if r.record_id not in beside),
        fragments=tuple(fragments),
    )


def _completed(record: Record) -> Fields:
    """The record's fields with the e-mail and the row id that its keys were resolved to."""
    fields = record.fields
    person = with_identity(fields.get("person"), record.person_key, record.doc_id)
    activity = with_identity(fields.get("activity"), record.activity_key, record.doc_id)
    return {**fields, "person": person, "activity": activity}


def _rows_of_groups(
    conn: Connection, source: str, deleted: Collection[Participation]
) -> dict[UUID, list[Record]]:
    """Of each participation the live rows in a source that are its own or of those merged into it.

    Without those of which a person is asked: somebody edited them after the deletion.
    """
    if not deleted:
        return {}
    survivor_of = {p.participation_id: p.participation_id for p in deleted}
    for survivor, members in inputs.groups_of(conn, list(survivor_of)).items():
        survivor_of.update(dict.fromkeys(members, survivor))
    held = inputs.held_states(conn, source)
    asked = {conflict.record_id for conflict in load.open_conflicts(conn, list(survivor_of))}
    rows: defaultdict[UUID, list[Record]] = defaultdict(list)
    for record in load.records(conn, participation_ids=list(survivor_of)):
        is_there = record.source == "coda" and record.source_table == source and record.deleted_at is None
        is_free = held.get(record.row_id) != "ignored" and record.record_id not in asked
        if is_there and record.participation_id and is_free:
            rows[survivor_of[record.participation_id]].append(record)
    return rows


def _fragments_to_go(conn: Connection, source: str, ids: Iterable[UUID]) -> dict[UUID, list[Record]]:
    said = load.fragments(conn, list(ids))
    going = [record_id for record_id, fragment in said.items() if fragment.outcome == "warehouse"]
    rows: defaultdict[UUID, list[Record]] = defaultdict(list)
    for record in load.records(conn, record_ids=going):
        if record.deleted_at is None and record.source_table == source:
            rows[said[record.record_id].participation_id].append(record)
    return rows


def _open_conflicts(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for conflict in load.open_conflicts(conn, list(ids)):
        name = conflict.field if conflict.kind is ConflictKind.FIELD else None
        found[conflict.participation_id].add(name or WHOLE_ROW)
    return {pid: frozenset(names) for pid, names in found.items()}
