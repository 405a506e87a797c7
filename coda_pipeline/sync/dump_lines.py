"""What lines of a dump are among the records of Участие, and what a participation holds of them.

A participation that only a dump tells of is *held* by a line: its row is that line and its `source` is
`dump`. What a source said is no edit; what differs from all that was said was edited here. Where lines go is
in `dump_placing`.
"""

from collections.abc import Iterable
from uuid import UUID

from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.model import BaseKey, Participation, Record, Value
from coda_pipeline.sync.normalize import alike

DUMP = "dump"
PREFIX = f"{DUMP_TABLE}:"
# Ids of lines without a row id begin so (`warehouse.dump`); those of Coda's rows never do.
DIGEST = "k-"
# A second line with the same row id is known by the id and this mark.
AGAIN = "#"


def is_line(record_id: str | None) -> bool:
    """Whether a record id is that of a line of a dump."""
    return record_id is not None and record_id.startswith(PREFIX)


def is_held(p: Participation) -> bool:
    """Whether a line of a dump speaks for a participation, since no live row does."""
    return p.source == DUMP or is_line(p.row)


def live_row_of(record: Record, tables: Iterable[tuple[str, str]]) -> str | None:
    """The record id of the live row that a line is a copy of, by row id; None where it has none.

    `tables` are (doc id, name) of the tables that hold Участие.
    """
    if record.source != DUMP or record.row_id.startswith(DIGEST):
        return None
    table = next((name for doc, name in tables if doc == record.doc_id), None)
    return f"{table}:{record.row_id.partition(AGAIN)[0]}" if table else None


def counterparts(record: Record, tables: Iterable[tuple[str, str]]) -> list[str]:
    """Record ids under which the same row may be known: of a line its live row, of a row its lines."""
    if record.source == DUMP:
        row = live_row_of(record, tables)
        return [row] if row else []
    return [f"{PREFIX}{record.row_id}{again}" for again in ("", f"{AGAIN}2", f"{AGAIN}3")]


def said_in_coda(draft: Draft, pid: UUID) -> frozenset[str]:
    """The fields of a held participation that are as a live row had them last."""
    fields = draft.participations[pid].fields
    bases = [
        b for key in draft.base_keys.get(pid, ()) if not is_line(key.record_id) and (b := draft.base_of(*key))
    ]
    return frozenset(n for n in CANONICAL_FIELDS for b in bases if n in b and alike(b[n], fields.get(n)))


def said(draft: Draft, pid: UUID) -> dict[str, Value]:
    """What sources have said of a held participation, the last word of each field where it still stands."""
    p = draft.participations[pid]
    keys: list[BaseKey] = [*draft.base_keys.get(pid, ())]
    if p.row:
        keys.append(BaseKey(pid, p.row))
    bases = [b for key in keys if (b := draft.base_of(*key)) is not None]
    base = dict(bases[-1]) if bases else {}
    for name in CANONICAL_FIELDS:
        if any(name in b and alike(b[name], p.fields.get(name)) for b in bases):
            base[name] = p.fields.get(name)
    return base


def edits_of(draft: Draft, pid: UUID) -> frozenset[str]:
    """The fields of a held participation that were edited here."""
    base, fields = said(draft, pid), draft.participations[pid].fields
    return frozenset(n for n in CANONICAL_FIELDS if not alike(base.get(n), fields.get(n)))


def unsaid_by(draft: Draft, pid: UUID, row: str) -> frozenset[str]:
    """Fields of which a row says nothing: a line does not contradict what a live row said later."""
    return said_in_coda(draft, pid) if is_line(row) else frozenset()
