"""The forms in which rows of Участие come out of the database and go into it. No statements here.

A row of `raw` is a `RawRow`; records and participations are the values of `sync.model`, spread over columns
here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coda_pipeline.sync.model import (
    Activity,
    Conflict,
    ConflictKind,
    Fields,
    Outcome,
    Participation,
    Person,
    Record,
    Unreadable,
    Value,
)
from coda_pipeline.warehouse.core.codec import from_json

# Columns of the canonical fields, in the order in which `to_columns` and `from_columns` have them.
FIELD_COLUMNS = (
    "person_name",
    "person_email",
    "activity",
    "activity_row_id",
    "role",
    "started_on",
    "ended_on",
    "share",
    "comment",
)
_NOBODY, _NOTHING = Person(), Activity()
_OUTCOMES = {str(outcome): outcome for outcome in Outcome} | {None: None}
RECORD_COLUMNS = (
    "record_id",
    "source",
    "source_table",
    "doc_id",
    "row_id",
    "row_hash",
    "sync_id",
    "created_at",
    "updated_at",
    "deleted_at",
    "participation_id",
    "outcome",
    "reason",
    "person_key",
    "activity_key",
    "natural_key",
    "is_ambiguous",
)
PARTICIPATION_COLUMNS = (
    "participation_id",
    "version",
    "source",
    "source_table",
    "coda_row_id",
    "merged_into",
    "created_at",
    "deleted_at",
    "deleted_by",
)
CONFLICT_COLUMNS = (
    "participation_id",
    "record_id",
    "kind",
    "field",
    "base_value",
    "warehouse_value",
    "coda_value",
    "cause",
    "policy",
    "outcome",
    "conflict_id",
)

Columns = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of `raw.coda_<name>`; `values` is by column id, in the rich form."""

    row_id: str
    row_hash: str
    values: Mapping[str, object] = field(repr=False, hash=False)
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None
    browser_link: str | None


def to_columns(fields: Fields) -> Columns:
    """Canonical fields over `FIELD_COLUMNS`. A field that is not there, or not readable, is null."""
    get = fields.get
    person, activity = get("person"), get("activity")
    name, email = person if isinstance(person, Person) else _NOBODY
    title, row_id = activity if isinstance(activity, Activity) else _NOTHING
    plain = (get("role"), get("started_on"), get("ended_on"), get("share"), get("comment"))
    if Unreadable in map(type, plain):
        plain = tuple(None if isinstance(value, Unreadable) else value for value in plain)
    return (name, email, title, row_id, *plain)


def from_columns(columns: Columns, unreadable: Mapping[str, str] | None = None) -> dict[str, Value]:
    """All canonical fields from `FIELD_COLUMNS`; those with a reason in `unreadable` are `Unreadable`."""
    name, email, activity, row_id, role, started_on, ended_on, share, comment = columns
    fields: dict[str, Value] = {
        "person": Person(name, email) if name is not None or email is not None else None,
        "activity": Activity(activity, row_id) if activity is not None or row_id is not None else None,
        "role": role,
        "started_on": started_on,
        "ended_on": ended_on,
        "share": share,
        "comment": comment,
    }
    if unreadable:
        fields.update({name: Unreadable(reason) for name, reason in unreadable.items()})
    return fields


def unreadable_of(fields: Fields) -> dict[str, str]:
    """The reason of each field that is not readable."""
    return {name: value.reason for name, value in fields.items() if isinstance(value, Unreadable)}


def record_of(row: Columns) -> Record:
    """A record from `RECORD_COLUMNS`, `unreadable`, `FIELD_COLUMNS`."""
    return Record(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        from_columns(row[18:], row[17]),
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        _OUTCOMES[row[11]],
        *row[12:17],
    )


def participation_of(row: Columns) -> Participation:
    """A participation from `PARTICIPATION_COLUMNS`, `natural_key`, `resolved_version`, `FIELD_COLUMNS`."""
    return Participation(row[0], row[1], from_columns(row[11:]), *row[2:11])


def conflict_of(row: Columns) -> Conflict:
    """A conflict from `CONFLICT_COLUMNS`."""
    participation_id, record_id, kind, field, base, warehouse, coda, cause, policy, outcome, conflict_id = row
    return Conflict(
        participation_id=participation_id,
        record_id=record_id,
        kind=ConflictKind(kind),
        field=field,
        base=from_json(field, base),
        warehouse=from_json(field, warehouse),
        coda=from_json(field, coda),
        cause=cause,
        policy=policy,
        outcome=outcome,
        conflict_id=conflict_id,
    )
