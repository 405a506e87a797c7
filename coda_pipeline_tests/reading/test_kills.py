"""kill -9 in the middle: the last good state stays, and the next read completes."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.reading.conftest import fill

ROWS = r"Uchastie01/rows$"
PATIENCE_S = 60


@pytest.fixture
def page_rows() -> int:
    """Small, so that there is a middle."""
    return 4


@contextmanager
def worker(sandbox, database):
    """A process that reads the table in full."""
    command = [sys.executable, "-m", "coda_pipeline_tests.reading.worker"]
    process = subprocess.Popen([*command, sandbox.base_url, sandbox.token, database])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_once_then_edit_all(table, sandbox):
    ids = fill(sandbox, 20)
    table.read()
    for row_id in ids[:-1]:
        sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    sandbox.hr.delete_rows(ids[-1])
    sandbox.settle()
    return ids, table.physical()


def completes(table, ids):
    """The next read finds what the killed one should have, as if that had never run."""
    report = table.read()
    assert (report.updated, report.deleted) == (19, 1)
    assert table.notes() == dict.fromkeys(ids[:-1], "edited")
    assert table.versions(ids[0]) == [("row 0", "replaced", "run-2")]
    assert table.versions(ids[-1]) == [("row 19", "deleted", "run-2")]


def test_killed_in_the_middle_of_the_pages(table, sandbox, database):
    ids, before = read_once_then_edit_all(table, sandbox)
    with worker(sandbox, database) as process:
        fault = sandbox.faults.inject("act", path=ROWS, skip=2, act=process.kill)
        assert process.wait(PATIENCE_S) == -9
    assert fault.hits == 1
    assert table.physical() == before
    completes(table, ids)


def test_killed_in_the_middle_of_the_merge(table, sandbox, database, engine):
    ids, before = read_once_then_edit_all(table, sandbox)
    with engine.connect() as bystander, worker(sandbox, database) as process:
        # Readers pass; the merge stops where it saves the cursor, with all rows written and nothing
        # committed.
        bystander.execute(text("lock table sync.cursors in share mode"))
        wait_until_merge_waits(table)
        process.kill()
        process.wait()
        assert table.physical() == before
    completes(table, ids)


def wait_until_merge_waits(table):
    give_up_at = time.monotonic() + PATIENCE_S
    waiting = (
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%into sync.cursors%'"
    )
    while not table.sql(waiting):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
