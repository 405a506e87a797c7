"""Values of canonical fields as JSON, for bases and conflicts.

Text stays text, a day is `2024-03-01`, a share is decimal text (JSON numbers are binary for many readers), a
person is `{"name", "email"}`, an activity `{"name", "row_id"}`, a cell that does not fit `{"unreadable":
reason}`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import orjson

from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value

Json = str | Mapping[str, str | None] | None


def from_json(field: str | None, stored: Json) -> Value:
    """The value of a canonical field from its JSON; None where `field` is: a conflict about a whole row."""
    if stored is None or field is None:
        return None
    if isinstance(stored, Mapping):
        if "unreadable" in stored:
            return Unreadable(stored["unreadable"] or "")
        if field == "person":
            return Person(stored["name"], stored["email"])
        return Activity(stored["name"], stored["row_id"])
    if field in {"started_on", "ended_on"}:
        return date.fromisoformat(stored)
    return Decimal(stored) if field == "share" else stored


def encode(value: Value) -> str | None:
    """A value as JSON text, None for a value that is none; `from_json` of the same field gives it back."""
    return None if value is None else orjson.dumps(value, default=_json).decode()


def encode_fields(fields: Fields) -> str:
    """Some canonical fields as one JSON object."""
    return orjson.dumps(dict(fields), default=_json).decode()


def decode_fields(stored: Mapping[str, Json]) -> dict[str, Value]:
    """Canonical fields from their JSON object."""
    return {name: from_json(name, value) for name, value in stored.items()}


def _json(value: Person | Activity | Unreadable | Decimal) -> Json:
    """What orjson does not write as it is meant: a day and a text it does."""
    match value:
        case Person(name, email):
            return {"name": name, "email": email}
        case Activity(name, row_id):
            return {"name": name, "row_id": row_id}
        case Unreadable(reason):
            return {"unreadable": reason}
        case Decimal():
            return format(value, "f")
