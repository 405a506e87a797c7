"""From the body of a hook to hints: which records it tells to read again.

A body is a signal, never a source: it lacks most columns, leaves out what is unset, and its times may be
stale (reference/coding-api.md section 5). So only keys are taken from it. Unknown events are tolerated: what
they carry under the known names is read again, and the rest is nobody's business here.

The one thing to know: only three events delete, and a deletion is a hint too: it is to be confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from coda_pipeline.answers import loads
from coda_pipeline.coding.models import Table
from coda_pipeline.errors import ProtocolError

Action = Literal["changed", "deleted"]
Json = Mapping[str, object]
DELETIONS: dict[str, Table] = {
    "ISSUE_DELETED": "issues",
    "ITERATION_DELETED": "iterations",
    "MEMBER_DELETED": "project_members",
}
# An event without the object it is about still tells which table it is about.
FAMILIES: dict[str, Table] = {
    "ISSUE_": "issues",
    "ITERATION_": "iterations",
    "MEMBER_": "project_members",
}
# What changed too, without a word on which: the issues planned in or out, the iteration an issue has left.
UNNAMED: dict[str, Table] = {"ITERATION_PLANNED": "issues", "ISSUE_ITERATION_CHANGED": "iterations"}
# Those to tick when a hook is made; one that lacks any of them hides changes until the next poll
# (reference/coding-api.md section 5).
EVENTS: dict[Table, tuple[str, ...]] = {
    "issues": (
        *("ISSUE_CREATED", "ISSUE_DELETED", "ISSUE_STATUS_UPDATED", "ISSUE_ASSIGNEE_CHANGED"),
        *("ISSUE_ITERATION_CHANGED", "ISSUE_RELATIONSHIP_CHANGED", "ISSUE_UPDATED"),
        *("ISSUE_HOUR_RECORD_UPDATED", "ISSUE_COMMENT_CREATED"),
    ),
    "iterations": ("ITERATION_CREATED", "ITERATION_DELETED", "ITERATION_UPDATED", "ITERATION_PLANNED"),
    "project_members": ("MEMBER_CREATED", "MEMBER_DELETED", "MEMBER_ROLE_UPDATED"),
}
MAX_NAME_CHARS = 100
# A bigint holds it.
MAX_KEY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Hint:
    """A record to read again. Without a `key` the body does not say which: the table is read again."""

    table: Table
    key: int | None
    action: Action = "changed"


@dataclass(frozen=True, slots=True)
class Event:
    """What a hook said. Without hints it is about nothing that is stored here.

    `team` is the label of the team's address, `project` the identifier; `action` is the sender's own word.
    """

    name: str
    action: str
    team: str | None
    project: str | None
    hints: tuple[Hint, ...]


def event_of(body: bytes) -> Event:
    """What a body says. `ProtocolError` with the reason where it is no hook body: a template, say."""
    payload = _object_of(body)
    name = payload.get("event")
    if not isinstance(name, str) or not name.strip():
        message = (
            "The body names no `event`. A template of the hook may replace the body: send it without a "
            "template, as application/json."
        )
        raise ProtocolError(message)
    name = name.strip()[:MAX_NAME_CHARS]
    action = payload.get("action")
    return Event(
        name=name,
        action=action[:MAX_NAME_CHARS] if isinstance(action, str) else "",
        team=_text(payload.get("team"), "domain"),
        project=_text(payload.get("project"), "name"),
        hints=_hints(name, payload),
    )


def _object_of(body: bytes) -> Json:
    try:
        payload = loads(body)
    except ValueError:
        # The parser's own message quotes the body.
        payload = None
        message = "The body is no JSON: set the hook's content type to application/json."
    else:
        message = "The body is JSON, but not an object: this is no hook of CODING."
    if isinstance(payload, dict):
        return payload
    raise ProtocolError(message)


def _hints(name: str, payload: Json) -> tuple[Hint, ...]:
    found = [*_issue_hints(payload), *_iteration_hints(payload), *_member_hints(payload)]
    for prefix, table in FAMILIES.items():
        if name.startswith(prefix) and not any(hint.table == table for hint in found):
            found.append(Hint(table, None))
    if name in UNNAMED:
        found.append(Hint(UNNAMED[name], None))
    deleted = DELETIONS.get(name)
    if deleted is not None:
        first = next(hint for hint in found if hint.table == deleted)
        found[found.index(first)] = Hint(deleted, first.key, "deleted")
    return tuple(dict.fromkeys(found))


def _issue_hints(payload: Json) -> list[Hint]:
    """The issue, at the top or under its comment, with what shows it: its parent and its iteration."""
    issue = payload.get("issue")
    if not isinstance(issue, dict):
        issue = _object(payload.get("issueComment")).get("issue")
    if not isinstance(issue, dict):
        return []
    hints = [Hint("issues", _key(issue.get("code")))]
    parent = _key(issue.get("parent_code")) or _key(_object(issue.get("parent")).get("code"))
    iteration = _key(_object(issue.get("iteration")).get("code"))
    hints += [Hint("issues", parent)] if parent else []
    return hints + ([Hint("iterations", iteration)] if iteration else [])


def _iteration_hints(payload: Json) -> list[Hint]:
    iteration = payload.get("iteration")
    return [Hint("iterations", _key(iteration.get("code")))] if isinstance(iteration, dict) else []


def _member_hints(payload: Json) -> list[Hint]:
    member = payload.get("member")
    return [Hint("project_members", _key(member.get("id")))] if isinstance(member, dict) else []


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: object, key: str) -> str | None:
    text = _object(value).get(key)
    return text if isinstance(text, str) and text else None


def _key(value: object) -> int | None:
    """A code or id, given as a number or as text; templates show every value as an empty text."""
    if isinstance(value, str) and len(value) <= MAX_KEY_DIGITS and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**MAX_KEY_DIGITS:
        return value
    return None
