"""What the targets of `coda-pipeline sync` ask for: tables of Coda, of CODING, or all there is. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.coding_names import TABLES
from coda_pipeline.errors import ConfigurationError

EVERYTHING_OF_CODA = "coda"
EVERYTHING_OF_CODING = "coding"
# The name of a table of CODING on the command line is that of its view: none of Coda's has a dot.
_OF_CODING = {f"coding.{table}": table for table in TABLES}


@dataclass(frozen=True, slots=True)
class Asked:
    """What to sync. `coda`: None is nothing, no name is every table; `coding`: the tables by name."""

    coda: tuple[str, ...] | None
    coding: tuple[str, ...]


def asked_for(catalog: Catalog, targets: Collection[str]) -> Asked:
    """What some targets mean; no target is all that is configured.

    Raises `ConfigurationError` where one is CODING's although the configuration names no team.
    """
    if not targets:
        return Asked(() if catalog.tables or not catalog.coding.teams else None, _all_of_coding(catalog))
    of_coding = {target for target in targets if target == EVERYTHING_OF_CODING or target in _OF_CODING}
    if of_coding and not catalog.coding.teams:
        message = "The configuration names no CODING team: add `coding.teams` to it, see docs/coding.md."
        raise ConfigurationError(message)
    of_coda = tuple(target for target in targets if target not in of_coding)
    tables = TABLES if EVERYTHING_OF_CODING in of_coding else [_OF_CODING[name] for name in sorted(of_coding)]
    return Asked((() if EVERYTHING_OF_CODA in of_coda else of_coda) if of_coda else None, tuple(tables))


def _all_of_coding(catalog: Catalog) -> tuple[str, ...]:
    return TABLES if catalog.coding.teams else ()
