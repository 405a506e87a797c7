"""The way back to Coda in memory: plan, send, prove, with the very decisions of `sync`, and no service.

What Coda does with a write is in `writable_world`, what the plan is made of in `planned_world`. HR may do
anything in between, and what HR typed is followed until it has arrived.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.conflicts import Case, settlement
from coda_pipeline.sync.judging import FieldOutcome, RowSight, Sight, WriteJudgement, judge
from coda_pipeline.sync.model import (
    BaseKey,
    Conflict,
    ConflictKind,
    Fields,
    Resolution,
    Value,
)
from coda_pipeline.sync.normalize import is_blank
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
from coda_pipeline.sync.planning import digest_of
from coda_pipeline.sync.same_meaning import same_meaning
from coda_pipeline_tests.sync.planned_world import PlannedWorld
from coda_pipeline_tests.sync.world import TABLE

TIMEOUT_S = 600.0


@dataclass
class TwoSides(PlannedWorld):
    """A world in which what changed in the warehouse is sent to Coda. `bulk`: by key wherever that can be."""

    bulk: bool = False
    seen: dict[str, list[tuple[Any, dict[str, Any]]]] = field(default_factory=dict)
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
            if is_blank(cells[name]) and not self.is_row_of_one(row_id):
                continue  # nothing was agreed on yet, so a blank says nothing
            self.typed[row_id, name] = cells[name]

    def is_row_of_one(self, row_id: str) -> bool:
        """Whether a participation's own row it is, or was: not a new one, nor a duplicate."""
        return any(p.coda_row_id == row_id for p in self.participations.values())

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

    # --- what is sent ---------------------------------------------------------------------------------------

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


def _fields(cells: dict[str, Any]) -> Fields:
    return {**{name: cells.get(name) for name in CANONICAL_FIELDS}, SYNC_ID: cells.get(SYNC_ID)}


def _is_same(name: str, sent: Value, read: Value) -> bool:
    if name == SYNC_ID:
        return (sent or None) == (read or None)
    return same_meaning(name, sent, read, None)
