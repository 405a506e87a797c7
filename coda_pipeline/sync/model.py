"""The values that resolving Участие works on, as frozen dataclasses. No decisions, no SQL, no HTTP.

A **record** is one row of a source; a **participation** is the thing (design: Участие). A record is *bound*
to a participation when the participation's survivor row is that record, and *attached* when it is only its
duplicate. Cells hold personal data, so nothing here shows them in a repr. Records and participations are
named tuples: a full resolve makes hundreds of thousands of them, and a frozen dataclass takes three times as
long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Person(NamedTuple):
    """A person as a source names them. The e-mail, where known, is the identity."""

    name: str | None = None
    email: str | None = None


class Activity(NamedTuple):
    """An activity as a source names it. The row id, where known, is the identity within one doc."""

    name: str | None = None
    row_id: str | None = None


class Unreadable(NamedTuple):
    """A cell that does not fit its field: neither taken nor overwritten. `reason` names no content."""

    reason: str


Value = Person | Activity | Unreadable | str | date | Decimal | None
Fields = Mapping[str, Value]


class Outcome(StrEnum):
    """What became of a live record. Records = survivors + duplicates + twins + incomplete."""

    SURVIVOR = "survivor"
    DUPLICATE = "duplicate"
    TWIN = "twin"
    INCOMPLETE = "incomplete"


class Record(NamedTuple):
    """One row of a source, in canonical fields as typed (blank cells are None), and what was decided of it.

    `person_key`, `activity_key` and `natural_key` are the resolved identities (None: not resolved yet, or
    blank); they stay while what was typed stays. `outcome` is None for a record never resolved and for a
    deleted one.
    """

    record_id: str  # "<source_table>:<row_id>"
    source: str  # coda | dump
    source_table: str
    doc_id: str
    row_id: str
    row_hash: str
    fields: Fields
    sync_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    participation_id: UUID | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    person_key: str | None = None
    activity_key: str | None = None
    natural_key: str | None = None
    is_ambiguous: bool = False

    def __repr__(self) -> str:
        return f"Record({self.record_id}, {self.outcome})"

    def with_decisions_of(self, before: "Record | None") -> "Record":
        """The record as it is now with what was decided of it before, itself where nothing was."""
        if before is None:
            return self
        return self._replace(
            participation_id=before.participation_id,
            outcome=before.outcome,
            reason=before.reason,
            person_key=before.person_key,
            activity_key=before.activity_key,
            natural_key=before.natural_key,
            is_ambiguous=before.is_ambiguous,
        )


class Participation(NamedTuple):
    """One row of core.participation_all. `deleted_by` is `coda` or `warehouse`."""

    participation_id: UUID
    version: int
    fields: Fields
    source: str
    source_table: str | None = None
    coda_row_id: str | None = None
    merged_into: UUID | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    natural_key: str | None = None
    resolved_version: int | None = None

    def __repr__(self) -> str:
        return f"Participation({self.participation_id}, version {self.version})"

    @property
    def row(self) -> str | None:
        """The record id of the survivor row, None for one without a row in Coda."""
        return f"{self.source_table}:{self.coda_row_id}" if self.coda_row_id else None


class BaseKey(NamedTuple):
    """A base is kept per participation and record."""

    participation_id: UUID
    record_id: str


class ConflictKind(StrEnum):
    """What is at odds."""

    FIELD = "field"
    DELETED_IN_CODA = "deleted_in_coda"  # the row went, while the participation was edited here
    DELETED_HERE = "deleted_here"  # the participation was deleted here, while the row was edited in Coda
    FRAGMENT = "fragment"  # a bulk write met a row just deleted in Coda and left a new one with our key


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sides that changed differently, with all three values. `conflict_id` is None until it is stored."""

    participation_id: UUID
    record_id: str
    kind: ConflictKind
    field: str | None
    base: Value = attribute(repr=False)
    warehouse: Value = attribute(repr=False)
    coda: Value = attribute(repr=False)
    cause: str  # both_changed | survivor_changed | born_on_both_sides | merged | came_back | upserted
    policy: str
    outcome: str | None = None  # None = open; coda | warehouse | value | agreed | superseded
    conflict_id: int | None = None


class Fragment(NamedTuple):
    """What was said of a row that is a fragment, whosever key it shows.

    `outcome` None: a person is still asked; `coda`: it is a row like any other, but never by that key;
    `warehouse`: it goes from Coda, and until then it is nothing.
    """

    participation_id: UUID
    outcome: str | None


@dataclass(frozen=True, slots=True)
class ParticipationUpdate:
    """A compare-and-set: written only where the stored version is still `version`.

    `fields` are canonical fields to take; `links` are columns of the row itself (source_table, coda_row_id,
    merged_into, deleted_at, deleted_by, source). Both hold only what changes.
    """

    participation_id: UUID
    version: int
    fields: Fields = attribute(default_factory=dict, repr=False)
    links: Mapping[str, object] = attribute(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolution:
    """All that one resolve decided, to be applied in one transaction."""

    inserts: tuple[Participation, ...] = ()
    updates: tuple[ParticipationUpdate, ...] = ()
    records: tuple[Record, ...] = ()  # those whose stored form changes
    bases: Mapping[BaseKey, Fields] = attribute(default_factory=dict, repr=False)  # whole new bases
    conflicts: tuple[Conflict, ...] = ()  # new ones, open or settled at once
    closed: Mapping[int, str] = attribute(default_factory=dict)  # conflict id -> outcome
    resolved: Mapping[UUID, str | None] = attribute(default_factory=dict, repr=False)  # seen -> natural key
