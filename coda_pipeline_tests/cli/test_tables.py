"""`columns`, `conflicts`, `history` and `grants` on a warehouse that was synced once."""

import re
import uuid

import psycopg
import pytest

from coda_pipeline.catalog import DEMO_CATALOG, load_catalog
from coda_pipeline.coda.client import connect_coda
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import PROJECT_DIR, Settings
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.cli.conftest import Terminal

CATALOG = load_catalog(DEMO_CATALOG)


class Synced:
    """A warehouse and the doc it is synced with."""

    def __init__(self, database: str, sandbox: SandboxServer) -> None:
        self.database = database
        self.sandbox = sandbox

    def sync(self, *, full: bool = False) -> None:
        settings = Settings.model_validate(
            {"coda_base_url": self.sandbox.base_url, "coda_api_token": self.sandbox.token}
        )
        engine = warehouse_engine(self.database)
        with connect_coda(settings, CATALOG.coda.limits, None) as client:
            for spec in CATALOG.tables:
                read_table(client, engine, spec, CATALOG.guards.lost, run_id="run", full=full)
            resolve_participation(engine, CATALOG, client, run_id="run")
        engine.dispose()

    def ask(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.database, autocommit=True) as conn:
            found = conn.execute(query, values)
            return found.fetchall() if found.description else []


@pytest.fixture
def synced(ready: Terminal, sandbox: SandboxServer, database: str) -> Synced:
    found = Synced(database, sandbox)
    found.sync()
    return found


def lines(text: str) -> list[list[str]]:
    """The cells of each line under the header."""
    return [line.split("\t") for line in text.splitlines()[1:]]


def test_a_renamed_column_waits_for_accept_and_then_the_view_follows(ready: Terminal, synced: Synced):
    synced.sandbox.hr.rename_column("c-Role000001", "Должность")
    synced.sandbox.settle()
    synced.sync(full=True)

    waiting = ready.here("columns", "list", "participation")
    (row,) = [cells for cells in lines(waiting.out) if cells[1] == "c-Role000001"]
    assert row[2:] == ["Должность", "select", "роль", "was «Роль»: accept"]

    accepted = ready.here("columns", "accept", "participation", "c-Role000001")
    assert accepted.status == 0, accepted.err
    assert accepted.out == "coda.participation: роль is now должность\n"
    assert synced.ask("select count(должность) > 0 from coda.participation") == [(True,)]

    (row,) = [cells for cells in lines(ready.here("columns", "list").out) if cells[1] == "c-Role000001"]
    assert row[2:] == ["Должность", "select", "должность", ""]


def test_excluded_columns_are_listed_as_such(ready: Terminal, synced: Synced):
    (row,) = [cells for cells in lines(ready.here("columns", "list").out) if cells[1] == "c-Salary0001"]
    assert row[-2:] == ["", "excluded"]


def test_accepting_for_an_unknown_table_or_column_is_refused(ready: Terminal, synced: Synced):
    assert ready.here("columns", "accept", "nothing").status == 1
    assert ready.here("columns", "accept", "participation", "c-Nothing").status == 1


@pytest.fixture
def disputed(synced: Synced) -> tuple[str, str]:
    """One edited here whose only row was deleted in Coda: id of the participation, number of the conflict."""
    ((participation, row),) = synced.ask(
        "select participation_id, coda_row_id from core.participation as p where not exists"
        " (select from core.participation_duplicates as d where d.participation_id = p.participation_id)"
        " order by 1 limit 1"
    )
    synced.ask(
        "update core.participation set comment = 'edited here' where participation_id = %s", participation
    )
    synced.sandbox.hr.delete_rows([row])
    synced.sandbox.settle()
    synced.sync(full=True)
    ((number,),) = synced.ask("select conflict_id from sync.conflicts where outcome is null")
    return str(participation), str(number)


def test_a_conflict_is_listed_and_a_side_can_be_taken(
    ready: Terminal, synced: Synced, disputed: tuple[str, str]
):
    participation, number = disputed
    (row,) = lines(ready.here("conflicts", "list").out)
    assert row[:3] == [number, participation, "deleted_in_coda"]

    taken = ready.here("conflicts", "resolve", number, "--take", "coda")
    assert taken.status == 0, taken.err
    assert number in taken.out
    assert lines(ready.here("conflicts", "list").out) == []
    gone = "select deleted_by from core.participation_all where participation_id = %s"
    assert synced.ask(gone, participation) == [("coda",)]


def test_a_conflict_that_is_not_open_and_a_value_that_does_not_fit_are_refused(
    ready: Terminal, disputed: tuple[str, str]
):
    _, number = disputed
    assert ready.here("conflicts", "resolve", "999999", "--take", "coda").status == 1
    assert ready.here("conflicts", "resolve", number, "--take", "0.5").status == 1
    assert len(lines(ready.here("conflicts", "list").out)) == 1


def test_the_history_tells_who_changed_what(ready: Terminal, synced: Synced):
    ((participation,),) = synced.ask("select participation_id from core.participation order by 1 limit 1")
    synced.ask("update core.participation set comment = 'one' where participation_id = %s", participation)
    synced.ask("update core.participation set comment = 'two' where participation_id = %s", participation)
    answer = ready.here("history", str(participation))
    assert answer.status == 0
    changes = [(row[3], row[4], row[5], row[6]) for row in lines(answer.out)]
    assert changes[-1] == ("update", "comment", "one", "two")
    assert ("insert", "source", "", "coda") in changes


def test_the_history_of_nothing_is_not_a_success(ready: Terminal, synced: Synced):
    answer = ready.here("history", str(uuid.uuid4()))
    assert answer.status == 1
    assert "never was" in answer.err


def test_grants_let_analysts_read_and_not_write(ready: Terminal, synced: Synced):
    role = f"analyst_{uuid.uuid4().hex[:8]}"
    synced.ask(f"create role {role}")
    try:
        answer = ready.here("grants", "--analysts", role)
        assert answer.status == 0, answer.err
        rights = (
            "select has_table_privilege(%s, 'core.participation', wanted)"
            " from unnest(array['select', 'insert']) as wanted"
        )
        assert synced.ask(rights, role) == [(True,), (False,)]
    finally:
        synced.ask(f"drop owned by {role}")
        synced.ask(f"drop role {role}")


def test_grants_for_a_role_that_is_not_there_are_refused(ready: Terminal):
    answer = ready.here("grants", "--application", "nobody_at_all")
    assert answer.status == 1
    assert "nobody_at_all" in answer.err


def test_tables_named_in_the_readme_are_there_after_a_sync(synced: Synced):
    readme = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`([^`\n]+)`", readme))
    named = set(re.findall(r"\b(?:core|sync|ops)\.[a-z_]+\b", code))
    tables = synced.ask("select schemaname || '.' || tablename from pg_tables")
    views = synced.ask("select schemaname || '.' || viewname from pg_views")
    found = (*tables, *views)
    assert "core.participation" in named
    assert named <= {name for (name,) in found}
    (query,) = re.findall(r"`(select [^`]+)`", readme)
    assert len(synced.ask(query)) > 0
