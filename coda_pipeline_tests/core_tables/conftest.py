"""The application as it is in production, a role with rights on the view alone; and a few participations."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine

from coda_pipeline.sync.model import Activity, ParticipationUpdate, Person, Resolution
from coda_pipeline.warehouse.grants import grant_rights
from coda_pipeline_tests.core_tables.application import Application
from coda_pipeline_tests.core_tables.samples import P1, P2, P3, apply, bound

ANNA, BORIS = Person("Анна Петрова", None), Person("Борис", "boris@example.org")


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


@pytest.fixture
def stored(engine: Engine) -> Engine:
    """Three participations: Анна without an e-mail, Борис with one, and another of Борис merged into it."""
    apply(engine, bound(P1, "i-a", person=ANNA, activity=Activity("Обучение", None)))
    apply(engine, bound(P2, "i-b", person=BORIS))
    apply(engine, bound(P3, "i-c", person=BORIS, role="менеджер"))
    apply(engine, Resolution(updates=(ParticipationUpdate(P3, 1, {}, {"merged_into": P2}),)), seen={P3: 1})
    return engine
