"""Участие in the database as the application API reads and writes it: through the view, like any application.

The rules are the database's: what is missing, unfit, taken, merged or deleted is refused by its triggers and
its constraint. `refusal_for` turns their errors into problems; no text of theirs goes out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError

from coda_pipeline.gateway.participation_models import Shown, SyncShown
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.gateway.sync_state import Standing, load_facts, state_of
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.core.rows import FIELD_COLUMNS, from_columns

COLUMNS = (
    "participation_id, version, external_id, coda_row_id, source_table, person_name, person_email, activity,"
    " activity_row_id, role, started_on, ended_on, share, comment, source, year, created_at, updated_at"
)
# How each filter of the list compares; texts as everywhere, ids and numbers as they are.
FILTERS = {
    "person_email": "lower(person_email) = lower(:person_email)",
    "person_name": "core.norm(person_name) = :person_name",
    "activity": "core.norm(activity) = :activity",
    "activity_row_id": "activity_row_id = :activity_row_id",
    "role": "core.norm(role) = :role",
    "year": "year = :year",
    "updated_since": "updated_at >= :updated_since",
}
_NORMED = {"person_name", "activity", "role"}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BY_ID = text(
    f"select {COLUMNS}, merged_into, deleted_at from core.participation_all where participation_id = :id"  # noqa: S608
)
_BY_EXTERNAL_ID = text(
    "select participation_id, merged_into, deleted_at from core.participation_all where external_id = :key"
)
_SAME_KEY = text("""
    select participation_id from core.participation as p
     where core.natural_key(p.person_name, p.person_email, p.activity, p.activity_row_id, p.role,
                            p.started_on, p.ended_on, p.share, p.comment)
           = core.natural_key(:person_name, :person_email, :activity, :activity_row_id, :role,
                              cast(:started_on as date), cast(:ended_on as date), cast(:share as numeric),
                              :comment)
     order by created_at, participation_id limit 1
""")
MAX_MERGES = 100


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of core.participation_all."""

    row: Row[Any]

    @property
    def participation_id(self) -> UUID:
        """Its id."""
        return self.row.participation_id

    @property
    def etag(self) -> str:
        """Its version, as HTTP has it."""
        return f'"{self.row.version}"'


def find(conn: Connection, participation_id: UUID) -> Stored:
    """A live participation, or the survivor of a merged one. Raises problems 404 and 410."""
    for _ in range(MAX_MERGES):
        row = conn.execute(_BY_ID, {"id": participation_id}).one_or_none()
        if row is None:
            raise ProblemError(404, "no_participation")
        if row.merged_into is None:
            if row.deleted_at is not None:
                raise ProblemError(410, "deleted")
            return Stored(row)
        participation_id = row.merged_into
    raise ProblemError(404, "no_participation")


def find_to_write(conn: Connection, participation_id: UUID) -> Stored:
    """A live participation. Raises problems 404, 410, and 409 with the survivor's id for a merged one."""
    found = find(conn, participation_id)
    if found.participation_id != participation_id:
        raise ProblemError(409, "merged", existing_id=str(found.participation_id))
    return found


def find_by_external_id(conn: Connection, key: str) -> Row[Any] | None:
    """Id, merged_into and deleted_at of whatever has this external id."""
    return conn.execute(_BY_EXTERNAL_ID, {"key": key}).one_or_none()


