"""`tokens`: printed once and alone, listed without the secret, ended by id or name."""

from sqlalchemy import Engine

from coda_pipeline.warehouse.tokens import check_token
from coda_pipeline_tests.cli.conftest import Terminal


def test_the_token_is_alone_on_standard_output_and_works(ready: Terminal, engine: Engine):
    answer = ready.here("tokens", "create", "кнопка HR", "--scope", "trigger", "--scope", "read")
    assert answer.status == 0
    token = answer.out.removesuffix("\n")
    assert "\n" not in token
    assert token not in answer.err
    with engine.begin() as conn:
        found = check_token(conn, token)
    assert found is not None
    assert (found.name, found.scopes) == ("кнопка HR", ("trigger", "read"))


def test_the_list_shows_who_has_a_token_and_no_token(ready: Terminal):
    token = ready.here("tokens", "create", "payroll", "--scope", "write", "--days", "30").out.strip()
    listed = ready.here("tokens", "list").out
    assert "payroll" in listed
    assert token.split("_")[1] in listed
    assert token.split("_", 2)[2] not in listed
    assert "until " in listed


def test_a_name_ends_all_its_tokens_and_an_unknown_one_none(ready: Terminal, engine: Engine):
    tokens = [ready.here("tokens", "create", "payroll", "--scope", "write").out.strip() for _ in range(2)]
    answer = ready.here("tokens", "revoke", "payroll")
    assert (answer.status, answer.out[:18]) == (0, "2 token(s) ended: ")
    with engine.begin() as conn:
        assert [check_token(conn, token) for token in tokens] == [None, None]
    again = ready.here("tokens", "revoke", "payroll")
    assert again.status == 1
    assert "tokens list" in again.err


def test_a_scope_that_does_not_exist_is_refused_with_those_that_do(ready: Terminal):
    answer = ready.here("tokens", "create", "payroll", "--scope", "admin")
    assert answer.status == 1
    assert answer.out == ""
    assert "trigger, read, write, approve" in answer.err
