import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from coda_pipeline.errors import DatabaseError
from coda_pipeline.warehouse.grants import grant_rights
from coda_pipeline_tests.warehouse.samples import fact, learn, put_all, spec_of


@pytest.fixture
def roles(engine: Engine) -> Iterator[tuple[str, str]]:
    """An analyst's and an application's role; roles belong to the whole server, so they are removed."""
    analyst, application = (f"{kind} {uuid.uuid4().hex[:8]}" for kind in ("аналитик", "app"))
    with engine.begin() as conn:
        conn.execute(text(f'create role "{analyst}"'))
        conn.execute(text(f'create role "{application}"'))
    yield analyst, application
    with engine.begin() as conn:
        for role in (analyst, application):
            conn.execute(text(f'drop owned by "{role}"'))
            conn.execute(text(f'drop role "{role}"'))


def may(engine: Engine, role: str, statement: str) -> bool:
    with engine.connect() as conn:
        conn.execute(text(f'set role "{role}"'))
        try:
            conn.execute(text(statement))
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise
            return False
        finally:
            conn.rollback()
    return True


def test_analysts_read_typed_views_and_nothing_as_received(engine: Engine, roles: tuple[str, str]) -> None:
    analyst, application = roles
    learn(engine, [fact("c-1", "А", "number"), fact("c-2", "Б", "lookup", is_array=True)])
    put_all(engine, {"i-a": {"c-1": 1}})
    with engine.begin() as conn:
        grant_rights(conn, analysts=[analyst], application=[application])
    learn(engine, [fact("c-1", "А")], spec=spec_of("later"))
    for view in ("coda.participation", "coda.participation_history", "coda.later", "core.freshness"):
        assert may(engine, analyst, f"select * from {view}"), view
    for closed in ("raw.coda_participation", "raw.row_history", "ops.locks", "ops.installation"):
        assert not may(engine, analyst, f"select * from {closed}"), closed
        assert not may(engine, application, f"select * from {closed}"), closed
    assert not may(engine, analyst, "delete from core.participation")
    assert not may(engine, analyst, "delete from sync.cursors")
    assert not may(engine, application, "select * from coda.participation")


def test_the_application_reads_and_writes_participation_and_not_its_table(
    engine: Engine, roles: tuple[str, str]
) -> None:
    _, application = roles
    with engine.begin() as conn:
        grant_rights(conn, application=[application])
        grant_rights(conn, application=[application])
    for statement in (
        "select * from core.participation",
        "insert into core.participation (person_name, activity, role, started_on) select 'А','Б','В',now()",
        "update core.participation set comment = 'x'",
        "delete from core.participation",
    ):
        assert may(engine, application, statement), statement
    assert not may(engine, application, "delete from core.participation_all")


def test_a_role_that_does_not_exist_is_named_and_nothing_is_given(engine: Engine) -> None:
    with engine.begin() as conn, pytest.raises(DatabaseError, match='create role "nobody here" login'):
        grant_rights(conn, analysts=["nobody here"])
