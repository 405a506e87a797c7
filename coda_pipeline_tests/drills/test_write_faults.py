"""kill -9 in the middle of a write-back, after each state: the next run finishes it, and nothing is doubled.

The faults of the service and the edits of people meanwhile need no process of their own: see
`coda_pipeline_tests/write_back`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline_tests.write_back.office import Office, client_of

pytestmark = pytest.mark.drill

ROWS = r"Uchastie01/rows"
PATIENCE_S = 90
Kill = Callable[[], None]


@pytest.fixture
def office(engine) -> Iterator[Office]:
    """An edit, a create and a deletion are planned and released."""
    with SandboxServer(SandboxConfig(content="empty", rates=None)) as sandbox, client_of(sandbox) as client:
        found = Office(sandbox, engine, client)
        edited, deleted, _ = found.hire(3)
        found.pull()
        found.edit(edited, share=Decimal("0.5"))
        found.add(role="Тестировщик")
        found.execute("delete from core.participation where coda_row_id = :row", row=deleted)
        found.pull()
        found.plan()
        found.approve()
        yield found


@contextmanager
def sync_of_its_own(office: Office, database: str, *, of_the_tree: bool) -> Iterator[tuple[Kill, Kill]]:
    """A sync in a process under a shell; how to kill it, alone or with its tree, and to wait for its end."""
    command = [sys.executable, "-m", "coda_pipeline_tests.write_back.worker"]
    arguments = [office.sandbox.base_url, office.sandbox.token, database]
    shell = ["sh", "-c", '"$@" & echo $!; wait', "sh", *command, *arguments]
    process = subprocess.Popen(shell, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())

    def kill() -> None:
        if of_the_tree:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(worker, signal.SIGKILL)

    try:
        yield kill, lambda: process.wait(PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()


def all_is_well(office: Office) -> None:
    """The next run finishes: everything arrived, once, and a further round is silent."""
    office.wait(60)
    office.sync()
    assert office.is_all_proved()
    assert office.rejected() == []
    rows = office.hr.row_ids()
    roles = sorted(str(office.there(row, schema.ROLE)) for row in rows)
    assert roles == ["Роль 0", "Роль 2", "Тестировщик"]
    assert office.there(rows[0], schema.SHARE) == 0.5
    assert office.conflicts() == []
    assert office.is_silent()


trees = pytest.mark.parametrize("of_the_tree", [False, True], ids=["worker", "tree"])


@pytest.mark.parametrize(
    ("is_taken", "of_the_tree"), [(True, False), (False, True)], ids=["taken-worker", "not taken-tree"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_killed_before_the_answer(office, database, method, is_taken, of_the_tree) -> None:
    with sync_of_its_own(office, database, of_the_tree=of_the_tree) as (kill, wait):
        fault = office.sandbox.faults.inject("act", path=ROWS, method=method, act=kill)
        if not is_taken:
            office.sandbox.faults.inject("drop_before", path=ROWS, method=method)
        wait()
        assert fault.hits == 1
    assert office.select("select count(*) from sync.writes where request_id is null") == [(1,)]
    all_is_well(office)


@trees
def test_killed_when_everything_was_sent(office, database, of_the_tree) -> None:
    with sync_of_its_own(office, database, of_the_tree=of_the_tree) as (kill, wait):
        office.sandbox.faults.inject("act", path="mutationStatus", act=kill)
        wait()
    assert office.states() == ["sent"] * 3
    assert office.select("select count(*) from sync.writes where request_id is null") == [(0,)]
    all_is_well(office)


@trees
def test_killed_when_everything_was_confirmed(office, database, of_the_tree) -> None:
    with sync_of_its_own(office, database, of_the_tree=of_the_tree) as (kill, wait):

        def kill_once_confirmed() -> None:
            if office.states() == ["confirmed"] * 3:
                kill()

        office.sandbox.faults.inject("act", path=ROWS, method="GET", times=None, act=kill_once_confirmed)
        wait()
        office.sandbox.faults.clear()
    assert office.states() == ["confirmed"] * 3
    all_is_well(office)


@trees
def test_killed_when_everything_was_verified(office, database, engine, of_the_tree) -> None:
    with sync_of_its_own(office, database, of_the_tree=of_the_tree) as (kill, wait):
        # The last thing that a write-back does is to plan anew; the first plan of the run must pass.
        wait_until(lambda: "sent" in office.states())
        with exclusive(engine, "plan of participation", wait_s=PATIENCE_S):
            wait_until(lambda: office.states() == ["verified"] * 3)
            kill()
            wait()
    all_is_well(office)


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
