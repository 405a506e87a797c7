"""What CODING's Open API answers, as frozen values.

Only what reading and comparing need is typed; `payload` keeps each record as received, with fields that are
not known. No HTTP (see `client`), no judgement (see `sync`). Source of the shapes: reference/coding-api.md
sections 3 and 4.

The one thing to know: times are floored to the second. The same record carries milliseconds in the answer to
a write and in a hook, and whole seconds once it is read back, so nothing finer can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Payload = Mapping[str, object]
Table = Literal["issues", "iterations", "project_members"]
TABLES: tuple[Table, ...] = ("issues", "iterations", "project_members")


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Whom a token acts for. The name is personal data and stays out of reprs."""

    id: int
    team_id: int
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Team:
    """The team that a token belongs to, whatever host was asked; `host` is its address."""

    id: int
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project. `name` is the identifier in its address and in every request, not what people see."""

    id: int
    name: str
    display_name: str
    is_archived: bool = False
    payload: Payload = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class IssueRef:
    """An issue as a list shows it: enough to know whether its details must be read.

    Nothing else of a list row is kept: it has no file, watcher or sub-task, and storing it would make a
    record depend on the way it arrived.
    """

    code: int
    type: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One page of a list of issues, with the totals as of this page."""

    refs: tuple[IssueRef, ...]
    number: int
    total_count: int
    total_pages: int


@dataclass(frozen=True, slots=True)
class CodeSweep:
    """Every issue code that one pass over the list met, and the totals it was told before and after."""

    codes: frozenset[int]
    first_total: int
    last_total: int

    @property
    def is_whole(self) -> bool:
        """Whether the pass saw as many issues as there are said to be, before and after."""
        return len(self.codes) == self.first_total == self.last_total


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue with all its details; `payload` holds every field of them."""

    project: str
    code: int
    type: str
    created_at: datetime
    updated_at: datetime
    iteration_code: int | None
    parent_code: int | None
    payload: Payload = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Iteration:
    """An iteration. Its counts move with its issues; whether `updated_at` does is not known."""

    project: str
    code: int
    status: str
    created_at: datetime
    updated_at: datetime
    payload: Payload = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Role:
    """A role in a project. `type` is CODING's own word, `name` the team's."""

    id: int
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a project. `status`: 1 active, 0 inactive, -1 and -2 locked, -3 left the team."""

    project: str
    id: int
    status: int
    roles: tuple[Role, ...]
    payload: Payload = field(repr=False, hash=False)
