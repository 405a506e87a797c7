"""The grant of a CODING team: its access token, refreshed by one process at a time.

A refresh kills the token before it at once (reference/coding-api.md section 2). So whoever wants to refresh
locks the grant's row, looks whether another process has done it meanwhile, and only then asks CODING. The
one thing to know: a token that CODING refuses is renewed by `renew`, however long it should have lived.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from coda_pipeline.coding.oauth import Grant, OAuthApp
from coda_pipeline.errors import BusyError, TokenRefusedError
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.warehouse.coding import grants
from coda_pipeline.warehouse.coding.grants import SealedGrant, StoredGrant
from coda_pipeline.warehouse.sealing import Sealing

# An access token is renewed so long before its end: a question must not outlast it.
MARGIN = timedelta(minutes=2)
# Once refused, CODING is asked again only after a while: many threads ask in the same moment.
REFUSED_FOR = timedelta(minutes=1)
# As long as a refresh by another process may take (`http.Transport.answer_within_s`, and connecting).
LOCK_WAIT_S = 240.0
# The row is locked meanwhile, so this gives up earlier than a read would.
POLICY = RetryPolicy(failure_waits_s=(1, 2), limited_waits_s=(5, 10))
REFUSED = "CODING refuses to refresh the grant. Connect it again"
NEVER = "nobody has done it yet. Connect it"
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass
class GrantKeeper:
    """The grant of one team, for all threads of a process."""

    engine: Engine
    team: str
    app: Callable[[], OAuthApp] = field(repr=False)
    sealing: Sealing = field(repr=False)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _held: Grant | None = field(default=None, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self) -> SecretStr:
        """The access token, renewed where its time is over. Raises `TokenRefusedError`: connect again."""
        with self._turn:
            if self._held is None or self._held.expires_at - MARGIN <= self.now():
                self._held = self._living(None)
            return self._held.access_token

    def renew(self, dead: SecretStr) -> None:
        """Have another access token than one that CODING has refused, by whomever it was renewed."""
        with self._turn:
            if self._held is None or self._held.access_token == dead:
                self._held = self._living(dead)

    def keep(self, grant: Grant, *, by: str) -> None:
        """Keep what a person has just granted. Raises `ConfigurationError` where no key is set."""
        sealed = self._sealed(grant)
        with self.engine.begin() as conn:
            grants.keep_grant(conn, self.team, sealed, granted_by=by)

    def _living(self, dead: SecretStr | None) -> Grant:
        """A grant that should work: as it is kept, or refreshed, by whichever process is first."""
        with self.engine.connect() as conn:
            stored = grants.find_grant(conn, self.team)
        grant = self._opened(stored)
        if self._should_work(grant, dead):
            return grant
        try:
            with self.engine.begin() as conn:
                refreshed = self._refreshed(conn, dead)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            message = (
                f"Another process has been refreshing the grant of the CODING team {self.team} for long."
            )
            raise BusyError(message) from None
        if refreshed is None:
            raise self._not_connected(REFUSED)
        return refreshed

    def _refreshed(self, conn: Connection, dead: SecretStr | None) -> Grant | None:
        """The row is locked: refresh, unless another has; None where CODING refuses, which is noted."""
        stored = grants.locked_grant(conn, self.team, wait_s=LOCK_WAIT_S)
        grant, now = self._opened(stored), self.now()
        if self._should_work(grant, dead):
            return grant
        if stored is not None and stored.refused_at is not None and now - stored.refused_at < REFUSED_FOR:
            return None
        try:
            refreshed = self.app().refresh(grant)
        except TokenRefusedError:
            grants.note_refused(conn, self.team, now=now)
            return None
        grants.keep_refreshed(conn, self.team, self._sealed(refreshed))
        return refreshed

    def _should_work(self, grant: Grant, dead: SecretStr | None) -> bool:
        return grant.access_token != dead and grant.expires_at - MARGIN > self.now()

    def _opened(self, stored: StoredGrant | None) -> Grant:
        if stored is None:
            raise self._not_connected(NEVER)
        content = self.sealing.open(self._purpose, stored.sealed)
        tokens = content if isinstance(content, dict) else {}
        return Grant(
            access_token=SecretStr(str(tokens.get("access_token", ""))),
            refresh_token=SecretStr(str(tokens.get("refresh_token", ""))),
            scopes=tuple(stored.scopes),
            team=stored.team,
            expires_at=stored.expires_at,
            refresh_until=stored.refresh_until,
        )

    def _sealed(self, grant: Grant) -> SealedGrant:
        tokens = {
            "access_token": grant.access_token.get_secret_value(),
            "refresh_token": grant.refresh_token.get_secret_value(),
        }
        sealed = self.sealing.seal(self._purpose, tokens)
        return SealedGrant(sealed, grant.scopes, grant.expires_at, grant.refresh_until)

    @property
    def _purpose(self) -> str:
        """What its tokens are sealed for: those of one team do not open as another's."""
        return f"the grant of the CODING team {self.team}"

    def _not_connected(self, why: str) -> TokenRefusedError:
        return TokenRefusedError(
            f"The CODING team {self.team} is not connected: {why} by the button on the gateway's page "
            f"/coding/{self.team}; nothing of it is read until then."
        )
