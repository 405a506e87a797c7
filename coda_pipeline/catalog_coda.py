"""The section `coda` of the catalogue: which docs and tables are read.

What their columns mean for Участие is in `catalog_participation`, and how fast Coda may be asked in
`catalog_limits`. What reading one table needs, gathered from all of these, is the catalogue's `TableSpec`.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.catalog_entry import Entry, repeated
from coda_pipeline.catalog_limits import RateLimits

# 63 bytes for a PostgreSQL identifier, less `coda_` before and `_history` behind.
MAX_NAME_CHARS = 50
TableName = Annotated[str, StringConstraints(pattern=rf"^[a-z0-9_]{{1,{MAX_NAME_CHARS}}}$")]


class TableEntry(Entry):
    """One Coda base table: its id in the doc and its name here."""

    id: Annotated[str, StringConstraints(min_length=1)]
    name: TableName
    exclude: tuple[str, ...] = ()
    trust_row_count: bool = True


class DocEntry(Entry):
    """One Coda doc and the tables read from it."""

    id: Annotated[str, StringConstraints(min_length=1)]
    tables: tuple[TableEntry, ...] = Field(min_length=1)
    snapshot_lag_s: Annotated[float, Field(ge=0)] = 30.0
    history_days: Annotated[int, Field(ge=1)] | None = None


class CodaSection(Entry):
    """The Coda docs to read."""

    docs: tuple[DocEntry, ...] = ()
    limits: RateLimits = RateLimits()

    def contradictions(self) -> list[str]:
        """Mistakes that no single key shows: repeated names, docs and ids, and names that are taken."""
        names = [t.name for d in self.docs for t in d.tables]
        problems = [
            f"coda.docs: two tables are named {name!r}; each needs its own name"
            for name in sorted(repeated(names))
        ]
        if DUMP_TABLE in names:
            problems.append(f"coda.docs: the name {DUMP_TABLE!r} is kept for the dump; choose another")
        problems += [
            f"coda.docs: table {name!r} has the name of the history view of "
            f"{name.removesuffix('_history')!r}; choose another"
            for name in sorted(set(names))
            if name.endswith("_history") and name.removesuffix("_history") in names
        ]
        docs = [d.id for d in self.docs]
        problems += [
            f"coda.docs: doc {doc!r} is listed twice; put its tables together"
            for doc in sorted(repeated(docs))
        ]
        for d, doc in enumerate(self.docs):
            ids = [t.id for t in doc.tables]
            problems += [f"coda.docs[{d}].tables: table {i!r} is listed twice" for i in sorted(repeated(ids))]
        return problems
