"""Lines of dumps as the resolve sees them: which are new, changed or gone since, and what each says.

A line that stands in the dumps of two years, by its row's id, is the one of the later year. The caller has
the transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.sync.model import Fields
from coda_pipeline.warehouse.core.driver import fetch, stream
from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS, from_columns

_LINES = f"""
    select l.line_id, l.doc_id, l.row_hash, l.unreadable, {", ".join(f"l.{c}" for c in FIELD_COLUMNS)}
      from (select distinct on (line_id) * from raw.participation_dump order by line_id, year desc) as l
      left join core.participation_records as known on known.record_id = '{DUMP_TABLE}:' || l.line_id
     where %(everything)s or known.record_id is null or known.row_hash <> l.row_hash
        or known.deleted_at is not null
        or %(lists)s and (strpos(l.person_name, ',') > 0 or strpos(l.activity, ',') > 0)
"""  # noqa: S608 (our own columns)
_GONE = f"""
    select r.record_id from core.participation_records as r
     where r.source_table = '{DUMP_TABLE}' and r.deleted_at is null
       and not exists (select from raw.participation_dump as l where l.line_id = r.row_id)
"""  # noqa: S608
_WAS_LOADED = text("select exists (select from sync.dump_loads)")
_COUNT = text("select count(distinct line_id) from raw.participation_dump")
_DELETED_IN_CODA = text("select count(distinct participation_id) from core.participation_deleted_in_coda")
_UNMATCHED = text("select count(*) from core.participation_unmatched")


@dataclass(frozen=True, slots=True)
class DumpRow:
    """One line. `doc_id` is that of a live doc, or None: then its ids mean nothing here."""

    line_id: str
    doc_id: str | None
    row_hash: str
    fields: Fields


def was_loaded(conn: Connection) -> bool:
    """Whether a dump was ever loaded here."""
    return bool(conn.scalar(_WAS_LOADED))


def dump_rows(conn: Connection, *, everything: bool, lists: bool = False) -> Iterator[DumpRow]:
    """Lines that are new or changed since they were resolved, also those that may be lists, or all."""
    for row in stream(conn, _LINES, {"everything": everything, "lists": lists}):
        yield DumpRow(row[0], row[1], row[2], from_columns(row[4:], row[3]))


def gone_lines(conn: Connection) -> list[str]:
    """Record ids of lines that no dump holds any more."""
    return [row[0] for row in fetch(conn, _GONE)]


def line_count(conn: Connection) -> int:
    """How many records the loaded dumps make."""
    return conn.scalar(_COUNT) or 0


def deleted_in_coda(conn: Connection) -> int:
    """Participations that stay as history although their rows are deleted in Coda."""
    return conn.scalar(_DELETED_IN_CODA) or 0


def unmatched_lines(conn: Connection) -> int:
    """Lines whose person or activity matches no row of the live Coda tables, or several."""
    return conn.scalar(_UNMATCHED) or 0
