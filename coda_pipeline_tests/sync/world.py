"""Both sides of Участие in memory: what people do on each, and a sync that resolves and applies in plain
Python.

The tests of decisions run on it: thousands of histories, no database. That the database applies a resolution
in the same way is the promise of the tests of `core_tables`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from coda_pipeline.catalog_participation import CANONICAL_FIELDS, ConflictPolicy
from coda_pipeline.sync.binding import questions
from coda_pipeline.sync.identity import Known, learn
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    Outcome,
    Participation,
    Person,
    Record,
    Resolution,
    Value,
)
from coda_pipeline.sync.resolution import LINKS
from coda_pipeline.sync.resolve import resolve
from coda_pipeline.sync.resolve_state import Rules, State

DOC, TABLE = "doc1", "participation"
START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ("person", "activity", "role", "started_on")


@dataclass
class World:
    """Rows of Coda by id, participations and all that is remembered of them."""

    policy: ConflictPolicy = "coda_wins"
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    participations: dict[UUID, Participation] = field(default_factory=dict)
    bases: dict[BaseKey, Mapping[str, Value]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    clock: datetime = START
    ids: int = 0
    reverse: bool = False
    tables: tuple[tuple[str, str], ...] = ()  # in which a dump's row ids mean the same

    # --- what people do -------------------------------------------------------------------------------------

    def put(self, row_id: str, **cells: Any) -> None:
        """HR adds a row or edits cells of it."""
        self.clock += timedelta(minutes=1)
        self.rows[row_id] = {**self.rows.get(row_id, {}), **cells}
        self.times[row_id] = self.clock

    def copy(self, row_id: str, new_id: str, **cells: Any) -> None:
        """HR copies a row, with its key column."""
        self.put(new_id, **{**self.rows[row_id], **cells})

    def delete(self, row_id: str) -> None:
        """HR deletes a row."""
        self.clock += timedelta(minutes=1)
        self.rows.pop(row_id, None)

    def edit(self, pid: UUID, **fields: Value) -> None:
        """The application changes a participation."""
        p = self.participations[pid]
        self.participations[pid] = p._replace(fields={**p.fields, **fields}, version=p.version + 1)

    def insert(self, **fields: Value) -> UUID:
        """The application adds a participation."""
        self.clock += timedelta(minutes=1)
        pid = self._new_id()
        filled = {name: fields.get(name) for name in CANONICAL_FIELDS}
        self.participations[pid] = Participation(pid, 1, filled, "warehouse", created_at=self.clock)
        return pid

    def remove(self, pid: UUID) -> None:
        """The application deletes a participation."""
        p = self.participations[pid]
        gone = p._replace(deleted_at=self.clock, deleted_by="warehouse", version=p.version + 1)
        self.participations[pid] = gone

    # --- the sync -------------------------------------------------------------------------------------------

    def sync(self, *, gone: frozenset[str] = frozenset(), full: bool = False) -> Resolution:
        """Read, resolve, apply. `gone` are rows that answer 404 although the read did not notice.

        `full` looks also at what did not change.
        """
        self.clock += timedelta(minutes=1)
        state = self.state(gone=gone)
        rules = Rules(natural_key=KEY, policy=self.policy, docs=(DOC,), is_recheck=full, tables=self.tables)
        resolution = resolve(state, rules, now=self.clock, new_id=self._new_id)
        self._apply(resolution)
        return resolution

    def state(self, *, gone: frozenset[str] = frozenset()) -> State:
        records = {}
        for row_id in sorted(self.rows, reverse=self.reverse):
            record = self._record(row_id)
            records[record.record_id] = record
        for record_id, record in self.records.items():
            if record_id not in records:
                records[record_id] = record if record.deleted_at else record._replace(deleted_at=self.clock)
        state = State(
            records=records,
            before=dict(self.records),
            participations=dict(self.participations),
            bases=dict(self.bases),
            conflicts=tuple(self.conflicts),
            known=self._known(records),
        )
        return replace(state, gone=gone & questions(state) if gone else frozenset())

    def _record(self, row_id: str) -> Record:
        cells = self.rows[row_id]
        fields = {name: cells.get(name) for name in CANONICAL_FIELDS}
        fresh = Record(
            record_id=f"{TABLE}:{row_id}",
            source="coda",
            source_table=TABLE,
            doc_id=DOC,
            row_id=row_id,
            row_hash=repr(sorted(cells.items(), key=lambda item: item[0])),
            fields=fields,
            sync_id=cells.get("sync_id"),
            updated_at=self.times[row_id],
        )
        return fresh.with_decisions_of(self.records.get(fresh.record_id))

    def _known(self, records: Mapping[str, Record]) -> Known:
        people: dict[str, set[str]] = defaultdict(set)
        activities: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for record in records.values():
            if record.deleted_at is None:
                learn(record.fields, DOC, people, activities)
        return Known(people, activities, (DOC,))

    def _new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def _apply(self, resolution: Resolution) -> None:
        for p in resolution.inserts:
            self.participations[p.participation_id] = p
        for update in resolution.updates:
            p = self.participations[update.participation_id]
            assert p.version == update.version
            links = {name: value for name, value in update.links.items() if name in LINKS}
            fields = {**p.fields, **update.fields}
            self.participations[p.participation_id] = p._replace(
                fields=fields, version=p.version + 1, **links
            )
        self.records.update({r.record_id: r for r in resolution.records})
        self.bases.update(resolution.bases)
        closed = resolution.closed
        self.conflicts = [
            replace(c, outcome=closed.get(c.conflict_id or 0, c.outcome)) for c in self.conflicts
        ]
        for conflict in resolution.conflicts:
            self.conflicts.append(replace(conflict, conflict_id=len(self.conflicts) + 1))
        for pid, key in resolution.resolved.items():
            p = self.participations[pid]
            self.participations[pid] = p._replace(natural_key=key, resolved_version=p.version)

    # --- what one may ask -----------------------------------------------------------------------------------

    @property
    def live(self) -> dict[UUID, Participation]:
        """What core.participation shows."""
        return {
            i: p for i, p in self.participations.items() if p.deleted_at is None and p.merged_into is None
        }

    def of(self, row_id: str) -> UUID | None:
        """The participation of a row, its own or the one it is a duplicate of."""
        return self.records[f"{TABLE}:{row_id}"].participation_id

    def outcome(self, row_id: str) -> Outcome | None:
        return self.records[f"{TABLE}:{row_id}"].outcome

    @property
    def open_conflicts(self) -> list[Conflict]:
        return [c for c in self.conflicts if c.outcome is None]


def is_silent(resolution: Resolution) -> bool:
    """Whether a resolution asks for no write at all."""
    return resolution == Resolution()


def cell(name: str, text: Any) -> Value:
    """A value as the readable cases write it: «Анна <anna@example.com>», «Обучение (p1)», 2024-02-01, 0.5."""
    if text is None or text == "":
        return None
    if name == "person":
        who, _, email = str(text).partition("<")
        return Person(who.strip(" ") or None, email.rstrip("> ") or None)
    if name == "activity":
        what, _, row_id = str(text).partition("(")
        return Activity(what.strip(" ") or None, row_id.rstrip(") ") or None)
    if name in ("started_on", "ended_on"):
        return text if isinstance(text, date) else date.fromisoformat(str(text))
    return Decimal(str(text)) if name == "share" else text
