"""OAuth: a code works once, a refresh kills the token before it, nothing secret shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import SecretStr

from coda_pipeline.coding.oauth import Grant, OAuthApp
from coda_pipeline.errors import ConfigurationError, ProtocolError, ServiceError, TokenRefusedError
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.sandbox.coding.config import (
    CLIENT_ID,
    CLIENT_SECRET,
    PROJECT,
    TEAM,
    CodingConfig,
    CodingSwitches,
)
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline_tests.coding.teams import client_of
from coda_pipeline_tests.http.scripted import Script, answer, drop

CALLBACK = "https://gateway.example.com/connect/coding/callback"
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
def app(sandbox: CodingSandboxServer) -> OAuthApp:
    return app_of(sandbox.base_url)


def app_of(base_url: str, secret: str = CLIENT_SECRET) -> OAuthApp:
    policy = RetryPolicy(failure_waits_s=(0,))
    return OAuthApp(base_url, CLIENT_ID, SecretStr(secret), policy=policy, now=lambda: NOW)


def agree(app: OAuthApp, state: str = "state-1") -> dict[str, str]:
    """What the person's browser brings back."""
    found = requests.get(app.authorize_url(CALLBACK, state), allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(found.headers["Location"]).query)
    return {key: values[0] for key, values in query.items()}


def test_a_code_becomes_a_grant_that_reads(sandbox: CodingSandboxServer, app: OAuthApp):
    back = agree(app)
    grant = app.exchange(back["code"])
    assert (back["state"], back["team"], grant.team) == ("state-1", TEAM, TEAM)
    assert grant.expires_at == NOW + timedelta(hours=2)
    assert grant.refresh_until == NOW + timedelta(days=90)
    assert "collaboration:issue:ro" in grant.scopes
    with client_of(sandbox, token=lambda: grant.access_token, auth="bearer") as client:
        assert client.project(PROJECT).name == PROJECT


def test_a_code_works_once(app: OAuthApp):
    code = agree(app)["code"]
    app.exchange(code)
    with pytest.raises(TokenRefusedError, match="Connect the team again"):
        app.exchange(code)


def test_a_code_works_for_five_minutes(sandbox: CodingSandboxServer, app: OAuthApp):
    code = agree(app)["code"]
    sandbox.clock.advance(301)
    with pytest.raises(TokenRefusedError):
        app.exchange(code)


def test_a_refresh_kills_the_token_before_it(sandbox: CodingSandboxServer, app: OAuthApp):
    old = app.exchange(agree(app)["code"])
    new = app.refresh(old)
    with (
        client_of(sandbox, token=lambda: old.access_token, auth="bearer") as client,
        pytest.raises(TokenRefusedError),
    ):
        client.project(PROJECT)
    with client_of(sandbox, token=lambda: new.access_token, auth="bearer") as client:
        assert client.project(PROJECT).name == PROJECT


@pytest.mark.parametrize("is_new", [True, False])
def test_a_new_refresh_token_is_taken_and_an_old_one_kept(is_new: bool):
    switches = CodingSwitches(new_refresh_token=is_new)
    with CodingSandboxServer(CodingConfig(content="empty", switches=switches)) as sandbox:
        app = app_of(sandbox.base_url)
        first = app.exchange(agree(app)["code"])
        second = app.refresh(first)
        assert (second.refresh_token != first.refresh_token) is is_new
        assert app.refresh(second).access_token != second.access_token


def test_a_grant_that_is_too_old_says_connect_again(sandbox: CodingSandboxServer, app: OAuthApp):
    grant = app.exchange(agree(app)["code"])
    sandbox.clock.advance(timedelta(days=91).total_seconds())
    with pytest.raises(TokenRefusedError, match="Connect the team again"):
        app.refresh(grant)


def test_an_access_token_ends_after_two_hours(sandbox: CodingSandboxServer, app: OAuthApp):
    grant = app.exchange(agree(app)["code"])
    sandbox.clock.advance(7201)
    with (
        client_of(sandbox, token=lambda: grant.access_token, auth="bearer") as client,
        pytest.raises(TokenRefusedError),
    ):
        client.project(PROJECT)


def test_a_wrong_application_is_refused(sandbox: CodingSandboxServer, app: OAuthApp):
    code = agree(app)["code"]
    with pytest.raises(TokenRefusedError, match="CODING_OAUTH_CLIENT_ID"):
        app_of(sandbox.base_url, secret="wrong").exchange(code)


def test_a_refresh_whose_answer_is_lost_is_not_sent_again():
    with Script([drop], then=answer({"access_token": "a"})) as script, pytest.raises(ServiceError):
        app_of(script.base_url).refresh(grant_of("r"))
    assert len(script.seen) == 1


@pytest.mark.parametrize("content", [{}, {"error": "x"}, {"access_token": ""}, {"code": 1, "msg": {}}])
def test_an_answer_without_a_token_is_a_refusal(content: dict[str, object]):
    with Script(then=answer(content)) as script, pytest.raises(TokenRefusedError):
        app_of(script.base_url).exchange("code")


def test_an_exchange_without_a_refresh_token_is_no_grant():
    with Script(then=answer({"access_token": "a"})) as script, pytest.raises(ProtocolError):
        app_of(script.base_url).exchange("code")


def test_secrets_travel_in_the_form_and_nowhere_else():
    with Script(then=answer({"access_token": "a", "refresh_token": "b", "expires_in": "60"})) as script:
        grant = app_of(script.base_url).refresh(grant_of("r"))
    seen = script.seen[0]
    assert CLIENT_SECRET in seen.body.decode()
    assert CLIENT_SECRET not in seen.path
    assert "Authorization" not in seen.headers
    assert grant.expires_at == NOW + timedelta(seconds=60)


def test_a_grant_shows_no_token():
    assert "very-secret" not in repr(grant_of("very-secret"))


def test_without_an_application_the_settings_say_what_to_do():
    with pytest.raises(ConfigurationError, match="CODING_OAUTH_CLIENT_ID"):
        Settings().coding_oauth_client()


def grant_of(refresh_token: str) -> Grant:
    return Grant(SecretStr("very-secret"), SecretStr(refresh_token), (), TEAM, NOW, NOW)


@pytest.fixture
def script() -> Iterator[Script]:
    with Script() as found:
        yield found
