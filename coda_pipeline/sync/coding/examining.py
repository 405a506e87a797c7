"""Trying a team's connection, step by step: token, projects, each table. What depends on a broken step waits.

For `doctor`, which prints the messages, and for the gateway's page, which has words of its own for each
`Trouble`. Only tiny reads; nothing is stored.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Literal, Self

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.asking import SCOPES
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.models import TABLES, Table
from coda_pipeline.errors import (
    CodaPipelineError,
    ConfigurationError,
    MissingScopeError,
    NotFoundError,
    RateLimitedError,
    ServiceError,
    TokenError,
    TokenRefusedError,
)

What = Literal["token", "project"] | Table
# Beside those of the tables (`asking.SCOPES`): whose token it is, and the projects.
USER_SCOPE, PROJECT_SCOPE = "user:profile:ro", "project:profile:ro"
PROFILE_SCOPES = (USER_SCOPE, PROJECT_SCOPE)


class Trouble(StrEnum):
    """What stands in the way, by what a person can do about it."""

    NO_TOKEN = "no_token"  # noqa: S105 (a word, not a token)
    REFUSED = "refused"
    NOT_CONNECTED = "not_connected"
    NO_SCOPE = "no_scope"
    NO_PROJECT = "no_project"
    SETTINGS = "settings"
    AWAY = "away"
    BUSY = "busy"
    OTHER = "other"


# The nearer kinds first. A token that is refused is told by how the team is connected.
TROUBLES: tuple[tuple[type[CodaPipelineError], Trouble], ...] = (
    (MissingScopeError, Trouble.NO_SCOPE),
    (TokenError, Trouble.NO_TOKEN),
    (NotFoundError, Trouble.NO_PROJECT),
    (ConfigurationError, Trouble.SETTINGS),
    (RateLimitedError, Trouble.BUSY),
    (ServiceError, Trouble.AWAY),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `says` is a fact where it went well, else the message for whoever runs the system."""

    what: What
    project: str | None
    says: str
    trouble: Trouble | None = None
    scope: str | None = None

    @property
    def is_fine(self) -> bool:
        """Whether it needs nobody."""
        return self.trouble is None

    def stored(self) -> dict[str, object]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def kept(cls, stored: dict[str, object]) -> Self:
        """From what is kept."""
        trouble = stored.get("trouble")
        return cls(**{**stored, "trouble": Trouble(str(trouble)) if trouble else None})  # type: ignore[arg-type]


def examine_team(team: TeamEntry, client: CodingClient) -> Iterator[Step]:
    """Every step of a team."""
    try:
        client.check_team()
        says = "a project token" if team.auth == "basic" else f"acts as user {client.current_user().id}"
    except CodaPipelineError as error:
        step = _wrong("token", None, error, team)
        yield step
        # A token that may not show its owner can read all the same.
        if step.trouble is not Trouble.NO_SCOPE:
            return
    else:
        yield Step("token", None, says)
    for project in team.projects:
        yield from _examine_project(team, project, client)


def _examine_project(team: TeamEntry, name: str, client: CodingClient) -> Iterator[Step]:
    try:
        project = client.project(name)
    except CodaPipelineError as error:
        yield _wrong("project", name, error, team)
        return
    yield Step("project", name, f"«{project.display_name}»{', archived' if project.is_archived else ''}")
    for table in TABLES:
        try:
            client.check_table(name, table)
        except CodaPipelineError as error:
            yield _wrong(table, name, error, team)
        else:
            yield Step(table, name, "can be read")


def _wrong(what: What, project: str | None, error: CodaPipelineError, team: TeamEntry) -> Step:
    trouble = _trouble(error, team)
    scope = None
    if trouble is Trouble.NO_SCOPE:
        scope = {"token": USER_SCOPE, "project": PROJECT_SCOPE, **SCOPES}[what]
    return Step(what, project, str(error), trouble, scope)


def _trouble(error: CodaPipelineError, team: TeamEntry) -> Trouble:
    if isinstance(error, TokenRefusedError):
        return Trouble.NOT_CONNECTED if team.auth == "oauth" else Trouble.REFUSED
    return next((trouble for kind, trouble in TROUBLES if isinstance(error, kind)), Trouble.OTHER)
