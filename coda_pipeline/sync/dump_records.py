"""From lines of a dump to records, and which of them the resolve has to look at.

A dump gives names; whom and what they mean is resolved like those of any record. A cell that holds several
names is a list only where each of them is known; a name that holds a comma stays a name.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.sync.cells import EMAIL, SEVERAL
from coda_pipeline.sync.dump_lines import DUMP
from coda_pipeline.sync.identity import Known
from coda_pipeline.sync.live_names import LiveNames
from coda_pipeline.sync.model import Activity, Fields, Person, Record, Value
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.dump_records import DumpRow, dump_rows, gone_lines, was_loaded

JOINED_BY = ","


def fresh_lines(
    conn: Connection, names: LiveNames, docs: tuple[str, ...], *, everything: bool, now: datetime
) -> Iterator[Record]:
    """Lines that are new, changed or gone since they were resolved; all where everything is asked for.

    Where other names are known than before, another cell may be a list.
    """
    if not was_loaded(conn):
        return
    for row in dump_rows(conn, everything=everything, lists=bool(names.new or names.gone)):
        yield record_of_line(row, names.known, docs)
    gone = gone_lines(conn)
    if gone:
        yield from (r._replace(deleted_at=now) for r in load.records(conn, record_ids=gone))


def record_of_line(row: DumpRow, names: Known, docs: tuple[str, ...]) -> Record:
    """The record of one line. Where its doc is not a live one, it speaks of the first doc by name."""
    return Record(
        record_id=f"{DUMP_TABLE}:{row.line_id}",
        source=DUMP,
        source_table=DUMP_TABLE,
        doc_id=row.doc_id if row.doc_id in docs else docs[0],
        row_id=row.line_id,
        row_hash=row.row_hash,
        fields=told(row.fields, names),
    )


def told(fields: Fields, names: Known) -> dict[str, Value]:
    """The fields of a line, its lists recognized."""
    found = dict(fields)
    person, activity = fields.get("person"), fields.get("activity")
    if isinstance(person, Person) and not person.email and person.name:
        if EMAIL.fullmatch(person.name):
            found["person"] = Person(None, person.name)
        elif is_list(person.name, names.people):
            found["person"] = SEVERAL
    if isinstance(activity, Activity) and not activity.row_id and is_list(activity.name, names.activities):
        found["activity"] = SEVERAL
    return found


def is_list(text: str | None, names: Mapping[str, object]) -> bool:
    """Whether a cell holds several names: it is none itself, and each of its parts is one."""
    if text is None or JOINED_BY not in text or norm(text) in names:
        return False
    parts = [norm(part) for part in text.split(JOINED_BY)]
    return len(parts) > 1 and all(part in names for part in parts)
