"""Fixtures for all tests: a real PostgreSQL, one server for all workers, one fresh database for each test.

CODA_PIPELINE_TEST_DATABASE_URL names a server to use instead of the embedded one; its user must be allowed to
create databases. Leftovers of a session that was killed are removed by the next.
"""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import plain_url, warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade

FOLDER_PREFIX = "coda-pipeline-tests-"
ENOUGH_BYTES = 4 << 30
# Nothing in these databases needs to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class TestServer:
    """A server with a template database of the newest schema, from which databases are copied."""

    __test__ = False

    def __init__(self, admin_url: str, session: str) -> None:
        self._admin_url = admin_url
        self._prefix = f"coda_pipeline_test_{session}"

    @property
    def _template(self) -> str:
        return f"{self._prefix}_template"

    def url(self, database: str) -> str:
        return plain_url(
            make_url(self._admin_url).set(database=database).render_as_string(hide_password=False)
        )

    def execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def names(self) -> list[str]:
        with psycopg.connect(self._admin_url) as conn:
            query = "select datname from pg_database where starts_with(datname, %s)"
            return [name for (name,) in conn.execute(query, [self._prefix])]

    def make_template(self) -> None:
        """Create and migrate the template, unless another worker did."""
        if self._template in self.names():
            return
        draft = f"{self._template}_draft"
        self.execute("create database {} template template0 encoding 'UTF8'", draft)
        engine = warehouse_engine(self.url(draft))
        upgrade(engine)
        engine.dispose()
        self.execute("alter database {} rename to {}", draft, self._template)

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The address of a fresh database, dropped afterwards."""
        name = f"{self._prefix}_{uuid.uuid4().hex[:12]}"
        source = "template0" if empty else self._template
        self.execute("create database {} template {} strategy file_copy", name, source)
        try:
            yield self.url(name)
        finally:
            self.execute("drop database {} with (force)", name)

    def drop_all(self) -> None:
        for name in self.names():
            self.execute("drop database if exists {} with (force)", name)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """The server of this session, shared by its workers."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]
    home = _fast_folder() / f"{FOLDER_PREFIX}{session}"
    _remove_leftovers()
    home.mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.callback(_remove_leftovers)
        admin_url = os.environ.get("CODA_PIPELINE_TEST_DATABASE_URL")
        if not admin_url:
            admin_url = stack.enter_context(EmbeddedServer(home, FAST)).url("postgres")
        use = stack.enter_context((home / "session.lock").open("w"))
        fcntl.flock(use, fcntl.LOCK_SH)
        found = TestServer(admin_url, session)
        with _template_lock(home):
            found.make_template()
        yield found
        with suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the last worker of the session
            found.drop_all()


@contextmanager
def _template_lock(home: Path) -> Iterator[None]:
    with (home / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fast_folder() -> Path:
    """In memory where the system has room for it: a thousand databases are made and dropped."""
    memory = Path("/dev/shm")  # noqa: S108 (a folder of the session's own is made in it)
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > ENOUGH_BYTES
    return memory if has_room else Path(tempfile.gettempdir())


def _remove_leftovers() -> None:
    """Remove the folders of sessions that nobody is in; their servers have stopped by themselves."""
    for home in _fast_folder().glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError), (home / "session.lock").open() as use:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with (home / "users.lock").open("a") as users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home)


@pytest.fixture
def database(server: TestServer) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    with server.database() as url:
        yield url


@pytest.fixture
def empty_database(server: TestServer) -> Iterator[str]:
    """The address of a fresh database without any schema of ours."""
    with server.database(empty=True) as url:
        yield url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A pool of connections to `database`."""
    found = warehouse_engine(database)
    yield found
    found.dispose()
