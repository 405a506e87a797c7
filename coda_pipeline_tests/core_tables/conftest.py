"""The application as it is in production: a role with rights on the view alone."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine

from coda_pipeline.warehouse.grants import grant_rights
from coda_pipeline_tests.core_tables.application import Application


@pytest.fixture
def role(engine: Engine, database: str) -> Iterator[str]:
    """A role with the application's rights in this database."""
    name = f"application_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
        with engine.begin() as owner:
            grant_rights(owner, application=[name])
        yield name
        conn.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))
        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


@pytest.fixture
def application(database: str, role: str) -> Iterator[Application]:
    """A connection of the application, each statement in a transaction of its own."""
    with psycopg.connect(database, autocommit=True, row_factory=namedtuple_row) as conn:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        yield Application(conn)


@pytest.fixture
def second_application(database: str, role: str) -> Iterator[Application]:
    """Another connection of the same application."""
    with psycopg.connect(database, autocommit=True, row_factory=namedtuple_row) as conn:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        yield Application(conn)
