"""Clients of the configured CODING teams, whether by a token of the settings or by a grant in the warehouse.

Not here: what a grant is refreshed by (see `granting`), and how a person gives one (see `gateway`).
"""

from sqlalchemy import Engine

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import TIMEOUT_S, connect_coding
from coda_pipeline.coding.dialect import POLICY
from coda_pipeline.coding.oauth import OAuthApp
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding import granting
from coda_pipeline.sync.coding.granting import GrantKeeper
from coda_pipeline.warehouse.sealing import Sealing


class CodingTeams:
    """How this process gets at CODING. `engine` is the warehouse, where grants are kept.

    With `database_url` clients share the rate budget with all processes that use it.
    """

    def __init__(self, settings: Settings, engine: Engine, *, database_url: str | None = None) -> None:
        self.settings = settings
        self.sealing = Sealing(settings.secret_keys)
        self._engine = engine
        self._database_url = database_url

    def client(
        self, team: TeamEntry, *, policy: RetryPolicy = POLICY, timeout_s: tuple[float, float] = TIMEOUT_S
    ) -> CodingClient:
        """A client for a team. It sends nothing by itself."""
        return connect_coding(
            self.settings,
            team,
            self._database_url,
            renewal=self.grant(team.name) if team.auth == "oauth" else None,
            policy=policy,
            timeout_s=timeout_s,
        )

    def grant(self, team: str) -> GrantKeeper:
        """The grant of a team, whether there is one or not."""
        return GrantKeeper(self._engine, team, lambda: self.app(team), self.sealing)

    def app(self, team: str) -> OAuthApp:
        """The OAuth application at a team's address. Raises `ConfigurationError` where none is set."""
        client_id, client_secret = self.settings.coding_oauth_client()
        return OAuthApp(self.settings.coding_url(team), client_id, client_secret, policy=granting.POLICY)

    def check_oauth(self) -> None:
        """Raise `ConfigurationError` where a team could not be connected: no application, or no key."""
        self.settings.coding_oauth_client()
        self.sealing.check()
