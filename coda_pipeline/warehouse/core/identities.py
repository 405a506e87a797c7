"""Whom and what a name means: the e-mails of people and the rows of activities that bear it.

As live records say it, and participations that have no row in Coda. Names are given and answered normalised.
Who is meant where several bear one name is decided in `sync.identity`. The caller has the transaction.
"""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.core.driver import fetch

_PEOPLE = """
    select r.name_norm, r.person_email from core.participation_records as r
     where r.deleted_at is null and r.source <> 'dump' and r.name_norm is not null
       and r.person_email is not null
       and not exists (select from unnest(%(excluding)s::text[]) as x where x = r.record_id) {of_records}
     union
    select s.name_norm, p.person_email
      from sync.participation_state as s join core.participation_all as p using (participation_id)
     where p.merged_into is null and p.deleted_at is null and p.coda_row_id is null
       and not exists (select from unnest(%(apart)s::uuid[]) as x where x = p.participation_id)
       and s.name_norm is not null and p.person_email is not null {of_participations}
"""
_ACTIVITIES = """
    select r.activity_norm, r.doc_id, r.activity_row_id from core.participation_records as r
     where r.deleted_at is null and r.source <> 'dump' and r.activity_norm is not null
       and r.activity_row_id is not null
       and not exists (select from unnest(%(excluding)s::text[]) as x where x = r.record_id) {of_records}
     union
    select s.activity_norm, %(default_doc)s, p.activity_row_id
      from sync.participation_state as s join core.participation_all as p using (participation_id)
     where p.merged_into is null and p.deleted_at is null and p.coda_row_id is null
       and not exists (select from unnest(%(apart)s::uuid[]) as x where x = p.participation_id)
       and s.activity_norm is not null and p.activity_row_id is not null {of_participations}
"""


def known_people(
    conn: Connection,
    names: Collection[str] | None = None,
    *,
    excluding: Collection[str] = (),
    apart: Collection[UUID] = (),
) -> dict[str, set[str]]:
    """Name -> normalised e-mails, as live records and participations without a row in Coda have them.

    A name without any is not there; `names` None gives all. `excluding` are record ids, and `apart` ids of
    participations, that do not count: what they say may just be changing.
    """
    emails: defaultdict[str, set[str]] = defaultdict(set)
    for name, email in _known(
        conn, _PEOPLE, "name_norm", names, {"excluding": list(excluding), "apart": list(apart)}
    ):
        if known := norm(email):
            emails[name].add(known)
    return dict(emails)


def known_activities(
    conn: Connection,
    names: Collection[str] | None = None,
    *,
    excluding: Collection[str] = (),
    apart: Collection[UUID] = (),
    default_doc: str,
) -> dict[str, set[tuple[str, str]]]:
    """Name of an activity -> (doc id, row id as typed), as live records and participations have them.

    `default_doc` is the doc of what was born in the warehouse. The rest is as in `known_people`.
    """
    rows_of: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    parameters = {"excluding": list(excluding), "apart": list(apart), "default_doc": default_doc}
    for name, doc_id, row_id in _known(conn, _ACTIVITIES, "activity_norm", names, parameters):
        rows_of[name].add((doc_id, row_id))
    return dict(rows_of)


def _known(
    conn: Connection, query: str, column: str, names: Collection[str] | None, parameters: dict[str, object]
) -> list[tuple]:
    if names is None:
        return fetch(conn, query.format(of_records="", of_participations=""), parameters)
    if not names:
        return []
    by_name = {
        "of_records": f"and r.{column} = any(%(names)s)",
        "of_participations": f"and s.{column} = any(%(names)s)",
    }
    return fetch(conn, query.format(**by_name), {**parameters, "names": list(names)})
