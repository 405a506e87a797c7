"""The configuration file as typed models: which docs, tables, columns and fields there are, and the guards.

Each fact about a table is written once, here. Nothing else reads the YAML file, and nothing here talks to a
service or to the database. Mistakes are reported all at once, each with the path of its key.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from coda_pipeline.catalog_coding import CodingSection
from coda_pipeline.catalog_dump import DUMP_TABLE, DumpEntry, Year, dump_contradictions
from coda_pipeline.catalog_entry import Entry
from coda_pipeline.catalog_gateway import GatewaySection
from coda_pipeline.errors import CatalogError

# 63 bytes for a PostgreSQL identifier, less `coda_` before and `_history` behind.
MAX_NAME_CHARS = 50
TableName = Annotated[str, StringConstraints(pattern=rf"^[a-z0-9_]{{1,{MAX_NAME_CHARS}}}$")]
DEMO_CATALOG = Path(__file__).parent / "demo_catalog.yaml"

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


class RateLimit(Entry):
    """So many requests in any window of so many seconds, for one user over all processes."""

    requests: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0)]


class RateLimits(Entry):
    """What Coda allows one user (reference/coda-api.md section 3); `slack` of it is left unused."""

    reads: RateLimit = RateLimit(requests=100, seconds=6)
    writes: RateLimit = RateLimit(requests=10, seconds=6)
    row_writes: RateLimit = RateLimit(requests=3, seconds=10)
    doc_listings: RateLimit = RateLimit(requests=4, seconds=6)
    slack: Annotated[float, Field(ge=0, lt=1)] = 0.03

    def limit_of(self, kind: str) -> RateLimit:
        """The limit for a kind of request: read, write, row_write or doc_listing."""
        return getattr(self, f"{kind}s")


class CodaSection(Entry):
    """The Coda docs to read."""

    docs: tuple[DocEntry, ...] = ()
    limits: RateLimits = RateLimits()


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


class Guard(Entry):
    """The smaller of the two limits holds, but at least five rows pass."""

    rows: Annotated[int, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1)]

    def limit(self, total: int) -> int:
        """How many rows of `total` may be touched without a person's word."""
        return max(5, min(self.rows, int(self.share * total)))


class Guards(Entry):
    """Limits above which a change waits for a person."""

    lost: Guard = Guard(rows=20, share=0.02)
    changed: Guard = Guard(rows=200, share=0.2)


class TableSpec(Entry):
    """All that reading one table needs, gathered from its doc, its entry and the mapping."""

    name: TableName
    doc_id: str
    table_id: str
    excluded: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()
    trust_row_count: bool = True
    snapshot_lag_s: float = 30.0
    history_days: int | None = None


class Catalog(Entry):
    """The whole configuration file."""

    coda: CodaSection = CodaSection()
    participation: ParticipationSection | None = None
    coding: CodingSection = CodingSection()
    guards: Guards = Guards()
    gateway: GatewaySection = GatewaySection()

    @property
    def tables(self) -> tuple[TableSpec, ...]:
        """Every Coda table, in the order of the file."""
        return tuple(
            TableSpec(
                name=table.name,
                doc_id=doc.id,
                table_id=table.id,
                excluded=frozenset(table.exclude),
                mapped=self._mapped_columns(table.name),
                trust_row_count=table.trust_row_count,
                snapshot_lag_s=doc.snapshot_lag_s,
                history_days=doc.history_days,
            )
            for doc in self.coda.docs
            for table in doc.tables
        )

    def table(self, name: str) -> TableSpec:
        """The table of that name. Raises KeyError where the catalogue has none."""
        return (
            next(spec for spec in self.tables if spec.name == name)
            if self.has_table(name)
            else _missing(name)
        )

    def has_table(self, name: str) -> bool:
        """Whether the catalogue names such a table."""
        return any(spec.name == name for spec in self.tables)

    def _mapped_columns(self, table: str) -> frozenset[str]:
        sources = self.participation.sources if self.participation else ()
        return frozenset(c for s in sources if s.table == table for c in s.fields.mapped.values())

    @model_validator(mode="after")
    def _facts_agree(self) -> "Catalog":
        problems = _contradictions(self)
        if problems:
            source = "the configuration"
            raise CatalogError(source, problems)
        return self


