"""Grants: kept sealed, renewed in time or once CODING refuses, by one process; a dead one says so."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.asking import Renewal
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import connect_coding
from coda_pipeline.coding.oauth import Grant, OAuthApp
from coda_pipeline.errors import ConfigurationError, TokenRefusedError
from coda_pipeline.sandbox.coding.config import (
    CLIENT_ID,
    CLIENT_SECRET,
    PROJECT,
    TEAM,
    CodingConfig,
    CodingSwitches,
)
from coda_pipeline.sandbox.coding.oauth import TOKEN_PATH
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.granting import GrantKeeper
from coda_pipeline.warehouse.coding.grants import find_grant
from coda_pipeline.warehouse.sealing import Sealing
from coda_pipeline_tests.coding_sync.conftest import later

KEY, OTHER_KEY = (Fernet.generate_key().decode() for _ in range(2))
TWO_HOURS_S = 7200
EXPIRED_AS = ["auth_failure", "not_found", "user_not_found", "empty_message"]


def sealing(keys: str | None = KEY) -> Sealing:
    return Sealing(lambda: SecretStr(keys) if keys is not None else None)


def app_of(sandbox: CodingSandboxServer, secret: str = CLIENT_SECRET) -> OAuthApp:
    return OAuthApp(sandbox.base_url, CLIENT_ID, SecretStr(secret), now=sandbox.clock.now)


def granted(sandbox: CodingSandboxServer) -> Grant:
    """What a person has just granted."""
    app = app_of(sandbox)
    answer = requests.get(app.authorize_url("http://here.invalid/", "s"), allow_redirects=False, timeout=10)
    return app.exchange(parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])


def keeper(engine: Engine, sandbox: CodingSandboxServer, keys: str | None = KEY, **more: str) -> GrantKeeper:
    """The grant as one process has it."""
    return GrantKeeper(engine, TEAM, lambda: app_of(sandbox, **more), sealing(keys), now=sandbox.clock.now)


@pytest.fixture
def connected(engine: Engine, sandbox: CodingSandboxServer) -> GrantKeeper:
    """A team that Anna has connected."""
    found = keeper(engine, sandbox)
    found.keep(granted(sandbox), by="Анна")
    sandbox.requests.clear()
    return found


def reader(sandbox: CodingSandboxServer, grant: Renewal) -> CodingClient:
    team = TeamEntry(name=TEAM, projects=(PROJECT,), auth="oauth", requests_per_second=10_000)
    return connect_coding(Settings(coding_base_url=sandbox.base_url), team, None, renewal=grant)


def refreshes(sandbox: CodingSandboxServer) -> int:
    return sandbox.requests.count(path_contains=TOKEN_PATH)


def test_a_grant_reads_and_is_renewed_once_its_time_is_over(connected, sandbox):
    with reader(sandbox, connected) as client:
        assert client.project(PROJECT).name == PROJECT
        first = connected.token()
        later(sandbox, TWO_HOURS_S)
        assert client.project(PROJECT).name == PROJECT
    assert connected.token() != first
    assert refreshes(sandbox) == 1


def test_processes_that_find_it_expired_at_once_refresh_it_once(connected, sandbox, engine):
    engines = [create_engine(engine.url) for _ in range(4)]
    later(sandbox, TWO_HOURS_S)
    with ThreadPoolExecutor(len(engines)) as pool:
        tokens = list(pool.map(lambda one: keeper(one, sandbox).token(), engines))
    for one in engines:
        one.dispose()
    assert refreshes(sandbox) == 1
    assert len({token.get_secret_value() for token in tokens}) == 1
    with reader(sandbox, connected) as client:
        assert client.project(PROJECT).name == PROJECT


@pytest.mark.parametrize("form", EXPIRED_AS)
def test_a_token_that_another_process_killed_in_the_middle_of_a_read_loses_nothing(form, engine):
    """Threads meet the dead token at once; none of them may take it for a deletion or a missing scope."""
    config = CodingConfig(content="empty", rate=None, switches=CodingSwitches(expired_as=form))
    with CodingSandboxServer(config) as sandbox:
        codes = [sandbox.people.create_issue(str(number)) for number in range(24)]
        mine, other = keeper(engine, sandbox), keeper(engine, sandbox)
        mine.keep(granted(sandbox), by="Анна")
        with reader(sandbox, mine) as client:
            details = client.issues(PROJECT, codes, threads=4)
            found = [next(details)]
            other.renew(other.token())
            found += list(details)
        assert [(code, issue.code) for code, issue in found if issue] == [(code, code) for code in codes]
        assert refreshes(sandbox) == 2  # the exchange of the code, and the other process's refresh


def test_every_read_survives_the_end_of_its_token(connected, sandbox):
    with reader(sandbox, connected) as client:
        project = client.project(PROJECT)
        reads = (
            client.current_user,
            lambda: client.check_table(PROJECT, "project_members"),
            lambda: client.members(project),
            lambda: client.iterations(PROJECT),
            lambda: list(client.issue_pages(PROJECT)),
        )
        for read in reads:
            sandbox.people.expire_tokens()
            read()
    assert refreshes(sandbox) == len(reads)


def test_a_dead_grant_says_connect_again_and_is_not_asked_for_again_at_once(connected, sandbox, engine):
    later(sandbox, timedelta(days=91).total_seconds())
    with reader(sandbox, connected) as client:
        for _ in range(3):
            with pytest.raises(TokenRefusedError, match=f"Connect it again .*/coding/{TEAM}"):
                client.project(PROJECT)
    assert refreshes(sandbox) == 1
    with engine.connect() as conn:
        stored = find_grant(conn, TEAM)
    assert stored is not None
    assert stored.refused_at == sandbox.clock.now()
    connected.keep(granted(sandbox), by="Иван")
    with reader(sandbox, keeper(engine, sandbox)) as client:
        assert client.project(PROJECT).name == PROJECT


def test_a_mistyped_secret_of_the_application_does_not_end_the_grant(connected, sandbox, engine):
    later(sandbox, TWO_HOURS_S)
    with pytest.raises(TokenRefusedError):
        keeper(engine, sandbox, secret="mistyped").token()
    later(sandbox, 61)
    assert keeper(engine, sandbox).token()


def test_a_team_that_nobody_connected_says_so(sandbox, engine):
    with pytest.raises(TokenRefusedError, match="nobody has done it yet"):
        keeper(engine, sandbox).token()


def test_the_database_holds_no_token_and_nothing_shows_one(connected, sandbox, engine):
    token = connected.token().get_secret_value()
    with engine.connect() as conn:
        stored = conn.scalar(text("select string_agg(g::text, ' ') from ops.coding_grants as g"))
        sealed = find_grant(conn, TEAM)
    assert token not in stored
    assert token.encode().hex() not in stored
    assert all(secret not in repr([connected, sealed]) for secret in (token, KEY, CLIENT_SECRET))


def test_without_a_key_nothing_is_kept(sandbox, engine):
    with pytest.raises(ConfigurationError, match=r"CODA_PIPELINE_SECRET_KEY is not set.*openssl rand"):
        keeper(engine, sandbox, keys=None).keep(granted(sandbox), by="Анна")
    with engine.connect() as conn:
        assert find_grant(conn, TEAM) is None


@pytest.mark.parametrize(
    "keys", ["short", KEY[:-3], f"{KEY},nonsense", "ключ"], ids=["short", "cut", "one_of_two", "letters"]
)
def test_what_is_no_key_is_told_and_not_shown(keys):
    with pytest.raises(ConfigurationError, match="no key of 32 bytes") as told:
        sealing(keys).check()
    assert keys not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None


def test_a_key_is_exchanged_by_putting_the_new_one_in_front(connected, sandbox, engine):
    with pytest.raises(ConfigurationError, match="sealed with another one"):
        keeper(engine, sandbox, keys=OTHER_KEY).token()
    later(sandbox, TWO_HOURS_S)
    keeper(engine, sandbox, keys=f"{OTHER_KEY}, {KEY}").token()  # refreshes, so it is sealed anew
    assert keeper(engine, sandbox, keys=OTHER_KEY).token()


def test_a_grant_of_one_team_does_not_open_as_that_of_another(connected, sandbox, engine):
    with engine.begin() as conn:
        conn.execute(text("update ops.coding_grants set team = 'other'"))
    with pytest.raises(ConfigurationError, match="the CODING team other"):
        replace(connected, team="other", _held=None).token()


def test_a_key_as_openssl_makes_it_is_one():
    assert sealing("+/" * 21 + "+=\n").open("x", sealing("+/" * 21 + "+=").seal("x", [1])) == [1]


class RenewedMeanwhile:
    """A token that another thread renews after one question was refused, before the next."""

    def __init__(self, dead: str, living: str) -> None:
        self._tokens = iter([dead, dead])
        self._living = living

    def token(self) -> SecretStr:
        return SecretStr(next(self._tokens, self._living))

    def renew(self, dead: SecretStr) -> None:
        assert dead.get_secret_value() != self._living


def test_a_token_renewed_between_two_questions_is_not_taken_for_a_missing_scope(sandbox):
    renewal = RenewedMeanwhile("dead", sandbox.token)
    with reader(sandbox, renewal) as client:
        client.check_table(PROJECT, "issues")
