"""From the cells of a Coda row, in the `rich` form, to the canonical fields of a record.

A cell that does not fit its field becomes `Unreadable` with a reason that names no content. Column metadata
is only a hint (reference/coda-api.md section 6.4), so what a cell is decides, not what its column claims.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from coda_pipeline.catalog_participation import CANONICAL_FIELDS, ParticipationSource
from coda_pipeline.sync.model import Activity, Person, Unreadable, Value

FENCE = "```"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
UNMAPPED = Unreadable("the source has no such column")
MISSING = Unreadable("the column is not in the row")
SEVERAL = Unreadable("several values in one cell")


def plain_text(cell: object) -> str | None:
    """The text of a cell as a person sees it, None where it is blank. Lists are joined by ", "."""
    if isinstance(cell, str):
        is_fenced = len(cell) >= 2 * len(FENCE) and cell.startswith(FENCE) and cell.endswith(FENCE)
        text = cell[len(FENCE) : -len(FENCE)] if is_fenced else cell
    elif isinstance(cell, Mapping):
        shown = next((cell[k] for k in ("name", "amount", "url") if cell.get(k) not in (None, "")), "")
        text = str(shown)
    elif isinstance(cell, list):
        text = ", ".join(filter(None, (plain_text(part) for part in cell)))
    else:
        text = "" if cell is None else str(cell)
    return text if text.strip() else None


def person_of(cell: object) -> Value:
    """A person column gives name and e-mail, typed text only a name, or an e-mail where it is one."""
    one = _only(cell)
    if isinstance(one, Unreadable):
        return one
    if isinstance(one, Mapping):
        person = Person(plain_text(one.get("name")), plain_text(one.get("email")))
    else:
        text = plain_text(one)
        person = Person(None, text.strip()) if text and EMAIL.fullmatch(text.strip()) else Person(text)
    return person if any(person) else None


def activity_of(cell: object) -> Value:
    """A relation gives name and row id; text that matched no row gives only a name."""
    one = _only(cell)
    if isinstance(one, Unreadable):
        return one
    row_id = one.get("rowId") if isinstance(one, Mapping) else None
    activity = Activity(plain_text(one), row_id if isinstance(row_id, str) and row_id else None)
    return activity if any(activity) else None


def date_of(cell: object) -> Value:
    """The day as the person sees it: the first ten characters; a conversion to UTC would shift it."""
    text = plain_text(_only(cell))
    if text is None:
        return None
    day = DAY.match(text.strip())
    try:
        return date.fromisoformat(day.group()) if day else Unreadable("text that is not a date")
    except ValueError:
        return Unreadable("text that is not a date")


def share_of(cell: object, percent_scale: Literal[1, 100]) -> Value:
    """A share from 0 to 1. Anything else is refused by name, never guessed."""
    one = _only(cell)
    if one is None or one == "" or (isinstance(one, str) and plain_text(one) is None):
        return None
    if isinstance(one, bool) or not isinstance(one, int | float):
        return Unreadable("text that is not a number")
    share = Decimal(repr(one)) / percent_scale
    if not share.is_finite() or share < 0:
        return Unreadable("a share below 0")
    if share > 1:
        return Unreadable("a share over 1; if this column gives 50 % as 50, set percent_scale: 100")
    return share


def text_of(cell: object) -> Value:
    """Any other field: the text as typed."""
    return plain_text(cell)


_READERS: dict[str, Callable[[object], Value]] = {
    "person": person_of,
    "activity": activity_of,
    "role": text_of,
    "started_on": date_of,
    "ended_on": date_of,
    "comment": text_of,
}


def fields_of(values: Mapping[str, object], source: ParticipationSource) -> dict[str, Value]:
    """The canonical fields of one row, all of them; what is not mapped or not there is `Unreadable`."""
    fields: dict[str, Value] = {}
    for name in CANONICAL_FIELDS:
        column = source.fields.column_of(name)
        if column is None:
            fields[name] = UNMAPPED
        elif column not in values:
            fields[name] = MISSING
        elif name == "share":
            fields[name] = share_of(values[column], source.percent_scale)
        else:
            fields[name] = _READERS[name](values[column])
    return fields


def sync_id_of(values: Mapping[str, object], source: ParticipationSource) -> str | None:
    """What stands in the column that holds our id, None where it is blank or not mapped."""
    column = source.fields.sync_id
    text = plain_text(values.get(column)) if column else None
    return text.strip().lower() if text else None


def _only(cell: object) -> object:
    """The one value of a cell: relations and people come as lists of one at times."""
    if not isinstance(cell, list):
        return cell
    parts = [part for part in cell if plain_text(part) is not None]
    return SEVERAL if len(parts) > 1 else (parts[0] if parts else None)