def page(conn: Connection, *, after: UUID | None, limit: int, filters: Mapping[str, object]) -> list[Stored]:
    """Live participations behind one, in the order of their ids."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [FILTERS[name] for name in given]
    if after is not None:
        conditions.append("participation_id > :after")
    where = f"where {' and '.join(conditions)}" if conditions else ""
    query = text(
        f"select {COLUMNS} from core.participation {where} order by participation_id limit :limit"  # noqa: S608
    )
    values = {name: norm(str(v)) if name in _NORMED else v for name, v in given.items()}
    return [Stored(row) for row in conn.execute(query, {**values, "after": after, "limit": limit})]


def live(conn: Connection, ids: Sequence[UUID]) -> list[Stored]:
    """Those of these that live."""
    query = text(f"select {COLUMNS} from core.participation where participation_id = any(:ids)")  # noqa: S608
    return [Stored(row) for row in conn.execute(query, {"ids": list(ids)})]


def shown(conn: Connection, found: Sequence[Stored]) -> list[Shown]:
    """Participations as the API answers them, each with how it stands towards Coda."""
    standings = [_standing(stored.row) for stored in found]
    facts = load_facts(conn, standings)
    answers = []
    for stored, standing in zip(found, standings, strict=True):
        state, reason = state_of(standing, facts)
        sync = SyncShown(state=state, reason=reason, coda_url=facts.links.get(standing.row or ""))
        values = {name.strip(): getattr(stored.row, name.strip()) for name in COLUMNS.split(",")}
        answers.append(Shown.model_validate({**values, "sync": sync}))
    return answers


def insert(conn: Connection, values: Mapping[str, object]) -> UUID:
    """A new participation; its id. Raises DBAPIError, see `refusal_for`."""
    columns = ", ".join(values)
    query = text(
        f"insert into core.participation ({columns}) values ({', '.join(f':{name}' for name in values)})"  # noqa: S608
        " returning participation_id"
    )
    return conn.execute(query, values).scalar_one()


def update(
    conn: Connection, participation_id: UUID, version: int | None, values: Mapping[str, object]
) -> bool:
    """Write fields where the version is still that one (any where it is None); whether it was."""
    if not values:
        query = "select count(*) from core.participation where participation_id = :participation_id"
        if version is not None:
            query += " and version = :version"
        return bool(conn.scalar(text(query), {"participation_id": participation_id, "version": version}))
    sets = ", ".join(f"{name} = :{name}" for name in values)
    query = f"update core.participation set {sets} where participation_id = :participation_id"  # noqa: S608
    if version is not None:
        query += " and version = :version"
    done = conn.execute(
        text(query), {**values, "participation_id": participation_id, "version": version}
    ).rowcount
    # The key is looked at when the transaction ends; here its refusal can still be answered.
    conn.execute(text("set constraints all immediate"))
    return bool(done)


def upsert(conn: Connection, key: str, values: Mapping[str, object]) -> UUID:
    """Make or change the participation of an external id; fields left out stay. Its id."""
    named = {**values, "external_id": key}
    columns = ", ".join(named)
    sets = ", ".join(f"{name} = excluded.{name}" for name in values) or "external_id = excluded.external_id"
    query = text(
        f"insert into core.participation ({columns}) values ({', '.join(f':{name}' for name in named)})"  # noqa: S608
        f" on conflict (external_id) do update set {sets} returning participation_id"
    )
    made = conn.execute(query, named).scalar_one()
    conn.execute(text("set constraints all immediate"))
    return made


def delete(conn: Connection, participation_id: UUID, version: int | None) -> bool:
    """Delete one where the version is still that one; whether it was."""
    query = "delete from core.participation where participation_id = :id"
    if version is not None:
        query += " and version = :version"
    return bool(conn.execute(text(query), {"id": participation_id, "version": version}).rowcount)


def write_as(conn: Connection, name: str) -> None:
    """Let the history say for whom this transaction writes."""
    conn.execute(text("select set_config('coda_pipeline.writer', :name, true)"), {"name": name})


def refusal_for(error: DBAPIError) -> ProblemError | None:
    """The problem for a refusal of the database, None where it refused for no reason of the caller's.

    A taken key comes without `existing_id` where the database did not say which one is in the way.
    """
    state = getattr(error.orig, "sqlstate", None)
    diag = getattr(error.orig, "diag", None)
    existing = _ID.search(getattr(diag, "message_detail", None) or "")
    existing_id = existing.group() if existing else None
    column = getattr(diag, "column_name", None) or "external_id"
    match state:
        case "23P01":
            return ProblemError(409, "exists", existing_id=existing_id)
        case "23505":
            return ProblemError(409, "external_id_taken", existing_id=existing_id)
        case "23502":
            missing = (getattr(diag, "message_primary", None) or "").partition(" is missing")[0]
            return ProblemError(422, "missing_field", field=missing)
        case "23514" | "22008":
            return ProblemError(422, "unfit", field=column, what=_RANGES.get(column, "out of range"))
        case "55000":
            return ProblemError(409, "merged", existing_id=existing_id)
        case _:
            return None


def taken_by(conn: Connection, values: Mapping[str, object]) -> str | None:
    """Who has the natural key of these values."""
    named = {name: values.get(name) for name in FIELD_COLUMNS}
    found = conn.scalar(_SAME_KEY, named)
    return str(found) if found else None


_RANGES = {
    "share": "0 to 1",
    "started_on": "a day of the years 1 to 9999",
    "ended_on": "a day of the years 1 to 9999",
}


def _standing(row: Row[Any]) -> Standing:
    record_id = f"{row.source_table}:{row.coda_row_id}" if row.coda_row_id else None
    fields = from_columns(tuple(getattr(row, name) for name in FIELD_COLUMNS))
    return Standing(row.participation_id, row.source, record_id, fields)
