"""What one resolve must look at: the records and participations that changed, and whoever they can touch.

A change of ten rows in a hundred thousand must not load a hundred thousand. The neighbourhood of a change is
closed under sharing a natural key, a participation, a merge, or a name whose identity may now be known or no
longer be unique; resolving it gives what resolving everything would (a property test holds the two equal).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.sync.dump_lines import DUMP, counterparts
from coda_pipeline.sync.identity import Known, activity_key, known_together, learn, natural_key, person_key
from coda_pipeline.sync.live_names import ACTIVITY, PERSON, LiveNames
from coda_pipeline.sync.model import Activity, Fields, Participation, Person, Record
from coda_pipeline.sync.normalize import is_blank, norm
from coda_pipeline.sync.resolve_state import Rules, State
from coda_pipeline.warehouse.core import identities, load
from coda_pipeline.warehouse.write_back import writes


@dataclass
class Neighbourhood:
    """The members found so far, and what was already followed."""

    conn: Connection
    rules: Rules
    fresh: Mapping[str, Record]
    live: LiveNames = field(default_factory=LiveNames)
    records: dict[str, Record] = field(default_factory=dict)
    before: dict[str, Record] = field(default_factory=dict)
    participations: dict[UUID, Participation] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    followed_keys: set[str] = field(default_factory=set)
    followed_ids: set[UUID] = field(default_factory=set)
    followed_rows: set[str] = field(default_factory=set)

    def start(self, pending: Collection[UUID]) -> None:
        """Begin with the changed records and participations, and those who share a name with them."""
        self._add_records(load.records(self.conn, record_ids=list(self.fresh)))
        self.records.update(self.fresh)
        self._add_participations(load.participations(self.conn, ids=list(pending), rows=list(self.fresh)))
        seen = [*self.fresh.values(), *(self.before[r] for r in self.fresh if r in self.before)]
        fields = [r.fields for r in seen] + [p.fields for p in self.participations.values()]
        names = names_in(fields) | self.live.changed(PERSON)
        activities = activities_in(fields) | self.live.changed(ACTIVITY)
        several_docs = len(self.rules.docs) > 1
        self._add_records(load.records(self.conn, names=names, activities=activities, with_rows=several_docs))
        told = names_in(r.fields for r in self.fresh.values() if r.source == DUMP)
        self._add_participations(
            load.participations(self.conn, names=names, activities=activities, ended=told)
        )
        self.close()

    def close(self) -> None:
        """Follow keys, participations and rows until nobody new turns up."""
        while True:
            self._learn_names()
            keys = self._keys() - self.followed_keys
            ids = self._ids() - self.followed_ids
            rows = self._rows() - self.followed_rows
            if not keys and not ids and not rows:
                return
            self.followed_keys |= keys
            self.followed_ids |= ids
            self.followed_rows |= rows
            self._add_records(
                load.records(
                    self.conn, record_ids=rows, natural_keys=keys, participation_ids=ids, sync_ids=ids
                )
            )
            self._add_participations(
                load.participations(self.conn, ids=ids, natural_keys=keys, rows=list(self.records))
            )

    def reach(self, keys: Iterable[str]) -> bool:
        """Follow keys that a resolve arrived at; whether anybody new turned up."""
        new = set(keys) - self.followed_keys
        if not new:
            return False
        self.followed_keys |= new
        size = len(self.records) + len(self.participations)
        self._add_records(load.records(self.conn, natural_keys=new))
        self._add_participations(load.participations(self.conn, natural_keys=new))
        self.close()
        return len(self.records) + len(self.participations) > size

    def state(self) -> State:
        """The closed state, with all that is remembered of its participations."""
        return state_of(
            self.conn,
            records=self.records,
            before=self.before,
            participations=self.participations,
            known=self.known,
            ids=list(self.participations),
        )

    def _add_records(self, records: Iterable[Record]) -> None:
        for record in records:
            self.before[record.record_id] = record
            self.records.setdefault(record.record_id, record)

    def _add_participations(self, participations: Iterable[Participation]) -> None:
        for p in participations:
            self.participations[p.participation_id] = p

    def _learn_names(self) -> None:
        fields = [r.fields for r in self.records.values()] + [p.fields for p in self.participations.values()]
        self.known = known_of(
            self.conn, self.rules, self.fresh, fields, apart=self.participations, live=self.live
        )

    def _rows(self) -> set[str]:
        rows = {p.row for p in self.participations.values() if p.row}
        if self.rules.tables:
            rows |= {row for r in self.records.values() for row in counterparts(r, self.rules.tables)}
        return rows

    def _ids(self) -> set[UUID]:
        linked = {r.participation_id for r in self.records.values() if r.participation_id}
        linked |= {UUID(r.sync_id) for r in self.fresh.values() if is_uuid(r.sync_id)}
        merged = {p.merged_into for p in self.participations.values() if p.merged_into}
        return linked | merged | set(self.participations)

    def _keys(self) -> set[str]:
        keys = {r.natural_key for r in self.before.values()}
        keys |= {p.natural_key for p in self.participations.values()}
        keys |= {self._key_of(r.fields, r.doc_id) for r in self.records.values() if r.deleted_at is None}
        keys |= {self._key_of(p.fields, self.rules.docs[0]) for p in self.participations.values()}
        return {key for key in keys if key is not None}

    def _key_of(self, fields: Fields, doc_id: str) -> str | None:
        person = person_key(fields.get("person"), self.known).key
        activity = activity_key(fields.get("activity"), doc_id, self.known).key
        return natural_key(fields, self.rules.natural_key, person, activity)


def state_of(
    conn: Connection,
    *,
    records: Mapping[str, Record],
    before: Mapping[str, Record],
    participations: Mapping[UUID, Participation],
    known: Known,
    ids: Collection[UUID] | None,
) -> State:
    """A closed state with the bases, open conflicts, fragments and writes of `ids` (None: of all)."""
    return State(
        records=records,
        before=before,
        participations=participations,
        bases=load.bases(conn, ids),
        conflicts=tuple(load.open_conflicts(conn, ids)),
        known=known,
        in_flight=writes.in_flight(conn),
        creating=writes.open_creates(conn),
        upserted=writes.open_upserts(conn),
        fragments=load.fragments(conn, ids),
    )


def known_of(
    conn: Connection,
    rules: Rules,
    fresh: Mapping[str, Record],
    fields: Iterable[Fields] | None,
    *,
    apart: Collection[UUID],
    live: LiveNames | None = None,
) -> Known:
    """What is known of the names in `fields` (None: of all), fresh records instead of their stored form.

    Participations that are `apart` say nothing here: as members of the state they speak while resolving.
    Nor do lines of dumps, ever: what is known must not depend on when a dump was loaded. `live` are the names
    in the live tables.
    """
    listed = None if fields is None else list(fields)
    names = None if listed is None else names_in(listed)
    titles = None if listed is None else activities_in(listed)
    without = {"excluding": list(fresh), "apart": apart}
    people = defaultdict(set, identities.known_people(conn, names, **without))
    rows = defaultdict(set, identities.known_activities(conn, titles, default_doc=rules.docs[0], **without))
    for record in fresh.values():
        if record.deleted_at is None and record.source != DUMP:
            learn(record.fields, record.doc_id, people, rows)
    return known_together(Known(people, rows, rules.docs), live.known if live else Known())


def names_in(fields: Iterable[Fields]) -> set[str]:
    """The normalised names of people."""
    people = (f.get("person") for f in fields)
    return {norm(p.name) for p in people if isinstance(p, Person) and not is_blank(p.name)}


def activities_in(fields: Iterable[Fields]) -> set[str]:
    """The normalised names of activities."""
    activities = (f.get("activity") for f in fields)
    return {norm(a.name) for a in activities if isinstance(a, Activity) and not is_blank(a.name)}


def is_uuid(text: str | None) -> bool:
    """Whether a text can be one of our ids."""
    try:
        UUID(text or "")
    except ValueError:
        return False
    return True
