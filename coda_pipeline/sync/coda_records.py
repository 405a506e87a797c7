"""From rows of the Coda tables to records, and which of them the resolve has to look at.

A row gives its cells in canonical fields; whom and what they mean is resolved later. Lines of a dump become
records in `dump_records`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.cells import fields_of, sync_id_of
from coda_pipeline.sync.model import Record
from coda_pipeline.warehouse.core import changes
from coda_pipeline.warehouse.core.rows import RawRow


@dataclass(frozen=True, slots=True)
class CodaSource:
    """A table that holds Участие, and which of its columns is which field."""

    spec: TableSpec
    mapping: ParticipationSource


def fresh_rows(conn: Connection, sources: Iterable[CodaSource], *, everything: bool) -> Iterator[Record]:
    """Rows that changed since they were resolved, deleted ones too; all where everything is asked for."""
    # A dump may be loaded before the first sync: then a source has no table yet.
    for source in (s for s in sources if changes.was_read(conn, s.spec.name)):
        rows = None if everything else changes.changed_rows(conn, source.spec.name)
        if rows is None or rows:
            for raw in changes.raw_rows(conn, source.spec, rows):
                yield record_of(raw, source.spec, source.mapping)


def record_of(raw: RawRow, spec: TableSpec, source: ParticipationSource) -> Record:
    """The record of one raw row, in canonical fields."""
    return Record(
        record_id=f"{spec.name}:{raw.row_id}",
        source="coda",
        source_table=spec.name,
        doc_id=spec.doc_id,
        row_id=raw.row_id,
        row_hash=raw.row_hash,
        fields=fields_of(raw.values, source),
        sync_id=sync_id_of(raw.values, source),
        created_at=raw.created_at,
        updated_at=raw.updated_at,
        deleted_at=raw.deleted_at,
    )
