"""The world seen by who plans: what is under way, what the plan is made of, and what should change in Coda.

The plan itself is the decision of `sync.planning`; what becomes of it is in `two_sides`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from coda_pipeline.sync.identity import with_identity
from coda_pipeline.sync.model import BaseKey, ConflictKind, Fields, Fragment, Participation, Record
from coda_pipeline.sync.plan_inputs import WHOLE_ROW, Candidate, Directory, PlanRules
from coda_pipeline.sync.plan_model import OPEN_STATES, Method, Op, PlanRow, WriteState
from coda_pipeline.sync.planning import plan_changes, plan_keys
from coda_pipeline.sync.resolve_state import State
from coda_pipeline_tests.sync import planned
from coda_pipeline_tests.sync.writable_world import PEOPLE, PROJECTS, WritableWorld

DIRECTORY = Directory(
    emails=frozenset(PEOPLE),
    names={name.lower(): frozenset(e for e, n in PEOPLE.items() if n == name) for name in PEOPLE.values()},
    rows={"grid-projects": {row: name.lower() for row, name in PROJECTS.items()}},
)


def rules(rejected: Iterable[str] = ()) -> PlanRules:
    """Everything may be sent; a person approves what waits for one."""
    columns = {
        "c-role": {"type": "text", "options": None},
        "c-share": {"type": "number", "precision": None},
    }
    return planned.rules(
        columns=columns,
        directory=DIRECTORY,
        changed_limit=1_000_000,
        deletes="ask",
        rejected=frozenset(rejected),
    )


@dataclass
class PlannedWorld(WritableWorld):
    """`rejected` are digests of what Coda did not take: it is not planned again."""

    rejected: set[str] = field(default_factory=set)

    def plan(self) -> list[PlanRow]:
        """All that should change in Coda, with what holds it."""
        found = [self._candidate(p) for p in self.participations.values()]
        limits = rules(self.rejected)
        return [*plan_changes(found, limits).rows, *plan_keys(found, limits).rows]

    # --- what resolve is told -------------------------------------------------------------------------------

    def state(self, *, gone: frozenset[str] = frozenset()) -> State:
        open_writes = [w for w in self.writes if w.state in OPEN_STATES]
        last = {w.participation_id: w for w in self.writes if (w.op, w.method) == (Op.UPDATE, Method.UPSERT)}
        return replace(
            super().state(gone=gone),
            in_flight=frozenset(w.participation_id for w in open_writes if w.op is not Op.KEY),
            creating=frozenset(w.participation_id for w in open_writes if w.op is Op.CREATE),
            upserted=frozenset(i for i, w in last.items() if w.state is not WriteState.VERIFIED),
            fragments=self._fragments(),
        )

    def _fragments(self) -> dict[str, Fragment]:
        return {
            c.record_id: Fragment(c.participation_id, c.outcome)
            for c in self.conflicts
            if c.kind is ConflictKind.FRAGMENT and c.outcome in (None, "coda", "warehouse")
        }

    # --- what the plan is made of ---------------------------------------------------------------------------

    def _candidate(self, p: Participation) -> Candidate:
        record = self.records.get(p.row) if p.row else None
        is_gone = p.row is not None and (record is None or record.deleted_at is not None)
        key = record.sync_id if record else str(p.participation_id)
        same_key = [r for r in self._live_records() if r.sync_id and r.sync_id == key]
        mine = [c for c in self.open_conflicts if c.participation_id == p.participation_id]
        return Candidate(
            participation=p,
            record=record,
            values=_completed(record) if record else {},
            base=self.bases.get(BaseKey(p.participation_id, p.row)) if p.row else None,
            sync_id_in_row=record.sync_id if record else None,
            is_key_unique=len(same_key) <= (1 if record else 0),
            row_state="gone" if is_gone else "live",
            open_conflicts=frozenset(c.field or WHOLE_ROW for c in mine),
            in_flight=p.participation_id in self.state().in_flight,
            extra_rows=tuple(self._extra_rows(p)),
            fragments=tuple(self._fragments_to_go(p)),
        )

    def _live_records(self) -> Iterable[Record]:
        return (r for r in self.records.values() if r.deleted_at is None)

    def _extra_rows(self, p: Participation) -> Iterable[Record]:
        """Rows of a participation deleted here and of those merged into it, without those in question."""
        if p.deleted_by != "warehouse":
            return
        group = {p.participation_id}
        group |= {i for i, q in self.participations.items() if q.merged_into == p.participation_id}
        asked = {c.record_id for c in self.open_conflicts}
        for record in self._live_records():
            if record.participation_id in group and record.record_id not in asked | {p.row}:
                yield record

    def _fragments_to_go(self, p: Participation) -> Iterable[Record]:
        found = self._fragments()
        return (
            r for r in self._live_records() if found.get(r.record_id) == (p.participation_id, "warehouse")
        )


def _completed(record: Record) -> Fields:
    fields = dict(record.fields)
    fields["person"] = with_identity(fields.get("person"), record.person_key, record.doc_id)
    fields["activity"] = with_identity(fields.get("activity"), record.activity_key, record.doc_id)
    return fields
