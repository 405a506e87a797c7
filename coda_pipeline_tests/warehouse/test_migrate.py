import threading

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.errors import DatabaseError
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.installation import installation_differences
from coda_pipeline.warehouse.migrate import check_current, upgrade
from coda_pipeline_tests.conftest import TestServer
from coda_pipeline_tests.warehouse.samples import ask


@pytest.fixture
def empty(empty_database: str):
    engine = warehouse_engine(empty_database)
    yield engine
    engine.dispose()


def test_a_migrated_database_is_current_and_a_second_upgrade_does_nothing(engine: Engine) -> None:
    check_current(engine)
    before = ask(engine, "select xmin from ops.alembic_version")
    upgrade(engine)
    assert ask(engine, "select xmin from ops.alembic_version") == before


def test_a_database_without_schema_names_the_command(empty: Engine) -> None:
    with pytest.raises(DatabaseError, match=r"no schema yet: run `coda-pipeline migrate`"):
        check_current(empty)


def test_an_older_database_names_the_command(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("update ops.alembic_version set version_num = '0001'"))
    with pytest.raises(DatabaseError, match=r"at version 0001, this program needs .*coda-pipeline migrate"):
        check_current(engine)


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("update ops.alembic_version set version_num = '9999'"))
    for act in (check_current, upgrade):
        with pytest.raises(DatabaseError, match="version 9999, which this program does not know"):
            act(engine)
    assert ask(engine, "select version_num from ops.alembic_version") == [("9999",)]


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty: Engine) -> None:
    failed: list[BaseException] = []

    def attempt() -> None:
        try:
            upgrade(empty)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    check_current(empty)


def test_an_upgrade_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as conn:
        conn.execute(text("create schema core"))
        conn.execute(text("create view core.freshness as select 1 as in_the_way"))
    with pytest.raises(Exception, match="freshness"):
        upgrade(empty)
    assert ask(empty, "select to_regnamespace('raw')") == [(None,)]


def test_our_version_table_leaves_dagsters_alone(engine: Engine) -> None:
    assert ask(engine, "select to_regclass('public.alembic_version')") == [(None,)]


def test_the_database_that_was_migrated_is_the_installation_and_a_copy_is_not(
    server: TestServer, empty: Engine
) -> None:
    upgrade(empty)
    with empty.connect() as conn:
        assert installation_differences(conn) == ()
    with server.database() as copy:
        engine = warehouse_engine(copy)
        with engine.connect() as conn:
            assert "database_oid" in installation_differences(conn)
        engine.dispose()
