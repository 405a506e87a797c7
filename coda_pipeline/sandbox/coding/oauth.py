"""The sandbox's OAuth (section 2): a browser page that grants at once, codes that work once, grants."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from coda_pipeline.sandbox.coding.config import CodingToken
from coda_pipeline.sandbox.coding.world import CodingWorld

AUTHORIZE_PATH = "/oauth_authorize.html"
TOKEN_PATH = "/api/oauth/access_token"  # noqa: S105 - a path
CODE_LIVES = timedelta(minutes=5)
ACCESS_TOKEN_LIVES_S = 7200
REFRESH_TOKEN_LIVES = timedelta(days=90)


@dataclass
class _Grant:
    scope: str
    access_token: str
    refresh_token: str
    until: datetime


class OAuth:
    """Codes and grants of one team."""

    def __init__(self, world: CodingWorld) -> None:
        self._world = world
        self._codes: dict[str, tuple[datetime, str]] = {}
        self._grants: list[_Grant] = []
        # Access token -> when it ends by itself.
        self._ends: dict[str, datetime] = {}

    def redirect(self, params: Mapping[str, str]) -> str | None:
        """Where the browser goes once the person has agreed; None for another application."""
        if params.get("client_id") != self._world.config.client_id or "redirect_uri" not in params:
            return None
        code = secrets.token_hex(10)
        self._codes[code] = (self._world.clock.now() + CODE_LIVES, params.get("scope", ""))
        query = {"code": code, "state": params.get("state", ""), "team": self._world.config.team}
        return f"{params['redirect_uri']}?{urlencode({**query, 'scope': params.get('scope', '')})}"

    def grant(self, params: Mapping[str, str]) -> Mapping[str, object] | None:
        """The answer to the exchange of a code, or to a refresh; None where it is refused."""
        config = self._world.config
        if (params.get("client_id"), params.get("client_secret")) != (config.client_id, config.client_secret):
            return None
        if "refresh_token" in params:
            return self._refreshed(params["refresh_token"])
        until, scope = self._codes.pop(params.get("code", ""), (None, ""))
        if until is None or until < self._world.clock.now():
            return None
        grant = _Grant(scope, "", secrets.token_hex(20), self._world.clock.now() + REFRESH_TOKEN_LIVES)
        self._grants.append(grant)
        return self._answer(grant)

    def end_expired(self) -> None:
        """Kills the access tokens whose two hours are over."""
        for token, until in list(self._ends.items()):
            if until <= self._world.clock.now():
                del self._ends[token]
                self._world.tokens.pop(token, None)

    def _refreshed(self, refresh_token: str) -> Mapping[str, object] | None:
        now = self._world.clock.now()
        grant = next((one for one in self._grants if one.refresh_token == refresh_token), None)
        if grant is None or grant.until < now:
            return None
        if self._world.config.switches.new_refresh_token:
            grant.refresh_token = secrets.token_hex(20)
        return self._answer(grant)

    def _answer(self, grant: _Grant) -> Mapping[str, object]:
        """A new access token; the one before is dead at once."""
        self._world.tokens.pop(grant.access_token, None)
        grant.access_token = secrets.token_hex(20)
        scopes = frozenset(grant.scope.replace(",", " ").split())
        spec = CodingToken(grant.access_token, scopes, frozenset(("bearer",)))
        self._world.tokens[grant.access_token] = spec
        self._ends[grant.access_token] = self._world.clock.now() + timedelta(seconds=ACCESS_TOKEN_LIVES_S)
        return {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "scope": " ".join(sorted(scopes)),
            "team": self._world.config.team,
            "token_type": "Bearer",
            "expires_in": str(ACCESS_TOKEN_LIVES_S),
        }
