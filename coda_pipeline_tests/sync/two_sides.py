"""The way back to Coda in memory: plan, send, prove, with the very decisions of `sync`, and no service.

What Coda does with a write is here in its barest form: it takes it at once, applies it later, updates by key
whatever row shows the key and otherwise makes a new one. HR may do anything in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.conflicts import Case, settlement
from coda_pipeline.sync.identity import with_identity
from coda_pipeline.sync.judging import FieldOutcome, RowSight, Sight, WriteJudgement, judge
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    ConflictKind,
    Fields,
    Fragment,
    Participation,
    Person,
    Record,
    Resolution,
    Value,
)
from coda_pipeline.sync.normalize import is_blank
from coda_pipeline.sync.plan_inputs import WHOLE_ROW, Candidate, Directory, PlanRules
from coda_pipeline.sync.plan_model import (
    BY_PERSON,
    OPEN_STATES,
    SYNC_ID,
    Method,
    Op,
    PlanRow,
    Write,
    WriteState,
)
from coda_pipeline.sync.planning import digest_of, plan_changes, plan_keys
from coda_pipeline.sync.resolve_state import State
from coda_pipeline.sync.same_meaning import same_meaning
from coda_pipeline_tests.sync import planned
from coda_pipeline_tests.sync.world import TABLE, World

TIMEOUT_S = 600.0
# How Coda shows people and projects, whatever label came with the e-mail or the row id.
PEOPLE = {
    "anna@example.com": "Анна Белова",
    "ivan1@example.com": "Иванов Иван",
    "ivan2@example.com": "Иванов Иван",
}
PROJECTS = {"p1": "Обучение", "p2": "Обучение"}
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
class TwoSides(World):
    """A world in which what changed in the warehouse is sent to Coda. `bulk`: by key wherever that can be."""

    bulk: bool = False
    writes: list[Write] = field(default_factory=list)
    queue: list[Write] = field(default_factory=list)  # taken by Coda, not applied yet
    seen: dict[str, list[tuple[Any, dict[str, Any]]]] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    made_for: dict[str, UUID] = field(default_factory=dict)
    sent: int = 0
    typed: dict[tuple[str, str], Value] = field(default_factory=dict)  # cells of HR's that were not read yet
    read: dict[tuple[str, str], Value] = field(default_factory=dict)  # and those read, but not yet here

    def put(self, row_id: str, **cells: Any) -> None:
        before = self.rows.get(row_id, {})
        super().put(row_id, **cells)
        for name in cells.keys() & set(CANONICAL_FIELDS):
            if before.get(name) == cells[name]:
                continue
            self.read.pop((row_id, name), None)
            self.typed.pop((row_id, name), None)
            if is_blank(cells[name]) and f"{TABLE}:{row_id}" not in self.records:
                continue  # a blank in a new row says nothing
            self.typed[row_id, name] = cells[name]

    def delete(self, row_id: str) -> None:
        super().delete(row_id)
        for noted in (self.typed, self.read):
            for cell in [cell for cell in noted if cell[0] == row_id]:
                del noted[cell]

    # --- one round, in its parts ----------------------------------------------------------------------------

    def pull(self) -> Resolution:
        """Read, prove, resolve."""
        self.clock += timedelta(minutes=1)
        for row_id, cells in self.rows.items():
            versions = self.seen.setdefault(row_id, [])
            if not versions or versions[-1][1] != cells:
                versions.append((self.clock, dict(cells)))
        shown_now = {
            c: v for c, v in self.typed.items() if c[0] in self.rows and self.rows[c[0]].get(c[1]) == v
        }
        self.typed.clear()
        self.read.update(shown_now)
        self.prove()
        resolution = self.sync()
        self._forget_what_arrived()
        return resolution

    def _forget_what_arrived(self) -> None:
        """An edit of HR's has arrived once its participation has it, a conflict does, or a write sent it."""
        for (row_id, name), value in list(self.read.items()):
            record_id = f"{TABLE}:{row_id}"
            holders = [p for p in self.participations.values() if p.row == record_id]
            is_here = any(_is_same(name, value, p.fields.get(name)) for p in holders)
            is_asked = any(
                c.record_id == record_id
                and (c.field is None or (c.field == name and _is_same(name, value, c.coda)))
                for c in self.conflicts
            )
            is_sent = any(
                w.row_id == row_id and name in w.after and _is_same(name, value, w.after[name])
                for w in self.writes
            )
            if is_here or is_asked or is_sent:
                del self.read[row_id, name]

    def plan(self) -> list[PlanRow]:
        """All that should change in Coda, with what holds it."""
        found = [self._candidate(p) for p in self.participations.values()]
        limits = rules(self.rejected)
        return [*plan_changes(found, limits).rows, *plan_keys(found, limits).rows]

    def send(self) -> int:
        """Plan, let a person approve everything, and hand it to Coda; how many rows."""
        rows = self.plan()
        going = [row for row in rows if {h.code for h in row.holds} <= BY_PERSON and self._holds_still(row)]
        busy = {(w.participation_id, w.op, w.row_id) for w in self.writes if w.state in OPEN_STATES}
        new = [self._write(r) for r in going if (r.participation_id, r.op, r.row_id) not in busy]
        self.writes += new
        self.queue += new
        self.sent += len(new)
        return len(new)

    def apply(self) -> None:
        """Coda does what it took, in order."""
        for write in self.queue:
            self.clock += timedelta(seconds=1)
            self._do(write)
        self.queue.clear()

    def lose(self) -> None:
        """Coda says that it has done what it took, and has not."""
        for write in self.queue:
            self._confirm(write)
        self.queue.clear()

    def prove(self) -> None:
        """Judge every open write by the rows as they are now."""
        for number, write in enumerate(self.writes):
            if write.state not in OPEN_STATES:
                continue
            judgement = judge(write, self._sight(write), _is_same, timeout_s=TIMEOUT_S)
            if not judgement.is_open:
                self.writes[number] = replace(write, state=judgement.state)
                self._close(judgement)

    def round(self) -> int:
        """The whole way, everything applied and proved; how many rows were sent."""
        self.pull()
        sent = self.send()
        self.apply()
        self.pull()
        return sent

    def settle(self, conflict: Conflict, take: str) -> None:
        """A person's word on an open conflict."""
        pid = conflict.participation_id
        p, records = self.participations[pid], self.records
        own = records.get(p.row or "")
        live = [i for i, other in self.live.items() if other.natural_key == p.natural_key and i != pid]
        case = Case(
            conflict,
            p,
            records.get(conflict.record_id),
            self.bases.get(BaseKey(pid, conflict.record_id), {}),
            others=tuple(c for c in self.open_conflicts if c is not conflict and c.participation_id == pid),
            equal=live[0] if live else None,
            has_row=own is not None and own.deleted_at is None,
        )
        self._apply(settlement(case, take, now=self.clock))
        self.participations[pid] = self.participations[pid]._replace(resolved_version=None)

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

    def _holds_still(self, row: PlanRow) -> bool:
        """What a row is to replace is still there."""
        if row.op is Op.CREATE:
            key = str(row.participation_id)
            return not any(cells.get(SYNC_ID) == key for cells in self.rows.values())
        cells = self.rows.get(row.row_id or "")
        return cells is not None and all(_is_same(n, v, cells.get(n)) for n, v in row.before.items())

    def _write(self, row: PlanRow) -> Write:
        method = Method.DELETE if row.op is Op.DELETE else Method.PUT
        if row.op is Op.CREATE or (self.bulk and row.op is Op.UPDATE and row.is_keyed):
            method = Method.UPSERT
        return Write(
            row.participation_id,
            row.op,
            TABLE,
            row.row_id,
            method,
            row.before,
            row.after,
            row.digest,
            row.cells,
            self.clock,
            request_id="mutate:1",
            write_id=len(self.writes) + 1,
        )

    # --- what Coda does -------------------------------------------------------------------------------------

    def _do(self, write: Write) -> None:
        values = {name: shown(value) for name, value in write.after.items()}
        key = str(write.participation_id)
        if write.method is Method.DELETE:
            self.rows.pop(write.row_id or "", None)
        elif write.method is Method.PUT and write.row_id in self.rows:
            self.rows[write.row_id].update(values)
            self.times[write.row_id] = self.clock
        elif write.method is Method.UPSERT:
            rows = [r for r, c in self.rows.items() if c.get(SYNC_ID) == key]
            for row_id in rows or [self._new_row(write.participation_id)]:
                self.rows[row_id] = {**self.rows.get(row_id, {}), **values, SYNC_ID: key}
                self.times[row_id] = self.clock
        self._confirm(write)

    def _confirm(self, write: Write) -> None:
        number = next(n for n, w in enumerate(self.writes) if w.write_id == write.write_id)
        if self.writes[number].state is WriteState.SENT:
            self.writes[number] = replace(
                self.writes[number], state=WriteState.CONFIRMED, confirmed_at=self.clock
            )

    def _new_row(self, pid: UUID) -> str:
        row_id = f"n{len(self.made_for) + 1}"
        self.made_for[row_id] = pid
        return row_id

    # --- what is proved -------------------------------------------------------------------------------------

    def _sight(self, write: Write) -> Sight:
        row_id, key = write.row_id, str(write.participation_id)
        if write.op is Op.CREATE:
            row_id = next((r for r, c in sorted(self.rows.items()) if c.get(SYNC_ID) == key), None)
        row = None
        if row_id is not None and row_id in self.rows:
            versions = [c for at, c in self.seen.get(row_id, ())[:-1] if at > write.sent_at]
            row = RowSight(row_id, _fields(self.rows[row_id]), passed=tuple(map(_fields, versions)))
        elif row_id is not None and row_id in self.seen:
            row = RowSight(row_id, _fields(self.seen[row_id][-1][1]), is_deleted=True)
        return Sight(row, as_of=self.clock, read_at=self.clock)

    def _close(self, judgement: WriteJudgement) -> None:
        write, pid = judgement.write, judgement.write.participation_id
        record_id = f"{TABLE}:{judgement.row_id}"
        if judgement.base:
            key = BaseKey(pid, record_id)
            self.bases[key] = {**self.bases.get(key, {}), **judgement.base}
        self.participations[pid] = self.participations[pid]._replace(resolved_version=None)
        if judgement.state is WriteState.REJECTED:
            lost = judgement.fields_that_are(FieldOutcome.REJECTED)
            before = {n: write.before.get(n) for n in lost} if write.op is Op.UPDATE else write.before
            after = {n: write.after[n] for n in lost if n in write.after}
            self.rejected.add(digest_of(write.op, TABLE, write.row_id, before, after))
        for name, value in judgement.overwritten.items():
            conflict = Conflict(
                participation_id=pid,
                record_id=record_id,
                kind=ConflictKind.FIELD,
                field=name,
                base=write.before.get(name),
                warehouse=write.after.get(name),
                coda=value,
                cause="overwritten",
                policy=self.policy,
                outcome="warehouse",
                conflict_id=len(self.conflicts) + 1,
            )
            self.conflicts.append(conflict)


def shown(value: Value) -> Value:
    """A value as Coda shows it: people and projects under its own labels."""
    match value:
        case Person(_, str(email)):
            return Person(PEOPLE.get(email.lower(), email), email)
        case Activity(_, str(row_id)):
            return Activity(PROJECTS.get(row_id, row_id), row_id)
        case _:
            return value


def _fields(cells: dict[str, Any]) -> Fields:
    return {**{name: cells.get(name) for name in CANONICAL_FIELDS}, SYNC_ID: cells.get(SYNC_ID)}


def _completed(record: Record) -> Fields:
    fields = dict(record.fields)
    fields["person"] = with_identity(fields.get("person"), record.person_key, record.doc_id)
    fields["activity"] = with_identity(fields.get("activity"), record.activity_key, record.doc_id)
    return fields


def _is_same(name: str, sent: Value, read: Value) -> bool:
    if name == SYNC_ID:
        return (sent or None) == (read or None)
    return same_meaning(name, sent, read, None)
