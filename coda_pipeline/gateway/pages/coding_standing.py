"""What the pages about CODING tell of a team: how it is connected, its last test, its webhook. Reads only.

Of secrets only whether they are set: none of them gets here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import Connection

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.errors import ConfigurationError
from coda_pipeline.gateway.gateway import Gateway
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline.sync.coding.examining import Step
from coda_pipeline.warehouse.coding.examinations import Examination, last_examination
from coda_pipeline.warehouse.coding.grants import StoredGrant, find_grant
from coda_pipeline.warehouse.coding.inbox_counts import InboxCounts, inbox_counts

CALLBACK_PATH = "/connect/coding/callback"


@dataclass(frozen=True, slots=True)
class TeamStanding:
    """One team; `steps` are those of the last test."""

    entry: TeamEntry
    inbox: InboxCounts
    test: Examination | None
    steps: list[Step]

    @property
    def wrong(self) -> int:
        """How many steps of the last test went wrong."""
        return sum(not step.is_fine for step in self.steps)

    @property
    def token_variable(self) -> str:
        """Where its token is."""
        return f"CODING_TOKEN_{self.entry.variable}"

    @property
    def secret_variable(self) -> str:
        """Where the secret of its hooks is."""
        return f"CODING_WEBHOOK_SECRET_{self.entry.variable}"


@dataclass(frozen=True, slots=True)
class TeamConnection:
    """How a team is connected, and what of its secrets is set; `lacks`: why there is no button to connect."""

    is_token_set: bool
    is_secret_set: bool
    grant: StoredGrant | None
    lacks: str | None
    service_url: str
    callback_url: str
    is_public: bool


def team_standing(conn: Connection, entry: TeamEntry) -> TeamStanding:
    """What the warehouse knows of a team."""
    test = last_examination(conn, entry.name)
    steps = [Step.kept(step) for step in test.steps] if test else []
    return TeamStanding(entry, inbox_counts(conn, entry.name), test, steps)


def team_connection(
    request: Request, here: Gateway, conn: Connection, teams: CodingTeams, entry: TeamEntry
) -> TeamConnection:
    """How a team is connected, and the addresses to give to CODING."""
    return TeamConnection(
        is_token_set=_is_set(lambda: teams.settings.coding_token(entry.name)),
        is_secret_set=_is_set(lambda: here.webhook_secret_of(entry.name)),
        grant=find_grant(conn, entry.name) if entry.auth == "oauth" else None,
        lacks=what_lacks(teams) if entry.auth == "oauth" else None,
        service_url=f"{outside(request, here)}/v1/webhooks/coding/{entry.name}",
        callback_url=f"{outside(request, here)}{CALLBACK_PATH}",
        is_public=here.public_url is not None,
    )


def outside(request: Request, here: Gateway) -> str:
    """The gateway's address as seen from outside; as this browser sees it where nobody has told."""
    return here.public_url or inside(request)


def inside(request: Request) -> str:
    """The address at which the person opened the pages."""
    return str(request.base_url).rstrip("/")


def what_lacks(teams: CodingTeams) -> str | None:
    """What has to be set before a team can be connected by the button: a key of `coding_words`."""
    if not _is_set(teams.settings.coding_oauth_client):
        return "lacks_app"
    try:
        teams.sealing.check()
    except ConfigurationError:
        return "lacks_key"
    return None


def _is_set(secret: Callable[[], object]) -> bool:
    """A file that cannot be read counts as not set: `doctor` says more."""
    try:
        return secret() is not None
    except ConfigurationError:
        return False
