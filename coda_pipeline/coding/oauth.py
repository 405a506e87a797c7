"""CODING's OAuth: the address a person is sent to, the exchange of the code, the refresh.

Facts: reference/coding-api.md section 2. Not here: keeping `state` and grants (see `gateway`, `warehouse`).

The one thing to know: a refresh kills the previous access token at once, so one process at a time may
refresh a grant, and its answer must not be lost. Neither request is ever repeated by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from pydantic import SecretStr

from coda_pipeline import refusals
from coda_pipeline.answers import Dialect
from coda_pipeline.budget import NoBudget
from coda_pipeline.coding.models import Payload
from coda_pipeline.errors import CodaPipelineError, ProtocolError, TokenRefusedError
from coda_pipeline.http import Transport
from coda_pipeline.refusals import Refusal
from coda_pipeline.retry import RetryPolicy

TOKEN_PATH = "/api/oauth/access_token"  # noqa: S105 -- a path
SCOPES = (
    "user:profile:ro",
    "project:profile:ro",
    "project:member:ro",
    "collaboration:issue:ro",
)
REFRESH_TOKEN_LIVES = timedelta(days=90)
DEFAULT_LIFE_S = 7200


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person has granted. `team` is the one it is for, whatever was asked for."""

    access_token: SecretStr
    refresh_token: SecretStr
    scopes: tuple[str, ...]
    team: str
    expires_at: datetime
    refresh_until: datetime


class OAuthApp:
    """The OAuth application of the settings, for one team's address."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: SecretStr,
        *,
        policy: RetryPolicy | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._policy = policy
        self._now = now

    def authorize_url(self, redirect_uri: str, state: str, scopes: Sequence[str] = SCOPES) -> str:
        """Where the person's browser is sent."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "state": state,
            "scope": ",".join(scopes),
        }
        return f"{self._base_url}/oauth_authorize.html?{urlencode(query)}"

    def exchange(self, code: str) -> Grant:
        """The grant for a code, which works once, for five minutes. Raises `TokenRefusedError` after that."""
        fields = {"grant_type": "authorization_code", "code": code}
        return self._grant(fields, "exchange of the code", None)

    def refresh(self, grant: Grant) -> Grant:
        """A new grant; the old access token is dead from now on. `TokenRefusedError`: connect again."""
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token.get_secret_value(),
        }
        return self._grant(fields, "refresh of the grant", grant)

    def _grant(self, fields: dict[str, str], what: str, old: Grant | None) -> Grant:
        secret = self._client_secret.get_secret_value()
        transport = Transport(
            base_url=self._base_url,
            token=lambda: self._client_secret,
            budget=NoBudget(),
            dialect=Dialect("CODING", _no_header, error_for=_error_for),
            token_setting="CODING_OAUTH_CLIENT_SECRET",  # noqa: S106 -- the name of the setting
            policy=self._policy,
        )
        client = {"client_id": self._client_id, "client_secret": secret}
        try:
            answer = transport.send_form(TOKEN_PATH, client | fields, kind="oauth", name=what)
        finally:
            transport.close()
        return self._parsed(answer, what, old)

    def _parsed(self, answer: Payload, what: str, old: Grant | None) -> Grant:
        access_token = answer.get("access_token")
        if not isinstance(access_token, str) or not access_token:
            raise _refused(what)
        # A refresh may answer with a new refresh token, and the old one is not to be relied on then.
        refresh_token = answer.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            refresh_token = old.refresh_token.get_secret_value() if old else ""
        if not refresh_token:
            message = f"CODING's answer to the {what} has no refresh token. Connect again."
            raise ProtocolError(message)
        now = self._now()
        return Grant(
            access_token=SecretStr(access_token),
            refresh_token=SecretStr(refresh_token),
            scopes=_scopes(answer.get("scope")) or (old.scopes if old else ()),
            team=_team(answer.get("team")) or (old.team if old else ""),
            expires_at=now + timedelta(seconds=_seconds(answer.get("expires_in"))),
            refresh_until=now + REFRESH_TOKEN_LIVES,
        )


def _no_header(_: SecretStr) -> str:
    """The secret travels in the form."""
    return ""


def _error_for(refusal: Refusal) -> CodaPipelineError:
    """A refusal of the form is one of the code, the grant or the application; nothing of it is quoted."""
    if refusal.outcome.failure is not None or refusal.outcome.is_transient:
        return refusals.error_for(refusal)
    return _refused(refusal.call.name)


def _refused(what: str) -> TokenRefusedError:
    return TokenRefusedError(
        f"CODING gave no token for the {what}: the code or the grant is used up or expired, or "
        "CODING_OAUTH_CLIENT_ID and CODING_OAUTH_CLIENT_SECRET are not those of the application. "
        "Connect the team again."
    )


def _scopes(value: object) -> tuple[str, ...]:
    """Separated by spaces in the answer, by commas in the question."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else ()


def _team(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> int:
    """`expires_in` is a text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else DEFAULT_LIFE_S
