"""The configuration file as one typed model: its sections together, the guards, and reading it.

Each fact about a table is written once, in the file. Nothing else reads it, and nothing here talks to a
service or to the database. Large sections are in `catalog_<section>`. Mistakes are reported all at once, each
with the path of its key.
"""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from coda_pipeline.catalog_coda import CodaSection, TableName
from coda_pipeline.catalog_coding import CodingSection
from coda_pipeline.catalog_entry import Entry
from coda_pipeline.catalog_gateway import GatewaySection
from coda_pipeline.catalog_participation import ParticipationSection
from coda_pipeline.errors import CatalogError

DEMO_CATALOG = Path(__file__).parent / "demo_catalog.yaml"


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
        problems = self._contradictions()
        if problems:
            source = "the configuration"
            raise CatalogError(source, problems)
        return self

    def _contradictions(self) -> list[str]:
        problems = self.coda.contradictions()
        if self.participation:
            problems += self.participation.contradictions(self.coda)
        return problems + self.coding.contradictions()


def _missing(name: str) -> TableSpec:
    raise KeyError(name)


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
