"""Groups of equal rows, unclear people and half-filled rows, as their page shows them. Reads only.

The participations and records themselves come from `warehouse.core.load`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.model import Fields, Participation, Record
from coda_pipeline.sync.normalize import alike
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.reports import links_of

# Beside the one that stays; a larger group says how many more there are.
MAX_BESIDE = 7
MAX_CANDIDATES = 5

Listing = Literal["groups", "people", "half"]
_WHICH = {
    "people": "is_ambiguous and deleted_at is null",
    "half": "outcome = 'incomplete' and deleted_at is null",
}
_COUNTS = text("""
    select (select count(distinct participation_id) from core.participation_duplicates) as groups,
           count(*) filter (where is_ambiguous) as people,
           count(*) filter (where outcome = 'incomplete') as half
      from core.participation_records where deleted_at is null
""")
_GROUPS = text("""
    select participation_id, count(*) as surplus,
           (array_agg(record_id order by record_id))[1 : :beside] as records,
           min(survivor_record_id) as survivor
      from core.participation_duplicates where participation_id is not null
     group by participation_id order by count(*) desc, participation_id limit :limit offset :offset
""")
_EMAILS = text("""
    select r.name_norm, array_agg(distinct k.person_email order by k.person_email)
      from core.participation_records as r
      join core.participation_records as k on k.name_norm = r.name_norm
     where r.record_id = any(:ids) and k.deleted_at is null and k.person_email is not null
     group by r.name_norm
""")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a group. `differs` are the fields in which it is not as the one that stays."""

    fields: Fields = field(repr=False)
    link: str | None
    source: str
    reason: str | None
    changed_at: datetime | None
    differs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are one participation: the one that stays, then the others; `more` are not shown."""

    size: int
    lines: Sequence[Line]
    shown_fields: Sequence[str]
    more: int

    @property
    def why_stays(self) -> Sequence[str]:
        """The reasons against the others, each once: what speaks for the one that stays."""
        return list(dict.fromkeys(line.reason for line in self.lines[1:] if line.reason))


@dataclass(frozen=True, slots=True)
class Listed:
    """A row with something to put right; `could_be` are e-mails of people of that name."""

    fields: Fields = field(repr=False)
    link: str | None
    source: str
    reason: str | None
    could_be: Sequence[str] = field(default=(), repr=False)


def counts(conn: Connection) -> Mapping[Listing, int]:
    """How long each of the three lists is."""
    groups, people, half = conn.execute(_COUNTS).one()
    return {"groups": groups, "people": people, "half": half}


def groups(conn: Connection, *, limit: int, offset: int) -> list[Group]:
    """Some of the groups, the largest first."""
    given = {"limit": limit, "offset": offset, "beside": MAX_BESIDE}
    heads = conn.execute(_GROUPS, given).all()
    ids = [head.participation_id for head in heads]
    record_ids = {r for head in heads for r in (*head.records, head.survivor) if r}
    records = {one.record_id: one for one in load.records(conn, record_ids=record_ids)} if ids else {}
    links = links_of(conn, record_ids)
    known = {one.participation_id: one for one in load.participations(conn, ids=ids)} if ids else {}
    return [_group(head, known[head.participation_id], records, links) for head in heads]


def _group(
    head,
    known: Participation,
    records: Mapping[str, Record],
    links: Mapping[str, str],
) -> Group:
    survivor = records.get(head.survivor)
    stays = survivor.fields if survivor else known.fields
    first = Line(
        stays,
        links.get(head.survivor),
        known.source if survivor is None else survivor.source,
        None,
        survivor.updated_at if survivor else None,
    )
    beside = [_line(records[r], stays, links.get(r)) for r in head.records if r in records]
    lines = [first, *beside]
    shown = [name for name in CANONICAL_FIELDS if any(line.fields.get(name) is not None for line in lines)]
    return Group(head.surplus + 1, lines, shown, head.surplus - len(beside))


def _line(record: Record, stays: Fields, link: str | None) -> Line:
    differs = frozenset(
        name for name in CANONICAL_FIELDS if not alike(record.fields.get(name), stays.get(name))
    )
    return Line(record.fields, link, record.source, record.reason, record.updated_at, differs)


def listed(conn: Connection, which: Literal["people", "half"], *, limit: int, offset: int) -> list[Listed]:
    """Some of the rows with an unclear person, or of those that lack a part of the key."""
    query = text(
        f"select record_id, name_norm from core.participation_records where {_WHICH[which]}"  # noqa: S608 (ours)
        " order by person_name, record_id limit :limit offset :offset"
    )
    found = conn.execute(query, {"limit": limit, "offset": offset}).all()
    ids = [row.record_id for row in found]
    if not ids:
        return []
    records = {one.record_id: one for one in load.records(conn, record_ids=ids)}
    links = links_of(conn, ids)
    emails = _emails(conn, ids) if which == "people" else {}
    return [
        Listed(
            records[row.record_id].fields,
            links.get(row.record_id),
            records[row.record_id].source,
            records[row.record_id].reason,
            emails.get(row.name_norm, ()),
        )
        for row in found
    ]


def _emails(conn: Connection, record_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    return {row[0]: row[1][:MAX_CANDIDATES] for row in conn.execute(_EMAILS, {"ids": list(record_ids)})}
