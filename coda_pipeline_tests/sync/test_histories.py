"""Random histories of edits on both sides: what must hold after every sync, whatever people did before it."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coda_pipeline.sync.identity import key_part
from coda_pipeline.sync.model import Activity, BaseKey, Outcome, Participation, Person, Value
from coda_pipeline.sync.normalize import alike, is_blank, norm, same
from coda_pipeline_tests.sync.world import TABLE, World, is_silent

ROWS = [f"r{n}" for n in range(8)]
PEOPLE = [
    Person("Анна Белова", "anna@example.com"),
    Person("анна белова", None),
    Person("Иванов Иван", "ivan1@example.com"),
    Person("Иванов Иван", "ivan2@example.com"),
    Person("Иванов Иван", None),
    None,
]
ACTIVITIES = [Activity("Обучение", "p1"), Activity("Обучение", "p2"), Activity("Обучение", None), None]
VALUES: dict[str, list[Any]] = {
    "person": PEOPLE,
    "activity": ACTIVITIES,
    "role": ["аналитик", "Аналитик ", "менеджер", None],
    "started_on": [date(2024, 2, 1), date(2024, 6, 1), None],
    "ended_on": [date(2024, 12, 31), None],
    "share": [Decimal("0.5"), Decimal("1"), None],
    "comment": ["раз", "два", None],
}
KEY = ("person", "activity", "role", "started_on")
cells = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
full_cells = st.fixed_dictionaries(
    {name: st.sampled_from([v for v in vs if v is not None]) for name, vs in VALUES.items()}
)
edits = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name]))
)


def database_key(fields: dict[str, Value] | Any) -> tuple[str, ...]:
    """What the exclusion constraint of core.participation_all sees."""
    person, activity = fields["person"], fields["activity"]
    return (
        norm(person.email or person.name) if person else "",
        activity.row_id or norm(activity.name) if activity else "",
        key_part(fields["role"]),
        key_part(fields["started_on"]),
    )


class Histories(RuleBasedStateMachine):
    """HR and the application do as they please; every sync must keep the promises."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.edited: dict[tuple[UUID, str], Value] = {}
        self.ever: set[UUID] = set()
        self.synced = True

    @initialize(policy=st.sampled_from(["coda_wins", "warehouse_wins", "ask"]), reverse=st.booleans())
    def choose(self, policy: Any, reverse: bool) -> None:
        self.world = World(policy=policy, reverse=reverse)

    @rule(row=st.sampled_from(ROWS), values=full_cells)
    def hr_fills_a_row(self, row: str, values: dict[str, Any]) -> None:
        self.world.put(row, **values)
        self.synced = False

    @rule(row=st.sampled_from(ROWS), values=cells)
    def hr_types_anything_into_a_row(self, row: str, values: dict[str, Any]) -> None:
        self.world.put(row, **values)
        self.synced = False

    @rule(row=st.sampled_from(ROWS), edit=edits)
    def hr_edits_a_cell(self, row: str, edit: tuple[str, Any]) -> None:
        if row in self.world.rows:
            self.world.put(row, **{edit[0]: edit[1]})
            self.synced = False

    @rule(row=st.sampled_from(ROWS), new=st.sampled_from(ROWS))
    def hr_copies_a_row(self, row: str, new: str) -> None:
        if row in self.world.rows and new not in self.world.rows:
            self.world.copy(row, new)
            self.synced = False

    @rule(row=st.sampled_from(ROWS), other=st.sampled_from(ROWS))
    def hr_swaps_two_roles(self, row: str, other: str) -> None:
        rows = self.world.rows
        if row in rows and other in rows and row != other:
            one, two = rows[row].get("role"), rows[other].get("role")
            self.world.put(row, role=two)
            self.world.put(other, role=one)
            self.synced = False

    @rule(row=st.sampled_from(ROWS))
    def hr_deletes_a_row(self, row: str) -> None:
        self.world.delete(row)
        self.synced = False

    @rule(row=st.sampled_from(ROWS), data=st.data())
    def hr_pastes_one_of_our_keys(self, row: str, data: st.DataObject) -> None:
        if row in self.world.rows and self.world.participations:
            pid = data.draw(st.sampled_from(sorted(self.world.participations)))
            self.world.put(row, sync_id=str(pid))
            self.synced = False

    @precondition(lambda self: self.world.live)
    @rule(edit=edits, data=st.data())
    def the_application_edits(self, edit: tuple[str, Any], data: st.DataObject) -> None:
        pid = data.draw(st.sampled_from(sorted(self.world.live)))
        name, value = edit
        fields = {**self.world.live[pid].fields, name: value}
        if (name in KEY and is_blank(value)) or self._is_taken(fields, pid):
            return  # the database refuses
        if same(self.world.live[pid].fields[name], value):
            return
        if is_blank(value) and self.world.live[pid].row is None:
            return  # nothing was agreed on yet, so a blank says nothing
        self.world.edit(pid, **{name: value})
        if self._is_taken_back(pid, name, value):
            self.edited.pop((pid, name), None)
        else:
            self.edited[pid, name] = value
        self.synced = False

    @rule(values=full_cells)
    def the_application_inserts(self, values: dict[str, Any]) -> None:
        if not self._is_taken(values, None):
            pid = self.world.insert(**values)
            self.edited.update({(pid, name): value for name, value in values.items()})
            self.synced = False

    @precondition(lambda self: self.world.live)
    @rule(data=st.data())
    def the_application_deletes(self, data: st.DataObject) -> None:
        pid = data.draw(st.sampled_from(sorted(self.world.live)))
        self.world.remove(pid)
        self.synced = False

    def _is_taken_back(self, pid: UUID, name: str, value: Value) -> bool:
        """Back to what both sides last agreed on is no change: then HR's own is the only one."""
        state, row = self.world.state(), self.world.live[pid].row
        base = state.bases.get(BaseKey(pid, row), {}) if row and pid not in state.in_flight else {}
        return name in base and same(base[name], value)

    def _is_taken(self, fields: dict[str, Any], pid: UUID | None) -> bool:
        return any(
            database_key(p.fields) == database_key(fields) for i, p in self.world.live.items() if i != pid
        )

    @rule()
    def sync(self) -> None:
        self.world.sync()
        self.synced = True
        again = self.world.sync()
        assert is_silent(again), again
        self._no_edit_is_lost()
        self.edited.clear()

    def _no_edit_is_lost(self) -> None:
        for (pid, name), value in self.edited.items():
            p = self.world.participations[pid]
            recorded = [
                c
                for c in self.world.conflicts
                if c.field == name
                and same(c.warehouse, value)
                and (c.participation_id == pid or c.cause == "merged")
            ]
            assert recorded or p.deleted_at or self._still_says(p, name, value), (p, name, value)

    def _still_says(self, p: Participation, name: str, value: Value) -> bool:
        """The field holds the value, in another spelling or with its e-mail or row id perhaps."""
        now = p.fields[name]
        if isinstance(value, tuple) and isinstance(now, tuple) and norm(value[0]) == norm(now[0]):
            return True
        is_respelled = name in KEY and key_part(now) == key_part(value) != ""
        return same(now, value) or alike(now, value) or is_respelled

    @invariant()
    def ids_are_never_lost(self) -> None:
        assert self.ever <= set(self.world.participations)
        self.ever |= set(self.world.participations)

    @precondition(lambda self: self.synced)
    @invariant()
    def every_record_is_accounted_for(self) -> None:
        live = [r for r in self.world.records.values() if r.deleted_at is None]
        assert {r.row_id for r in live if r.source == "coda"} == set(self.world.rows)
        assert all(isinstance(r.outcome, Outcome) for r in live)
        for record in live:
            if record.outcome is not Outcome.INCOMPLETE:
                assert record.participation_id in self.world.participations
            if record.outcome is Outcome.SURVIVOR:
                p = self.world.participations[record.participation_id]  # type: ignore[index]
                assert p.row == record.record_id
                assert p.merged_into is None

    @precondition(lambda self: self.synced)
    @invariant()
    def no_two_live_participations_are_equal(self) -> None:
        live = list(self.world.live.values())
        keys = [p.natural_key for p in live]
        assert len(set(keys)) == len(keys)
        seen = [database_key(p.fields) for p in live]
        assert len(set(seen)) == len(seen)

    @precondition(lambda self: self.synced)
    @invariant()
    def no_row_speaks_for_two(self) -> None:
        rows = [p.row for p in self.world.participations.values() if p.row and p.deleted_at is None]
        assert len(set(rows)) == len(rows)

    @precondition(lambda self: self.synced)
    @invariant()
    def what_merged_has_a_living_or_buried_survivor(self) -> None:
        for p in self.world.participations.values():
            if p.merged_into and p.deleted_at is None:
                survivor = self.world.participations[p.merged_into]
                assert survivor.natural_key == p.natural_key

    @precondition(lambda self: self.synced)
    @invariant()
    def an_edit_of_hr_has_arrived_or_is_on_record(self) -> None:
        for p in self.world.participations.values():
            row = p.coda_row_id
            if p.deleted_at or p.row != f"{TABLE}:{row}" or row not in self.world.rows:
                continue
            for name, coda in self.world.rows[row].items():
                if name in VALUES:
                    assert self._is_settled(p, name, coda), (p, name, coda)

    def _is_settled(self, p: Participation, name: str, coda: Value) -> bool:
        if name in KEY and is_blank(coda):
            return True
        held = p.fields[name]
        if same(held, coda) or alike(held, coda) or _is_completed(held, coda):
            return True
        record = self.world.records[f"{TABLE}:{p.coda_row_id}"]
        base = self.world.bases.get((p.participation_id, record.record_id), {})  # type: ignore[call-overload]
        is_pending = name in base and (same(base[name], coda) or _is_completed(base[name], coda))
        is_open = any(
            c.participation_id == p.participation_id and c.field in (name, None)
            for c in self.world.open_conflicts
        )
        return is_pending or is_open


def _is_completed(held: Value, coda: Value) -> bool:
    """Coda gives only a name, the warehouse the e-mail or row id that is known for it too."""
    return isinstance(held, tuple) and isinstance(coda, tuple) and not coda[1] and same(held[0], coda[0])


Histories.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase
