"""From what is inside CODING's envelope to the values of `models`.

Unknown fields are kept in the payload; a missing or misshapen field that the project relies on is a
`ProtocolError`, never a guess. Messages name the field, not its content. No HTTP here (see `client`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from coda_pipeline.coding.models import (
    CurrentUser,
    Issue,
    IssuePage,
    IssueRef,
    Iteration,
    Member,
    Payload,
    Project,
    Role,
    Team,
)
from coda_pipeline.errors import ProtocolError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The vendor's example of 2022 wrapped lists in lower case.
DATA_KEYS = ("Data", "data")
TOTAL_KEYS = ("TotalCount", "TotalRow")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of any list with the total that came along."""

    rows: list[object]
    total: int


def part(payload: Payload, key: str, subject: str) -> Payload:
    """The object under a key, such as `Issue`."""
    found = payload.get(key)
    if isinstance(found, dict):
        return found
    raise _lacks(key, subject)


def data(payload: Payload, subject: str) -> Payload:
    """The object that wraps a list, in either spelling."""
    for key in DATA_KEYS:
        if isinstance(found := payload.get(key), dict):
            return found
    raise _lacks(DATA_KEYS[0], subject)


def page(payload: Payload, key: str, subject: str) -> Page:
    """A page of any list. Without rows or total it is an error, never the end of the list."""
    wrapper = data(payload, subject)
    total = next((wrapper[name] for name in TOTAL_KEYS if name in wrapper), None)
    return Page(_rows(wrapper, key, subject), _number(total, TOTAL_KEYS[0], subject))


def issue_page(payload: Payload, number: int, page_rows: int, subject: str) -> IssuePage:
    """A page of issues; how many pages there are is counted by the server, or from the total."""
    wrapper = data(payload, subject)
    total = _number(wrapper.get("TotalCount"), "TotalCount", subject)
    said = wrapper.get("TotalPage")
    pages = -(-total // page_rows) if said is None else _number(said, "TotalPage", subject)
    refs = tuple([_issue_ref(row, subject) for row in _rows(wrapper, "List", subject)])
    return IssuePage(refs, number=number, total_count=total, total_pages=pages)


def issue(payload: Payload, project: str, code: int) -> Issue:
    """An issue with its details. One with another code than was asked for is an error."""
    subject = f"issue {code} of project {project}"
    _check_code(payload, code, subject)
    return Issue(
        project=project,
        code=code,
        type=_text(payload, "Type"),
        created_at=instant(payload.get("CreatedAt"), "CreatedAt", subject),
        updated_at=instant(payload.get("UpdatedAt"), "UpdatedAt", subject),
        iteration_code=_code_of(payload.get("Iteration")),
        parent_code=_code_of(payload.get("Parent")),
        payload=payload,
    )


def iteration(payload: object, project: str, code: int | None = None) -> Iteration:
    """An iteration, of a list or alone."""
    subject = f"iterations of project {project}" if code is None else f"iteration {code} of project {project}"
    fields = _fields(payload, subject)
    if code is not None:
        _check_code(fields, code, subject)
    return Iteration(
        project=project,
        code=_number(fields.get("Code"), "Code", subject),
        status=_text(fields, "Status"),
        created_at=instant(fields.get("CreatedAt"), "CreatedAt", subject),
        updated_at=instant(fields.get("UpdatedAt"), "UpdatedAt", subject),
        payload=fields,
    )


def member(payload: object, project: str) -> Member:
    """A member with the roles; a member without a list of roles has none."""
    subject = f"members of project {project}"
    fields = _fields(payload, subject)
    roles = fields.get("Roles")
    return Member(
        project=project,
        id=_number(fields.get("Id"), "Id", subject),
        status=_number(fields.get("Status", 1), "Status", subject),
        roles=tuple(_role(role, subject) for role in roles) if isinstance(roles, list) else (),
        payload=fields,
    )


def project(payload: object) -> Project:
    """A project."""
    subject, key = "a project", "Name"
    fields = _fields(payload, subject)
    name = _text(fields, key)
    if not name:
        raise _lacks(key, subject)
    return Project(
        id=_number(fields.get("Id"), "Id", subject),
        name=name,
        display_name=_text(fields, "DisplayName"),
        is_archived=fields.get("Archived") is True,
        payload=fields,
    )


def current_user(payload: Payload) -> CurrentUser:
    """Whom the token acts for."""
    subject = "the owner of the token"
    fields = part(payload, "User", subject)
    return CurrentUser(
        id=_number(fields.get("Id"), "Id", subject),
        team_id=_number(fields.get("TeamId", 0), "TeamId", subject),
        name=_text(fields, "Name"),
    )


def team(payload: Payload) -> Team:
    """The team of the token."""
    subject = "the team of the token"
    fields = data(payload, subject)
    return Team(_number(fields.get("Id"), "Id", subject), _text(fields, "Name"), _text(fields, "TeamHost"))


def instant(value: object, key: str, subject: str) -> datetime:
    """Epoch milliseconds as a time, floored to the second."""
    try:
        return EPOCH + timedelta(seconds=_number(value, key, subject) // 1000)
    except OverflowError:
        raise _lacks(key, subject) from None


def _issue_ref(row: object, subject: str) -> IssueRef:
    fields = _fields(row, subject)
    return IssueRef(
        code=_number(fields.get("Code"), "Code", subject),
        type=_text(fields, "Type"),
        created_at=instant(fields.get("CreatedAt"), "CreatedAt", subject),
        updated_at=instant(fields.get("UpdatedAt"), "UpdatedAt", subject),
    )


def _role(payload: object, subject: str) -> Role:
    fields = _fields(payload, subject)
    return Role(
        id=_number(fields.get("RoleId"), "RoleId", subject),
        type=_text(fields, "RoleType"),
        name=_text(fields, "RoleTypeName"),
    )


def _check_code(payload: Payload, code: int, subject: str) -> None:
    if _number(payload.get("Code"), "Code", subject) != code:
        message = f"CODING's answer about {subject} is about another one. Nothing was taken; run again later."
        raise ProtocolError(message)


def _code_of(reference: object) -> int | None:
    """The code in a reference; zero-filled objects stand for none."""
    code = reference.get("Code") if isinstance(reference, Mapping) else None
    return code if isinstance(code, int) and code > 0 else None


def _rows(wrapper: Payload, key: str, subject: str) -> list[object]:
    rows = wrapper.get(key)
    if isinstance(rows, list):
        return rows
    raise _lacks(key, subject)


def _fields(payload: object, subject: str) -> Payload:
    if isinstance(payload, dict):
        return payload
    message = f"CODING's answer about {subject} holds something that is no object. Run again later."
    raise ProtocolError(message)


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object, key: str, subject: str) -> int:
    """A whole number, also where it comes as text (one vendor example has `RoleId` so)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        return int(value)
    raise _lacks(key, subject)


def _lacks(key: str, subject: str) -> ProtocolError:
    return ProtocolError(
        f"CODING's answer about {subject} lacks a usable {key}. If this goes on, the service has changed: "
        "report it."
    )
