"""Who and what one doc knows, as far as the candidates of a plan ask: people, and the rows of relations.

Loaded for the fields that differ alone, so that an edited comment asks nothing and an idle sync nobody. What
matches is decided in `plan_matching`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.cells import plain_text
from coda_pipeline.sync.model import Person
from coda_pipeline.sync.normalize import is_blank, norm
from coda_pipeline.sync.plan_inputs import Candidate, Column, Directory
from coda_pipeline.warehouse.write_back import inputs

RELATION = "lookup"


def directory_for(
    conn: Connection,
    catalog: Catalog,
    source: ParticipationSource,
    columns: Mapping[str, Column],
    candidates: Iterable[Candidate],
) -> Directory:
    """What the doc of a source knows of the people and rows that the candidates name."""
    doc_id = catalog.table(source.table).doc_id
    tables = [t.name for t in catalog.tables if t.doc_id == doc_id and inputs.is_read(conn, t.name)]
    people, related = _asked_for(source, columns, candidates)
    emails = {norm(person.email) for person in people if not is_blank(person.email)}
    names = {norm(person.name) for person in people if not is_blank(person.name)}
    known = _Known(conn, doc_id, tables)
    return Directory(
        emails=known.emails(emails),
        names=known.names(names),
        rows={
            column.target_table_id or column.id: _rows(conn, catalog, source, column, tables)
            for column in related
        },
    )


def _asked_for(
    source: ParticipationSource, columns: Mapping[str, Column], candidates: Iterable[Candidate]
) -> tuple[list[Person], list[Column]]:
    """The people that would be sent, and the columns of relations in which something would be."""
    people: list[Person] = []
    related: dict[str, Column] = {}
    for found in candidates:
        if found.participation.deleted_at is not None:
            continue
        for name, column_id in source.fields.mapped.items():
            value, column = found.participation.fields.get(name), columns.get(column_id)
            if column is None or value is None or (found.record and value == found.values.get(name)):
                continue
            if isinstance(value, Person):
                people.append(value)
            if column.type == RELATION:
                related[column.id] = column
    return people, list(related.values())


class _Known:
    """People of one doc: those in Участие first, then those in other columns of people of tables read."""

    def __init__(self, conn: Connection, doc_id: str, tables: list[str]) -> None:
        self._conn, self._doc_id, self._tables = conn, doc_id, tables
        self._elsewhere: list[Person] | None = None

    def emails(self, asked: set[str]) -> frozenset[str]:
        if not asked:
            return frozenset()
        found = {norm(email) for email in inputs.emails_in_records(self._conn, self._doc_id)} & asked
        if found != asked:
            found |= {norm(person.email) for person in self.elsewhere()} & asked
        return frozenset(found)

    def names(self, asked: set[str]) -> dict[str, frozenset[str]]:
        if not asked:
            return {}
        known: defaultdict[str, set[str]] = defaultdict(set)
        for name, email in inputs.emails_by_name(self._conn, self._doc_id, asked):
            known[name].add(norm(email))
        if not asked <= known.keys():
            for person in self.elsewhere():
                if norm(person.name) in asked:
                    known[norm(person.name)].add(norm(person.email))
        return {name: frozenset(emails) for name, emails in known.items()}

    def elsewhere(self) -> list[Person]:
        if self._elsewhere is None:
            self._elsewhere = [
                Person(plain_text(cell.get("name")), plain_text(cell.get("email")))
                for table, column_id in inputs.person_columns(self._conn, self._tables)
                for cell in inputs.cells_seen(self._conn, table, column_id)
            ]
        return self._elsewhere


def _rows(
    conn: Connection, catalog: Catalog, source: ParticipationSource, column: Column, tables: list[str]
) -> dict[str, str]:
    """Row id -> normalised name of the rows that a relation can lead to."""
    doc_id = catalog.table(source.table).doc_id
    seen: dict[str, str] = {}
    for cell in inputs.cells_seen(conn, source.table, column.id):
        if row_id := cell.get("rowId"):
            seen[row_id] = norm(plain_text(cell))
    target = next(
        (
            t.name
            for t in catalog.tables
            if t.doc_id == doc_id and t.table_id == column.target_table_id and t.name in tables
        ),
        None,
    )
    if target is None:
        return seen
    rows = inputs.target_rows(conn, target)
    return {row_id: norm(plain_text(cell)) or seen.get(row_id, "") for row_id, cell in rows}
