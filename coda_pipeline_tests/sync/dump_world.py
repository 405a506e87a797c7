"""The world with a dump: lines beside the rows of Coda, of the live doc (with row ids) or of another."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.binding import questions
from coda_pipeline.sync.identity import Known, learn
from coda_pipeline.sync.model import Outcome, Record
from coda_pipeline.sync.resolve_state import State
from coda_pipeline_tests.sync.two_sides import TwoSides
from coda_pipeline_tests.sync.world import DOC, TABLE


@dataclass
class DumpWorld(TwoSides):
    """`lines` are what the last dump holds: by the row's id, or by a digest where there is none."""

    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: tuple[tuple[str, str], ...] = ((DOC, TABLE),)

    def dump(self, lines: Mapping[str, Mapping[str, Any]]) -> None:
        """A dump is loaded in place of the one before."""
        self.lines = {line_id: dict(cells) for line_id, cells in lines.items()}

    def state(self, *, gone: frozenset[str] = frozenset()) -> State:
        state = super().state()
        records = {rid: r for rid, r in state.records.items() if r.source != "dump"}
        told = {r.record_id: r for r in map(self._line, sorted(self.lines, reverse=self.reverse))}
        for record_id, record in self.records.items():
            if record.source == "dump" and record_id not in told:
                told[record_id] = record if record.deleted_at else record._replace(deleted_at=self.clock)
        state = replace(state, records=records | told)
        return replace(state, gone=gone & questions(state)) if gone else state

    def _line(self, line_id: str) -> Record:
        cells = self.lines[line_id]
        fresh = Record(
            record_id=f"{DUMP_TABLE}:{line_id}",
            source="dump",
            source_table=DUMP_TABLE,
            doc_id=DOC,
            row_id=line_id,
            row_hash=repr(sorted(cells.items(), key=lambda item: item[0])),
            fields={name: cells.get(name) for name in CANONICAL_FIELDS},
        )
        return fresh.with_decisions_of(self.records.get(fresh.record_id))

    def _known(self, records: Mapping[str, Record]) -> Known:
        people: dict[str, set[str]] = defaultdict(set)
        activities: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for record in records.values():
            if record.deleted_at is None and record.source != "dump":
                learn(record.fields, DOC, people, activities)
        return Known(people, activities, (DOC,))

    # --- what one may ask -----------------------------------------------------------------------------------

    def of_line(self, line_id: str) -> UUID | None:
        return self.records[f"{DUMP_TABLE}:{line_id}"].participation_id

    def outcomes(self) -> dict[str, Outcome | None]:
        return {r.record_id: r.outcome for r in self.records.values() if r.deleted_at is None}

    def groups(self) -> set[frozenset[str]]:
        """Which records are one participation."""
        found: dict[UUID, set[str]] = defaultdict(set)
        for record in self.records.values():
            if record.deleted_at is None and record.participation_id is not None:
                p = self.participations[record.participation_id]
                found[p.merged_into or p.participation_id].add(record.record_id)
        return {frozenset(group) for group in found.values()}

    def shown(self) -> list[tuple[Any, ...]]:
        """What core.participation shows, without ids: the values and where they were born."""
        return sorted(
            (repr([p.fields.get(n) for n in CANONICAL_FIELDS]), p.source, p.row) for p in self.live.values()
        )
