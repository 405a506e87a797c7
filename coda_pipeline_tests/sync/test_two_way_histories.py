"""Random histories of edits on both sides with sending, delays and people's decisions in between.

Whatever happened: once everybody is quiet the sides converge, a further round is silent, no edit is lost
without a record, and no row of Coda is doubled.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from coda_pipeline.sync.model import ConflictKind, Participation, Value
from coda_pipeline.sync.normalize import is_blank, same
from coda_pipeline.sync.plan_model import BY_PERSON, OPEN_STATES, Op, WriteState
from coda_pipeline.sync.same_meaning import same_meaning
from coda_pipeline_tests.sync.test_histories import KEY, VALUES, Histories
from coda_pipeline_tests.sync.two_sides import TwoSides
from coda_pipeline_tests.sync.world import TABLE, is_silent

# A write that nobody answers is given up after ten reads, two a round, and may then be sent once more.
ROUNDS = 16


class TwoWayHistories(Histories):
    """The histories of `Histories`, and rows on their way to Coda at any moment."""

    world: TwoSides  # type: ignore[assignment]

    @initialize(
        policy=st.sampled_from(["coda_wins", "warehouse_wins", "ask"]),
        reverse=st.booleans(),
        bulk=st.booleans(),
    )
    def choose(self, policy: Any, reverse: bool, bulk: bool) -> None:  # type: ignore[override]
        self.world = TwoSides(policy=policy, reverse=reverse, bulk=bulk)

    @rule()
    def sync(self) -> None:
        self._pull()
        self.synced = True
        opened = self._open_writes()
        again = self.world.pull()
        assert is_silent(again) or self._open_writes() != opened, again

    @rule()
    def plan_and_send(self) -> None:
        self._pull()
        self.world.send()
        self.synced = True

    @rule()
    def coda_applies(self) -> None:
        self.world.apply()
        self.synced = False

    @precondition(lambda self: self.world.queue)
    @rule()
    def coda_forgets_what_it_took(self) -> None:
        self.world.lose()
        self.synced = False

    # No clearing here: a cell that is blank before the new row is proved reads as one that Coda did not take
    # (docs/write-back.md says so).
    @precondition(lambda self: self.world.made_for)
    @rule(
        data=st.data(),
        edit=st.sampled_from([("comment", "от HR"), ("share", Decimal("0.2")), ("role", "менеджер")]),
    )
    def hr_edits_a_row_of_ours(self, data: st.DataObject, edit: tuple[str, Any]) -> None:
        row = data.draw(st.sampled_from(sorted(self.world.made_for)))
        if row in self.world.rows:
            self.world.put(row, **{edit[0]: edit[1]})
            self.synced = False

    @precondition(lambda self: self.world.made_for)
    @rule(data=st.data())
    def hr_deletes_a_row_of_ours(self, data: st.DataObject) -> None:
        self.world.delete(data.draw(st.sampled_from(sorted(self.world.made_for))))
        self.synced = False

    @precondition(lambda self: self.world.open_conflicts)
    @rule(data=st.data(), take=st.sampled_from(["coda", "warehouse"]))
    def a_person_decides(self, data: st.DataObject, take: str) -> None:
        self.world.pull()
        if self.world.open_conflicts:
            conflict = data.draw(st.sampled_from(self.world.open_conflicts))
            self.world.settle(conflict, take)
        self.synced = False

    @rule()
    def everybody_is_quiet(self) -> None:
        self.world.apply()
        self.world.pull()
        for _ in range(ROUNDS):
            was_waiting = bool(self._open_writes())
            if self.world.round() == 0 and not was_waiting and not self._open_writes():
                break
        else:
            message = f"still sending after {ROUNDS} rounds: {self.world.plan()}"
            raise AssertionError(message)
        assert is_silent(self.world.pull())
        self.synced = True
        self._the_sides_have_converged()
        self._no_row_is_doubled()
        self._no_edit_is_lost()
        self._no_edit_of_hr_is_lost()
        self.edited.clear()

    def _pull(self) -> None:
        """Read; an edit that both sides hold by then has arrived, whatever HR makes of it later."""
        self.world.pull()
        for (pid, name), value in list(self.edited.items()):
            p = self.world.participations[pid]
            cells = self.world.rows.get(p.coda_row_id or "", {})
            if self._still_says(p, name, value) and same_meaning(name, value, cells.get(name), None):
                del self.edited[pid, name]

    def _no_edit_is_lost(self) -> None:
        """What has arrived in Coda is not lost either: HR may have replaced it there since."""
        for write in self.world.writes:
            for name, value in write.after.items() if write.state is WriteState.VERIFIED else ():
                if same(self.edited.get((write.participation_id, name)), value):
                    self.edited.pop((write.participation_id, name), None)
        super()._no_edit_is_lost()

    def _no_edit_of_hr_is_lost(self) -> None:
        """What was read and neither arrived nor is on record still stands in Coda, untouched."""
        for (row, name), value in self.world.read.items():
            record = self.world.records[f"{TABLE}:{row}"]
            if record.participation_id and row not in self.world.rows and not self.world.is_row_of_one(row):
                continue  # a duplicate, deleted with its participation: a person saw it and approved
            assert row in self.world.rows, (row, name, value)
            assert self.world.rows[row].get(name) == value, (row, name, value)

    def _open_writes(self) -> list[int | None]:
        return [w.write_id for w in self.world.writes if w.state in OPEN_STATES]

    def _the_sides_have_converged(self) -> None:
        waiting = self._waiting()
        for pid, p in self.world.live.items():
            asked = {c.field for c in self.world.open_conflicts if c.participation_id == pid}
            if None in asked or (pid, None) in waiting or p.source == "dump":
                continue
            assert p.coda_row_id in self.world.rows, p
            for name in VALUES:
                coda = self.world.rows[p.coda_row_id].get(name)  # type: ignore[index]
                if name in asked or (pid, name) in waiting or (name in KEY and is_blank(coda)):
                    continue
                is_named = isinstance(coda, tuple) and not coda[1]
                assert is_named or same_meaning(name, p.fields[name], coda, None), (p, name, coda)

    def _waiting(self) -> set[tuple[UUID, str | None]]:
        """What the plan holds for reasons of its own: (participation, field), a field of None for all."""
        held = [row for row in self.world.plan() if {h.code for h in row.holds} - BY_PERSON]
        found: set[tuple[UUID, str | None]] = {
            (row.participation_id, name) for row in held for name in row.after
        }
        return found | {(row.participation_id, None) for row in held if row.op is Op.CREATE}

    def _no_row_is_doubled(self) -> None:
        fragments = {c.record_id for c in self.world.conflicts if c.kind is ConflictKind.FRAGMENT}
        rows = [r for r in self.world.made_for if r in self.world.rows and f"{TABLE}:{r}" not in fragments]
        owners = [self.world.made_for[row] for row in rows]
        assert len(owners) == len(set(owners)), rows

    def _is_settled(self, p: Participation, name: str, coda: Value) -> bool:
        is_in_flight = p.participation_id in self.world.state().in_flight
        return is_in_flight or super()._is_settled(p, name, coda)


# The same histories each time, so that a failure is about what was changed.
TwoWayHistories.TestCase.settings = settings(
    max_examples=150, stateful_step_count=25, deadline=None, derandomize=True
)
TestTwoWayHistories = TwoWayHistories.TestCase
