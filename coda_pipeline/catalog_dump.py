"""The section `participation.dump`: for each year, the files of a dump of the Coda file and how to read them.

Encoding, delimiter, decimal mark and date order are detected from the files (see `dump`); set here, they
overrule the detection. Names of columns are headers, as people see them in Coda.
"""

import codecs
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from coda_pipeline.catalog_entry import Entry

DateOrder = Literal["day_first", "month_first", "year_first"]
DecimalMark = Literal[",", "."]
Delimiter = Literal[",", ";", "\t"]

FIRST_YEAR, LAST_YEAR = 1900, 2200
Header = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
# The records of a dump are known by this name beside those of the Coda tables.
DUMP_TABLE = "participation_dump"


class DumpColumns(Entry):
    """Canonical field of Участие -> header of the dump's column.

    `person_email` and `row_id` are there where the dump has such columns of their own; a JSON page gives both
    by itself.
    """

    person: Header | None = None
    activity: Header | None = None
    role: Header | None = None
    started_on: Header | None = None
    ended_on: Header | None = None
    share: Header | None = None
    comment: Header | None = None
    person_email: Header | None = None
    row_id: Header | None = None

    @property
    def mapped(self) -> dict[str, str]:
        """Canonical field -> header, mapped ones only."""
        return {name: header for name, header in self if header is not None}


class DumpEntry(Entry):
    """One year of a dump. `doc` is the id of the doc that was dumped: only there do row ids mean the same."""

    files: Annotated[str, StringConstraints(min_length=1)]
    columns: DumpColumns
    doc: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    decimal: DecimalMark | None = None
    dates: DateOrder | None = None


def dump_contradictions(dump: dict[int, DumpEntry], natural_key: tuple[str, ...]) -> list[str]:
    """Mistakes that no single key shows, each with its path from `participation`."""
    problems = []
    for year, entry in dump.items():
        path = f"participation.dump.{year}"
        headers = list(entry.columns.mapped.values())
        needed = dict.fromkeys((*natural_key, "started_on"))
        problems += [
            f"{path}.columns.{name}: missing; the key and the year need it, so expected a header"
            for name in needed
            if name not in entry.columns.mapped
        ]
        problems += [
            f"{path}.columns: header {header!r} is mapped to two fields"
            for header in sorted({h for h in headers if headers.count(h) > 1})
        ]
        problems += _misplaced(path, entry)
    return problems


def _misplaced(path: str, entry: DumpEntry) -> list[str]:
    problems = []
    parts = entry.files.replace("\\", "/").split("/")
    if entry.files.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        problems.append(
            f"{path}.files: expected a pattern inside the folder CODA_DUMP_DIR, such as 'part-2023*'"
        )
    if entry.encoding is not None and not _is_encoding(entry.encoding):
        problems.append(f"{path}.encoding: unknown; expected one such as utf-8 or cp1251")
    return problems


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
