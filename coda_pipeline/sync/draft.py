"""The working copy on which one resolve decides.

The steps (`binding`, `agreeing`, `attaching`, `merging`) change a `Draft`; `resolution` tells what of it
differs from what is stored. Nothing here decides who is who, and nothing is written to a database.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from coda_pipeline.sync.conflict_slots import ConflictSlot, is_same_conflict, slot_of
from coda_pipeline.sync.identity import activity_key, natural_key, person_key, with_identity
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    Fields,
    Participation,
    Person,
    Record,
)
from coda_pipeline.sync.normalize import alike, norm, same
from coda_pipeline.sync.resolve_state import Rules, State


class Keys(NamedTuple):
    """The resolved identity of a record."""

    person: str | None
    activity: str | None
    natural: str | None
    is_ambiguous: bool


class Draft:
    """Mutable state of one resolve; see the module."""

    def __init__(self, state: State, rules: Rules, *, now: datetime, new_id: Callable[[], UUID]) -> None:
        self.state, self.rules, self.now, self.new_id = state, rules, now, new_id
        self.participations: dict[UUID, Participation] = dict(state.participations)
        self.bases: dict[BaseKey, Fields] = {}
        self.new_conflicts: list[Conflict] = []
        self.closed: dict[int, str] = {}
        self.bound: dict[str, UUID] = {}
        self.attached: dict[str, UUID] = {}
        self.reasons: dict[str, str] = {}
        self.old_rows: dict[UUID, str] = {}  # participation -> the row that spoke for it before
        self.moved: set[UUID] = set()  # participations whose key Coda changed in this resolve
        self.left: set[str] = set()  # lines of a dump that no longer speak for what they held
        self.natural: dict[UUID, str | None] = {}
        self.quiet: set[UUID] = set()  # participations on which neither side moved
        self.buried: set[UUID] = set()  # merged into one that was deleted here, and still equal to it
        self.fragments: dict[str, UUID] = {}  # fragments that are nothing, for now or for good
        self.keys = {r.record_id: self._keys_of(r) for r in state.records.values() if r.deleted_at is None}
        self.open = {slot_of(c): c for c in state.conflicts if c.outcome is None}
        self.slots: dict[UUID, list[ConflictSlot]] = defaultdict(list)
        for slot in self.open:
            self.slots[slot.participation_id].append(slot)
        for record_id, fragment in state.fragments.items():
            if fragment.outcome != "coda" and record_id in self.keys:
                self.set_apart(record_id, fragment.participation_id)

    def set_apart(self, record_id: str, participation_id: UUID) -> None:
        """Take a live record for a fragment: it has no key, so it joins, founds and inherits nothing."""
        self.fragments[record_id] = participation_id
        self.keys[record_id] = self.keys[record_id]._replace(natural=None, is_ambiguous=False)

    def _keys_of(self, record: Record) -> Keys:
        before = self.state.before.get(record.record_id)
        is_plain = record.record_id not in self.state.fragments and self._names_its_own(record)
        if record is before and record.outcome is not None and is_plain:
            return Keys(record.person_key, record.activity_key, record.natural_key, record.is_ambiguous)
        known, fields = self.state.known, record.fields
        of_person, of_activity = (
            (_sticky(before, record, "person"), _sticky(before, record, "activity"))
            if before
            else (None, None)
        )
        person = person_key(fields.get("person"), known, sticky=of_person)
        activity = activity_key(fields.get("activity"), record.doc_id, known, sticky=of_activity)
        natural = natural_key(fields, self.rules.natural_key, person.key, activity.key)
        return Keys(person.key, activity.key, natural, person.is_ambiguous or activity.is_ambiguous)

    def _names_its_own(self, record: Record) -> bool:
        """Whether the record gives e-mail and row id itself: no news of others can change its keys."""
        return not self.rules.is_recheck and len(self.rules.docs) == 1 and _has_identities(record)

    def values_of(self, record_id: str) -> Fields:
        """The record's fields, completed by the e-mail and the row id that its keys stand for."""
        record, keys = self.state.records[record_id], self.keys[record_id]
        if _has_identities(record):
            return record.fields
        fields = dict(record.fields)
        fields["person"] = with_identity(fields.get("person"), keys.person, record.doc_id)
        fields["activity"] = with_identity(fields.get("activity"), keys.activity, record.doc_id)
        return fields

    def is_dead(self, row: str) -> bool:
        """Whether a row is known to be gone. One that was not loaded is not: nothing goes on a guess."""
        record = self.state.records.get(row)
        return (
            row in self.state.gone
            or row in self.left
            or (record is not None and record.deleted_at is not None)
        )

    def is_settled(self, record_id: str) -> bool:
        """Whether the record stands and means as when it was last resolved."""
        record, before = self.state.records[record_id], self.state.before.get(record_id)
        if before is None or before.outcome is None or before.row_hash != record.row_hash:
            return False
        keys = self.keys[record_id]
        stored = (before.person_key, before.activity_key, before.natural_key)
        return (keys.person, keys.activity, keys.natural) == stored

    def has_key_stayed(self, record_id: str) -> bool:
        """Whether the record is complete, with the natural key of the last resolve and no gap since."""
        before = self.state.before.get(record_id)
        natural = self.keys[record_id].natural
        if before is None or before.outcome is None or natural is None:
            return False
        return before.natural_key == natural

    def change(self, participation_id: UUID, **changes: object) -> None:
        """Change the working copy of a participation."""
        self.participations[participation_id] = self.participations[participation_id]._replace(**changes)

    def bind(self, record_id: str, participation_id: UUID) -> None:
        """Make a record the row of a participation."""
        record, held = self.state.records[record_id], self.participations[participation_id].row
        if held and held != record_id:
            self.old_rows[participation_id] = held
            self.bound.pop(held, None)
        self.bound[record_id] = participation_id
        self.change(participation_id, source_table=record.source_table, coda_row_id=record.row_id)

    def base_of(self, participation_id: UUID, record_id: str) -> Fields | None:
        """The base as it stands in this resolve."""
        key = BaseKey(participation_id, record_id)
        return self.bases.get(key, self.state.bases.get(key))

    @cached_property
    def base_keys(self) -> dict[UUID, list[BaseKey]]:
        """The stored bases of each participation, the order of their records."""
        found: dict[UUID, list[BaseKey]] = defaultdict(list)
        for key in sorted(self.state.bases, key=lambda key: key.record_id):
            found[key.participation_id].append(key)
        return found

    def raise_conflict(self, conflict: Conflict) -> None:
        """Record a conflict unless the same one is open already; one with older values is superseded."""
        standing = self.open.get(slot_of(conflict))
        if standing is not None and standing.conflict_id is not None:
            if conflict.outcome is None and is_same_conflict(standing, conflict):
                return
            self.closed[standing.conflict_id] = conflict.outcome or "superseded"
            if conflict.outcome is not None and is_same_conflict(standing, conflict):
                return
        self.new_conflicts.append(conflict)

    def close_conflict(self, slot: ConflictSlot, outcome: str) -> None:
        """Close what is open there, if anything is."""
        standing = self.open.get(slot)
        if standing is not None and standing.conflict_id is not None:
            self.closed.setdefault(standing.conflict_id, outcome)

    def natural_key_of(self, participation_id: UUID) -> str | None:
        """The natural key of a participation as it is now in the draft; its blanks in identity are filled."""
        filled, natural = self.identified(participation_id)
        fields = self.participations[participation_id].fields
        if any(filled[name] != fields.get(name) for name in filled):
            self.change(participation_id, fields={**fields, **filled})
        return natural

    def identified(self, participation_id: UUID) -> tuple[Fields, str | None]:
        """Person and activity of a participation with the identity they stand for, and its natural key."""
        p = self.participations[participation_id]
        row = p.row if p.row in self.bound else None
        values, keys = (self.values_of(row), self.keys[row]) if row else (None, None)
        resolved: dict[str, str | None] = {}
        doc_id = self.state.records[row].doc_id if row else self.rules.docs[0]
        for name in ("person", "activity"):
            own = p.fields.get(name)
            if values and keys and alike(own, values.get(name)):
                resolved[name] = keys.person if name == "person" else keys.activity
            elif name == "person":
                resolved[name] = person_key(own, self.state.known).key
            else:
                resolved[name] = activity_key(own, doc_id, self.state.known).key
        filled = {name: with_identity(p.fields.get(name), key, doc_id) for name, key in resolved.items()}
        key = natural_key(p.fields, self.rules.natural_key, resolved["person"], resolved["activity"])
        return filled, key


def _has_identities(record: Record) -> bool:
    person, activity = record.fields.get("person"), record.fields.get("activity")
    return isinstance(person, Person) and isinstance(activity, Activity) and bool(person[1] and activity[1])


def _sticky(before: Record, record: Record, name: str) -> str | None:
    """The key given before to the same typed name; None where what was typed has changed."""
    then, typed = before.fields.get(name), record.fields.get(name)
    if not isinstance(then, Person | Activity) or not isinstance(typed, Person | Activity):
        return None
    if norm(then[0]) != norm(typed[0]) or not same(then[1], typed[1]):
        return None
    return before.person_key if name == "person" else before.activity_key
