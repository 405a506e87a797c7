"""The section `coding` of the catalogue: which teams and projects are read from CODING, and how.

Source of the limits: reference/coding-api.md sections 1, 3 and 5. Tokens and secrets are not here: they are
variables of the environment, see `settings`.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from coda_pipeline.catalog_entry import Entry

# The first label of the team's address.
TeamName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
ProjectName = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\s/?#]+$")]
Incremental = Literal["polling", "webhook", "both"]
# How a token is sent, and how a team may be connected: a grant's token is sent as `bearer`.
AuthKind = Literal["token", "bearer", "basic"]
TeamAuth = Literal["token", "bearer", "basic", "oauth"]
Algorithm = Literal["sha1", "sha256"]


class WebhookEntry(Entry):
    """How hooks of a team are known to be genuine.

    The header's name is nowhere written for the present generation of hooks, and one source names another
    algorithm, so both are settings. `secret_in_url` also admits a hook whose address ends in the secret.
    """

    signature_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] = "X-Coding-Signature"
    algorithm: Algorithm = "sha1"
    secret_in_url: bool = False


class PollingEntry(Entry):
    """How a team is polled.

    `overlap_days` before the last seen edit are listed again, since the filter knows whole days only. An
    issue edited within `settle_s` before it was read is read once more: a second edit in the same second
    does not show in its time. Deleted issues are found by listing all codes every `sweep_every_minutes`.
    """

    overlap_days: Annotated[int, Field(ge=0, le=365)] = 1
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 5.0
    sweep_every_minutes: Annotated[int, Field(ge=0)] = 60
    page_rows: Annotated[int, Field(ge=1, le=500)] = 500
    detail_threads: Annotated[int, Field(ge=1, le=10)] = 8


class TeamEntry(Entry):
    """One CODING team: its name in addresses, and the projects of it that are read.

    `auth` says how the token is sent: a personal token as `token` (or `bearer`, which works too), a project
    token, given as `user:password`, as `basic`. With `oauth` there is no token to give: a person connects the
    team on the gateway's page. The limit is CODING's, per interface; `slack` stays unused.
    """

    name: TeamName
    projects: Annotated[tuple[ProjectName, ...], Field(min_length=1)]
    incremental: Incremental = "polling"
    auth: TeamAuth = "token"
    webhook: WebhookEntry = WebhookEntry()
    polling: PollingEntry = PollingEntry()
    requests_per_second: Annotated[int, Field(ge=1)] = 30
    slack: Annotated[float, Field(ge=0, lt=1)] = 0.03

    @property
    def sent_as(self) -> AuthKind:
        """How the team's token is sent."""
        return "bearer" if self.auth == "oauth" else self.auth

    @property
    def variable(self) -> str:
        """The team as the names of its environment variables end."""
        return variable_of(self.name)


class CodingSection(Entry):
    """The CODING teams to read."""

    teams: tuple[TeamEntry, ...] = ()

    def team(self, name: str) -> TeamEntry:
        """The team of that name. Raises KeyError where the catalogue has none."""
        return {team.name: team for team in self.teams}[name]

    def has_team(self, name: str) -> bool:
        """Whether the catalogue names such a team."""
        return any(team.name == name for team in self.teams)

    def contradictions(self) -> list[str]:
        """Mistakes that no single key shows."""
        problems = [
            f"coding.teams: {names[0]!r} is listed twice; put its projects together"
            if len(set(names)) == 1
            else f"coding.teams: {' and '.join(map(repr, names))} would share the variable "
            f"CODING_TOKEN_{variable}; only one of them can be read"
            for variable, names in _by_variable(self.teams).items()
            if len(names) > 1
        ]
        return problems + [
            f"coding.teams[{t}].projects: {name!r} is listed twice"
            for t, team in enumerate(self.teams)
            for name in sorted({name for name in team.projects if team.projects.count(name) > 1})
        ]


def variable_of(team: str) -> str:
    """A team's name as environment variables spell it: `demo-team` is `DEMO_TEAM`."""
    return re.sub(r"[^A-Z0-9]", "_", team.upper())


def _by_variable(teams: tuple[TeamEntry, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for team in teams:
        found.setdefault(team.variable, []).append(team.name)
    return found
