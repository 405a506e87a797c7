"""Names that the live Coda tables give an identity to: what a dump, which has names only, is matched against.

A part of what is known while resolving (`identity.Known`), for every record alike. Only where the catalogue
has a dump: an install without one resolves as ever.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.sync.cells import person_of, plain_text
from coda_pipeline.sync.identity import Known
from coda_pipeline.sync.model import Person
from coda_pipeline.sync.normalize import is_blank, norm
from coda_pipeline.warehouse import live_names

PERSON, ACTIVITY = "person", "activity"


@dataclass(frozen=True, slots=True)
class LiveNames:
    """The names as the tables have them now, and what of it came and went since the last resolve."""

    now: frozenset[live_names.Known] = frozenset()
    new: frozenset[live_names.Known] = frozenset()
    gone: frozenset[live_names.Known] = frozenset()
    known: Known = field(default_factory=Known)

    def changed(self, kind: str) -> set[str]:
        """Names, as compared, of which something else is known than before."""
        return {entry[1] for entry in self.new | self.gone if entry[0] == kind}


def load_live_names(conn: Connection, catalog: Catalog) -> LiveNames:
    """Read the names of people and activities in the docs that hold Участие."""
    section = catalog.participation
    if section is None or not section.dump:
        return LiveNames()
    now = frozenset((*_activities(conn, catalog), *_people(conn, catalog)))
    stored = live_names.stored_names(conn)
    return LiveNames(now, frozenset(now - stored), frozenset(stored - now), known_of_names(now, catalog))


def known_of_names(names: frozenset[live_names.Known], catalog: Catalog) -> Known:
    """The names in the form in which the resolve knows them."""
    people: dict[str, set[str]] = defaultdict(set)
    activities: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for kind, name, doc_id, identity in names:
        if kind == PERSON:
            people[name].add(identity)
        else:
            activities[name].add((doc_id, identity))
    return Known(people, activities, _docs(catalog))


def _docs(catalog: Catalog) -> tuple[str, ...]:
    sources = catalog.participation.sources if catalog.participation else ()
    return tuple(dict.fromkeys(catalog.table(source.table).doc_id for source in sources))


def _activities(conn: Connection, catalog: Catalog) -> Iterator[live_names.Known]:
    for source in catalog.participation.sources if catalog.participation else ():
        column, doc_id = source.fields.activity, catalog.table(source.table).doc_id
        target = live_names.relation_target(conn, source.table, column) if column else None
        tables = [t.name for t in catalog.tables if t.doc_id == doc_id and t.table_id == target]
        for table in tables:
            for cell, row_id in live_names.named_rows(conn, table):
                if name := norm(plain_text(cell)):
                    yield ACTIVITY, name, doc_id, str(row_id)


def _people(conn: Connection, catalog: Catalog) -> Iterator[live_names.Known]:
    docs, sources = (
        _docs(catalog),
        {s.table for s in catalog.participation.sources} if catalog.participation else (),
    )
    for spec in catalog.tables:
        if spec.doc_id not in docs or spec.name in sources:
            continue
        for cell, email_cell in live_names.named_people(conn, spec.name):
            for part in cell if isinstance(cell, list) else [cell]:
                person = person_of(part)
                if not isinstance(person, Person):
                    continue
                email = plain_text(email_cell) or person.email
                if not is_blank(person.name) and not is_blank(email):
                    yield PERSON, norm(person.name), spec.doc_id, norm(email)
