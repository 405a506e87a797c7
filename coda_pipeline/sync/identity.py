"""Who and what a record speaks of: the keys by which people, activities and participations are told apart.

A person is an e-mail, an activity a row of one doc. A record that gives only a name takes the identity where
exactly one is known for that name, and otherwise stays apart from those that have one. What was resolved once
stays, while what was typed stays: a namesake who arrives later moves nobody (cases 10 to 12 and 37).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value
from coda_pipeline.sync.normalize import is_blank, norm

BY_EMAIL, BY_ROW, BY_NAME = "e:", "r:", "n:"
PART_SEPARATOR = "\x1f"


class Resolved(NamedTuple):
    """An identity; ambiguous where several are known for the name, so that none was taken."""

    key: str | None
    is_ambiguous: bool = False


UNRESOLVED = Resolved(None)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of names: normalised name -> e-mails, and -> rows as (doc id, row id)."""

    people: Mapping[str, Collection[str]] = field(default_factory=dict, repr=False)
    activities: Mapping[str, Collection[tuple[str, str]]] = field(default_factory=dict, repr=False)
    docs: tuple[str, ...] = ()


def person_key(person: Value, known: Known, *, sticky: str | None = None) -> Resolved:
    """The identity of a person. `sticky` is the key that the same typed text was given before."""
    if not isinstance(person, Person):
        return UNRESOLVED
    if not is_blank(person.email):
        return Resolved(BY_EMAIL + norm(person.email))
    if is_blank(person.name):
        return UNRESOLVED
    name = norm(person.name)
    emails = known.people.get(name, ())
    if sticky and sticky.startswith(BY_EMAIL) and (not emails or sticky[len(BY_EMAIL) :] in emails):
        return Resolved(sticky)
    if len(emails) == 1:
        return Resolved(BY_EMAIL + next(iter(emails)))
    return Resolved(BY_NAME + name, is_ambiguous=len(emails) > 1)


def activity_key(activity: Value, doc_id: str, known: Known, *, sticky: str | None = None) -> Resolved:
    """The identity of an activity seen from a record of `doc_id`. `sticky` as for people."""
    if not isinstance(activity, Activity):
        return UNRESOLVED
    typed = (doc_id, activity.row_id) if activity.row_id else None
    if typed and len(known.docs) == 1:
        return Resolved(_row_key(typed))
    if is_blank(activity):
        return UNRESOLVED
    name = norm(activity.name)
    rows = set(known.activities.get(name, ()))
    stuck = _row_of(sticky)
    if typed:
        row = typed
    elif stuck and (not rows or stuck in rows):
        row = stuck
    else:
        own = {row for row in rows if row[0] == doc_id}
        candidates = own or rows
        if len(candidates) != 1 and not (candidates and not own and _is_one_per_doc(rows)):
            return Resolved(BY_NAME + name, is_ambiguous=len(candidates) > 1)
        row = min(candidates)
    return Resolved(_row_key(_first_alias(row, rows, known.docs)))


def learn(
    fields: Fields, doc_id: str, people: dict[str, set[str]], activities: dict[str, set[tuple[str, str]]]
) -> None:
    """Add the identities that one record gives to its names."""
    person, activity = fields.get("person"), fields.get("activity")
    if isinstance(person, Person) and not is_blank(person.email) and not is_blank(person.name):
        people[norm(person.name)].add(norm(person.email))
    if isinstance(activity, Activity) and activity.row_id and not is_blank(activity.name):
        activities[norm(activity.name)].add((doc_id, activity.row_id))


def known_together(known: Known, more: Known) -> Known:
    """What both know; `more` is small."""
    if not more.people and not more.activities:
        return known
    people, activities = dict(known.people), dict(known.activities)
    for name, emails in more.people.items():
        people[name] = {*people.get(name, ()), *emails}
    for name, rows in more.activities.items():
        activities[name] = {*activities.get(name, ()), *rows}
    return Known(people, activities, known.docs)


def with_identity(value: Value, key: str | None, doc_id: str) -> Value:
    """The value completed by the e-mail or row id that its key stands for; as typed where it has one."""
    if key is None or value is None or isinstance(value, Unreadable):
        return value
    if isinstance(value, Person) and is_blank(value.email) and key.startswith(BY_EMAIL):
        return value._replace(email=key[len(BY_EMAIL) :])
    row = _row_of(key)
    if isinstance(value, Activity) and not value.row_id and row and row[0] == doc_id:
        return value._replace(row_id=row[1])
    return value


def natural_key(fields: Fields, names: Iterable[str], person: str | None, activity: str | None) -> str | None:
    """The natural key as one text, None where a part is blank or cannot be read."""
    parts = []
    for name in names:
        part = person if name == "person" else activity if name == "activity" else key_part(fields.get(name))
        if not part:
            return None
        parts.append(part)
    return PART_SEPARATOR.join(parts)


def key_part(value: Value) -> str:
    """One field in the form in which keys compare it, "" where it says nothing."""
    if value is None or isinstance(value, Unreadable):
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return norm(value) if isinstance(value, str) else ""


def _row_key(row: tuple[str, str]) -> str:
    return f"{BY_ROW}{row[0]}/{row[1]}"


def _row_of(key: str | None) -> tuple[str, str] | None:
    if not key or not key.startswith(BY_ROW):
        return None
    doc_id, _, row_id = key[len(BY_ROW) :].partition("/")
    return doc_id, row_id


def _is_one_per_doc(rows: Collection[tuple[str, str]]) -> bool:
    return len({doc for doc, _ in rows}) == len(rows)


def _first_alias(
    row: tuple[str, str], rows: Collection[tuple[str, str]], docs: tuple[str, ...]
) -> tuple[str, str]:
    """Rows of one name are one activity where each doc has exactly one; the first doc names it."""
    if row not in rows or len(rows) == 1 or not _is_one_per_doc(rows):
        return row
    return min(rows, key=lambda r: (docs.index(r[0]) if r[0] in docs else len(docs), r))
