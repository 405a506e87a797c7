"""The clients of a run: one for each CODING team, connected at first use. No Dagster."""

from sqlalchemy import Engine

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.connecting import CodingTeams


class Coding:
    """What a run asks CODING with."""

    def __init__(self, settings: Settings, engine: Engine, database_url: str) -> None:
        self._settings = settings
        self._teams = CodingTeams(settings, engine, database_url=database_url)
        self._clients: dict[str, CodingClient] = {}

    def client(self, team: TeamEntry) -> CodingClient:
        """The client of a team. Its first request raises `TokenError` where no token is set or granted."""
        if team.name not in self._clients:
            self._clients[team.name] = self._teams.client(team)
        return self._clients[team.name]

    def link(self, team: TeamEntry) -> str:
        """Where people open the team."""
        return self._settings.coding_url(team.name)

    def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            client.close()
