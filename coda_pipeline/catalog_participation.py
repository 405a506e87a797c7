"""The section `participation` of the catalogue: where Участие comes from, and what its fields and rules are.

The tables themselves are in `catalog_coda`, past years from a dump in `catalog_dump`.
"""

from typing import Annotated, Literal

from pydantic import Field

from coda_pipeline.catalog_coda import CodaSection, TableEntry, TableName
from coda_pipeline.catalog_dump import DumpEntry, Year, dump_contradictions
from coda_pipeline.catalog_entry import Entry, repeated

CanonicalField = Literal["person", "activity", "role", "started_on", "ended_on", "share", "comment"]
CANONICAL_FIELDS: tuple[CanonicalField, ...] = (
    "person",
    "activity",
    "role",
    "started_on",
    "ended_on",
    "share",
    "comment",
)
ConflictPolicy = Literal["coda_wins", "warehouse_wins", "ask"]


class ParticipationFields(Entry):
    """Canonical field of Участие -> Coda column id. `sync_id` is the text column that holds our id."""

    person: str | None = None
    activity: str | None = None
    role: str | None = None
    started_on: str | None = None
    ended_on: str | None = None
    share: str | None = None
    comment: str | None = None
    sync_id: str | None = None

    def column_of(self, field: str) -> str | None:
        """The Coda column id mapped to a canonical field, None where the source has none."""
        return getattr(self, field)

    @property
    def mapped(self) -> dict[str, str]:
        """Canonical field -> column id, mapped ones only."""
        return {name: column for name, column in self if column is not None}


class ParticipationSource(Entry):
    """One table that holds Участие."""

    table: TableName
    fields: ParticipationFields
    # Whether the API gives 50 % as 0.5 or as 50 is not documented (reference/coda-api.md section 6.3).
    percent_scale: Literal[1, 100] = 1


class WriteBack(Entry):
    """What may be sent to Coda, and how long a write may take to show there."""

    enabled: bool = False
    deletes: Literal["ask", "send", "never"] = "ask"
    proof_timeout_s: Annotated[float, Field(gt=0)] = 600.0


class ParticipationSection(Entry):
    """Where Участие comes from and what makes two records the same participation."""

    sources: tuple[ParticipationSource, ...] = Field(min_length=1)
    natural_key: tuple[CanonicalField, ...] = ("person", "activity", "role", "started_on")
    conflicts: ConflictPolicy = "coda_wins"
    write_back: WriteBack = WriteBack()
    dump: dict[Year, DumpEntry] = Field(default_factory=dict)

    def contradictions(self, coda: CodaSection) -> list[str]:
        """Mistakes that no single key shows; `coda` says which tables there are."""
        problems = []
        if not self.natural_key or repeated(self.natural_key):
            problems.append("participation.natural_key: expected one or more different fields")
        problems += dump_contradictions(self.dump, self.natural_key)
        tables = {table.name: (doc.id, table) for doc in coda.docs for table in doc.tables}
        doc_ids = []
        for s, source in enumerate(self.sources):
            path = f"participation.sources[{s}]"
            if source.table not in tables:
                problems.append(
                    f"{path}.table: no table {source.table!r} under coda.docs; "
                    f"expected one of {sorted(tables)}"
                )
                continue
            doc_id, table = tables[source.table]
            doc_ids.append(doc_id)
            problems += [f"{path}.fields{problem}" for problem in self._field_contradictions(source, table)]
        return problems + [
            f"participation.sources: doc {doc!r} has two sources; expected one per doc"
            for doc in sorted(repeated(doc_ids))
        ]

    def _field_contradictions(self, source: ParticipationSource, table: TableEntry) -> list[str]:
        mapped = source.fields.mapped
        missing = [name for name in self.natural_key if name not in mapped]
        problems = [
            f".{name}: missing; it is part of the natural key, so expected a column id" for name in missing
        ]
        problems += [
            f".{name}: column {column!r} is excluded from table {table.name!r}; map or exclude it, not both"
            for name, column in mapped.items()
            if column in table.exclude
        ]
        columns = list(mapped.values())
        return problems + [
            f": column {column!r} is mapped to two fields" for column in sorted(repeated(columns))
        ]
