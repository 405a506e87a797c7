import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from coda_pipeline.errors import DatabaseError
from coda_pipeline.warehouse.engine import dagster_url, execute_script, plain_url, warehouse_engine
from coda_pipeline_tests.conftest import TestServer


def test_times_are_in_utc_whatever_the_users_default(engine: Engine) -> None:
    with engine.connect() as conn:
        assert conn.execute(text("show timezone")).scalar() == "UTC"
        assert conn.execute(text("show application_name")).scalar() == "coda-pipeline"


def test_each_program_gets_the_address_with_its_driver() -> None:
    for given in (
        "postgresql://u:p%40ss@h/d",
        "postgresql+psycopg://u:p%40ss@h/d",
        "postgres://u:p%40ss@h/d",
    ):
        assert dagster_url(given) == "postgresql+psycopg2://u:p%40ss@h/d"
        assert plain_url(given) == "postgresql://u:p%40ss@h/d"


@pytest.mark.parametrize(
    "address", ["", "warehouse", "mysql://u:secret@h/d", "postgresql://u:secret@h:port/d"]
)
def test_an_address_that_is_not_of_postgresql_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(DatabaseError, match="expected postgresql://") as caught:
        warehouse_engine(address)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseError, match=r"Cannot use the database u@127\.0\.0\.1/d") as caught:
        warehouse_engine("postgresql://u:secret@127.0.0.1:1/d")
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named(server: TestServer) -> None:
    with pytest.raises(DatabaseError, match="no_such_database"):
        warehouse_engine(server.url("no_such_database"))


def test_a_database_in_another_encoding_is_refused(server: TestServer, empty_database: str) -> None:
    name = f"{make_url(empty_database).database}_latin"
    server.execute("create database {} template template0 encoding 'LATIN1' locale 'C'", name)
    try:
        with pytest.raises(DatabaseError, match=r"stores LATIN1; .* encoding 'UTF8'"):
            warehouse_engine(server.url(name))
    finally:
        server.execute("drop database {} with (force)", name)


def test_a_user_without_rights_is_told_which(empty_database: str) -> None:
    role = f"{make_url(empty_database).database}_reader"
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(sql.SQL("create role {} login password 'secret'").format(sql.Identifier(role)))
    try:
        url = (
            make_url(empty_database)
            .set(username=role, password="secret")
            .render_as_string(hide_password=False)
        )
        with pytest.raises(DatabaseError, match="may not create tables there") as caught:
            warehouse_engine(url)
        assert "secret" not in str(caught.value)
    finally:
        with psycopg.connect(empty_database, autocommit=True) as conn:
            conn.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def test_scripts_mean_their_percent_signs_and_colons(engine: Engine) -> None:
    with engine.connect() as conn:
        assert execute_script(conn, "select 'a%s:x'::text where 'ab' like 'a%'").fetchone() == ("a%s:x",)
