"""A token in CODING: three ways to send it, many ways to hear that it is dead, scopes table by table."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.models import TABLES, Table
from coda_pipeline.errors import MissingScopeError, NotFoundError, TokenError, TokenRefusedError
from coda_pipeline.sandbox.coding.config import (
    ISSUES,
    MEMBERS,
    PROFILE,
    PROJECT,
    USER,
    CodingConfig,
    CodingSwitches,
    CodingToken,
)
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.teams import client_of

EXPIRED_AS = ["auth_failure", "not_found", "user_not_found", "empty_message"]
READS: dict[str, Callable[[CodingClient], object]] = {
    "current user": lambda client: client.current_user(),
    "team": lambda client: client.team_of_token(),
    "project": lambda client: client.project(PROJECT),
    "projects": lambda client: client.projects(),
    "issue": lambda client: client.issue(PROJECT, 1),
    "issues": lambda client: list(client.issue_pages(PROJECT)),
    "iterations": lambda client: client.iterations(PROJECT),
    "iteration": lambda client: client.iteration(PROJECT, 2),
}


def sandbox_of(**switches: object) -> CodingSandboxServer:
    chosen = CodingSwitches(**switches)  # pyright: ignore[reportArgumentType]
    return CodingSandboxServer(CodingConfig(content="empty", rate=None, switches=chosen))


@pytest.mark.parametrize("auth", ["token", "bearer"])
def test_a_personal_token_may_be_sent_either_way(sandbox: CodingSandboxServer, auth: str):
    with client_of(sandbox, auth=auth) as client:  # pyright: ignore[reportArgumentType]
        assert client.project(PROJECT).name == PROJECT


def test_a_project_token_is_sent_as_user_and_password(sandbox: CodingSandboxServer):
    schemes = frozenset(("basic",))
    sandbox.people.allow(CodingToken("robot:p@ss:word", schemes=schemes, project=PROJECT))
    sandbox.people.inside("other-project")
    with client_of(sandbox, token=lambda: SecretStr("robot:p@ss:word"), auth="basic") as client:
        assert client.project(PROJECT).name == PROJECT
        with pytest.raises(NotFoundError, match="token is expired"):
            client.project("other-project")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("form", EXPIRED_AS)
def test_every_form_of_expired_is_recognised_in_every_read(form: str, read: str):
    with sandbox_of(expired_as=form) as sandbox, client_of(sandbox) as client:
        sandbox.people.create_issue("one")
        sandbox.people.create_iteration("Sprint")
        READS[read](client)
        sandbox.people.expire_tokens()
        with pytest.raises(TokenRefusedError):
            READS[read](client)


@pytest.mark.parametrize("form", EXPIRED_AS)
def test_an_expired_token_never_looks_like_a_deletion(form: str):
    with sandbox_of(expired_as=form) as sandbox, client_of(sandbox) as client:
        codes = [sandbox.people.create_issue(str(number)) for number in range(3)]
        details = client.issues(PROJECT, codes)
        next(details)
        sandbox.people.expire_tokens()
        with pytest.raises(TokenRefusedError):
            list(details)


@pytest.mark.parametrize("form", EXPIRED_AS)
def test_a_grant_refreshed_in_the_middle_of_a_read_never_looks_like_a_deletion(form: str):
    """The first answer is about the old token, every further one about the new."""
    with sandbox_of(expired_as=form) as sandbox:
        tokens = [SecretStr("the-old-one"), SecretStr(sandbox.token)]

        def token() -> SecretStr:
            return tokens.pop(0) if len(tokens) > 1 else tokens[0]

        code = sandbox.people.create_issue("there")
        with client_of(sandbox, token=token) as client:
            try:
                assert client.issue(PROJECT, code).code == code
            except TokenRefusedError:
                assert form in {"auth_failure", "user_not_found"}


@pytest.mark.parametrize("unknown_as", ["not_found", "invalid", "invalid_in_chinese"])
def test_what_is_gone_is_told_apart_from_a_dead_token(unknown_as: str):
    with sandbox_of(unknown_as=unknown_as) as sandbox, client_of(sandbox) as client:
        with pytest.raises(NotFoundError, match="issue 99"):
            client.issue(PROJECT, 99)
        with pytest.raises(NotFoundError, match="iteration 99"):
            client.iteration(PROJECT, 99)
        with pytest.raises(NotFoundError, match="no project elsewhere"):
            client.project("elsewhere")
        with pytest.raises(NotFoundError, match="no project elsewhere"):
            client.issue("elsewhere", 1)
        with pytest.raises(NotFoundError, match="no project elsewhere"):
            client.iterations("elsewhere")


MISSING: dict[Table, list[str]] = {
    "issues": [USER, PROFILE, MEMBERS],
    "project_members": [USER, PROFILE, ISSUES],
}


@pytest.mark.parametrize("table", MISSING)
@pytest.mark.parametrize("no_scope_as", ["invalid", "unauthorized"])
def test_a_missing_scope_is_named_and_the_other_tables_go_on(no_scope_as: str, table: Table):
    with sandbox_of(no_scope_as=no_scope_as) as sandbox, client_of(sandbox) as client:
        sandbox.people.restrict(sandbox.token, MISSING[table])
        with pytest.raises(MissingScopeError, match="Give it the scope"):
            client.check_table(PROJECT, table)
        client.check_table(PROJECT, "project_members" if table == "issues" else "issues")


@pytest.mark.parametrize("no_scope_as", ["invalid", "unauthorized"])
def test_a_missing_scope_never_looks_like_a_deletion(no_scope_as: str):
    with sandbox_of(no_scope_as=no_scope_as) as sandbox, client_of(sandbox) as client:
        code = sandbox.people.create_issue("there")
        sandbox.people.restrict(sandbox.token, [USER, PROFILE])
        with pytest.raises(MissingScopeError):
            client.issue(PROJECT, code)


def test_a_token_that_may_not_show_its_owner_still_reads(sandbox: CodingSandboxServer, client: CodingClient):
    sandbox.people.restrict(sandbox.token, [PROFILE, ISSUES, MEMBERS])
    for table in TABLES:
        client.check_table(PROJECT, table)
    with pytest.raises(NotFoundError, match="no project elsewhere"):
        client.project("elsewhere")
    with pytest.raises(MissingScopeError, match="user:profile:ro"):
        client.current_user()


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "токен"])
def test_what_is_no_token_is_not_sent(sandbox: CodingSandboxServer, text: str):
    with client_of(sandbox, token=lambda: SecretStr(text)) as client, pytest.raises(TokenError):
        client.current_user()
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize("form", EXPIRED_AS)
def test_no_error_holds_the_token(form: str):
    secret = "a-secret-of-somebody"
    with (
        sandbox_of(expired_as=form) as sandbox,
        client_of(sandbox, token=lambda: SecretStr(secret)) as client,
        pytest.raises(TokenRefusedError) as caught,
    ):
        client.project(PROJECT)
    error: BaseException | None = caught.value
    while error is not None:
        assert secret not in f"{error} {error.args}"
        error = error.__cause__ or error.__context__
