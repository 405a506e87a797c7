"""How a column of Coda is called in SQL, and which values it is read as. Pure.

Where the names are kept, so that they stay, is `view_columns`; the views themselves are made in `views`. The
one thing to know: a name never needs quotes, and is at most 63 bytes of UTF-8, PostgreSQL's limit, cut
between characters.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Literal

MAX_NAME_BYTES = 63
UNNAMED = "unnamed"

Part = Literal["value", "row_id", "email"]
ReadsAs = Literal[
    "text", "text_list", "number", "boolean", "date", "moment", "row_id", "row_id_list", "email", "email_list"
]

SUFFIX: dict[Part, str] = {"value": "", "row_id": "_row_id", "email": "_email"}
SQL_TYPE: dict[ReadsAs, str] = {
    "text": "text",
    "text_list": "text[]",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "moment": "timestamp with time zone",
    "row_id": "text",
    "row_id_list": "text[]",
    "email": "text",
    "email_list": "text[]",
}
# What tells two view columns of one Coda column apart after its type changed.
LABEL: dict[ReadsAs, str] = {
    "text": "text",
    "text_list": "list",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "moment": "moment",
    "row_id": "row_id",
    "row_id_list": "row_ids",
    "email": "email",
    "email_list": "emails",
}
_NUMBERS = frozenset({"number", "percent", "currency", "slider", "scale"})
_SCALARS: dict[str, ReadsAs] = {"checkbox": "boolean", "date": "date", "dateTime": "moment"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One view column's worth of a Coda column: which part of it, read as what."""

    part: Part
    reads_as: ReadsAs


def readings(column_type: str, *, is_array: bool) -> tuple[Reading, ...]:
    """The view columns that a Coda column of this type gives, its value first. Unknown types read as text."""
    value = Reading("value", "text_list" if is_array else _scalar(column_type))
    if column_type == "lookup":
        return value, Reading("row_id", "row_id_list" if is_array else "row_id")
    if column_type == "person":
        return value, Reading("email", "email_list" if is_array else "email")
    return (value,)


def _scalar(column_type: str) -> ReadsAs:
    return "number" if column_type in _NUMBERS else _SCALARS.get(column_type, "text")


def plain_name(coda_name: str, reserved: Collection[str]) -> str:
    """The name in SQL: lower case, letters and digits of any script kept, all else `_`.

    `reserved` are the words that PostgreSQL reads as something else without quotes.
    """
    text = unicodedata.normalize("NFC", coda_name).lower()
    kept = "".join(c if c.isalnum() or unicodedata.category(c) == "Mn" else " " for c in text)
    name = "_".join(kept.split()) or UNNAMED
    if name[0].isdecimal() or unicodedata.category(name[0]) == "Mn":
        name = f"_{name}"
    name = cut(name, MAX_NAME_BYTES)
    return f"{name}_" if name in reserved else name


def cut(name: str, max_bytes: int) -> str:
    """The longest beginning of the name that fits, ending between two characters."""
    return name.encode()[:max_bytes].decode(errors="ignore")


def free_stem(stem: str, suffixes: Collection[str], taken: Collection[str]) -> str:
    """The stem, cut and numbered from 2 as needed, so that no `stem + suffix` is taken or too long."""
    for number in count(1):
        tail = "" if number == 1 else f"_{number}"
        longest = max(len(suffix) for suffix in suffixes)  # suffixes are ASCII
        candidate = cut(stem, MAX_NAME_BYTES - longest - len(tail)) + tail
        if not any(candidate + suffix in taken for suffix in suffixes):
            return candidate
    raise AssertionError  # pragma: no cover (count() does not end)
