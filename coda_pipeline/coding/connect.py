"""A CODING client for a team of the catalogue: its address, its token, its share of the rate budget."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from coda_pipeline.budget import LocalBudget, SharedBudget
from coda_pipeline.catalog_coding import AuthKind, TeamEntry
from coda_pipeline.catalog_limits import RateLimit
from coda_pipeline.coding.asking import Renewal
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.dialect import POLICY, dialect_for
from coda_pipeline.http import Transport
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.settings import Settings

# For connecting, and for each silence in between.
TIMEOUT_S = (10.0, 60.0)


@dataclass(frozen=True)
class InterfaceLimits:
    """CODING's limit: the same for every interface, each counted by itself, per team."""

    limit: RateLimit
    slack: float

    def limit_of(self, kind: str) -> RateLimit:
        """What is allowed for an interface."""
        return self.limit


def connect_coding(
    settings: Settings,
    team: TeamEntry,
    database_url: str | None,
    *,
    token: Callable[[], SecretStr] | None = None,
    auth: AuthKind | None = None,
    renewal: Renewal | None = None,
    policy: RetryPolicy = POLICY,
    timeout_s: tuple[float, float] = TIMEOUT_S,
) -> CodingClient:
    """A client for a team of the catalogue. It sends nothing by itself.

    Without `token` it is that of the settings; a grant is given as `renewal` (see `sync.coding.granting`).
    With a database the rate budget is shared by all processes that use it, else it is this process's own.
    """
    kind = auth or team.sent_as
    token = renewal.token if renewal is not None else token
    limits = InterfaceLimits(RateLimit(requests=team.requests_per_second, seconds=1), team.slack)
    transport = Transport(
        base_url=settings.coding_url(team.name),
        token=token or (lambda: settings.coding_token(team.name)),
        budget=LocalBudget(limits)
        if database_url is None
        else SharedBudget(limits, database_url=database_url, user=team.name, service="CODING"),
        dialect=dialect_for(kind),
        token_setting=f"the grant of {team.name}" if token else f"CODING_TOKEN_{team.variable}",
        policy=policy,
        timeout_s=timeout_s,
    )
    return CodingClient(transport, team.name, is_project_token=kind == "basic", renewal=renewal)