def _missing(name: str) -> TableSpec:
    raise KeyError(name)


def _repeated(values: list[str]) -> set[str]:
    return {value for value in values if values.count(value) > 1}


def _contradictions(catalog: Catalog) -> list[str]:
    """Mistakes that no single key shows: repeated names, unknown tables, excluded mapped columns."""
    problems = []
    names = [t.name for d in catalog.coda.docs for t in d.tables]
    problems += [
        f"coda.docs: two tables are named {name!r}; each needs its own name"
        for name in sorted(_repeated(names))
    ]
    if DUMP_TABLE in names:
        problems.append(f"coda.docs: the name {DUMP_TABLE!r} is kept for the dump; choose another")
    problems += [
        f"coda.docs: table {name!r} has the name of the history view of {name.removesuffix('_history')!r}; "
        "choose another"
        for name in sorted(set(names))
        if name.endswith("_history") and name.removesuffix("_history") in names
    ]
    docs = [d.id for d in catalog.coda.docs]
    problems += [
        f"coda.docs: doc {doc!r} is listed twice; put its tables together" for doc in sorted(_repeated(docs))
    ]
    for d, doc in enumerate(catalog.coda.docs):
        ids = [t.id for t in doc.tables]
        problems += [f"coda.docs[{d}].tables: table {i!r} is listed twice" for i in sorted(_repeated(ids))]
    if catalog.participation:
        problems += _participation_contradictions(catalog, catalog.participation)
    return problems + catalog.coding.contradictions()


def _participation_contradictions(catalog: Catalog, section: ParticipationSection) -> list[str]:
    problems = []
    if not section.natural_key or _repeated(list(section.natural_key)):
        problems.append("participation.natural_key: expected one or more different fields")
    problems += dump_contradictions(section.dump, section.natural_key)
    tables = {spec.name: spec for spec in catalog.tables}
    doc_ids = []
    for s, source in enumerate(section.sources):
        path = f"participation.sources[{s}]"
        spec = tables.get(source.table)
        if spec is None:
            problems.append(
                f"{path}.table: no table {source.table!r} under coda.docs; expected one of {sorted(tables)}"
            )
            continue
        doc_ids.append(spec.doc_id)
        problems += [f"{path}.fields{problem}" for problem in _field_contradictions(section, source, spec)]
    problems += [
        f"participation.sources: doc {doc!r} has two sources; expected one per doc"
        for doc in sorted(_repeated(doc_ids))
    ]
    return problems


def _field_contradictions(
    section: ParticipationSection, source: ParticipationSource, spec: TableSpec
) -> list[str]:
    mapped = source.fields.mapped
    missing = [name for name in section.natural_key if name not in mapped]
    problems = [
        f".{name}: missing; it is part of the natural key, so expected a column id" for name in missing
    ]
    problems += [
        f".{name}: column {column!r} is excluded from table {spec.name!r}; map or exclude it, not both"
        for name, column in mapped.items()
        if column in spec.excluded
    ]
    columns = list(mapped.values())
    return problems + [
        f": column {column!r} is mapped to two fields" for column in sorted(_repeated(columns))
    ]


def load_catalog(path: Path) -> Catalog:
    """Read and check the configuration file.

    Raises `CatalogError` with every mistake at once: a file that cannot be read, text that is not YAML,
    unknown keys, wrong types, contradictions.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(str(path), [f"cannot be read: {error}"]) from error
    except yaml.YAMLError as error:
        raise CatalogError(str(path), [f"is not YAML: {error}"]) from error
    return parse_catalog(content if content is not None else {}, source=str(path))


def parse_catalog(content: Any, *, source: str) -> Catalog:
    """Turn the parsed content of a configuration file into a `Catalog`; `source` names it in messages."""
    try:
        return Catalog.model_validate(content)
    except ValidationError as error:
        raise CatalogError(source, [_in_words(dict(e)) for e in error.errors()]) from error
    except CatalogError as error:
        raise CatalogError(source, list(error.problems)) from error


def _in_words(error: dict[str, Any]) -> str:
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error["loc"]).lstrip(".")
    if error["type"] == "extra_forbidden":
        return f"{path}: this key is not known here; remove it or correct its name"
    return f"{path or 'the file'}: {error['msg'][0].lower()}{error['msg'][1:]}"
