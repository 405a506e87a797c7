"""Two reads of one table at once."""

import threading

import pytest

from coda_pipeline.errors import BusyError
from coda_pipeline.sandbox import schema
from coda_pipeline.warehouse.held import confirm
from coda_pipeline_tests.reading.conftest import Table, client_of, fill


@pytest.fixture
def second(sandbox, engine):
    """The same table, for another client."""
    with client_of(sandbox) as client:
        yield Table(client, engine, sandbox)


def test_the_second_says_who_reads_where_it_may_not_wait(table, second, sandbox):
    fill(sandbox, 3)
    refused = []

    def try_as_second(_rows, _count):
        with pytest.raises(BusyError, match=r"run run-1 holds .*participation") as caught:
            second.read(wait_s=0)
        refused.append(caught.value)

    assert table.read(on_progress=try_as_second).inserted == 3
    assert len(refused) == 1
    assert table.sql("select last_outcome from sync.cursors") == [("complete",)]


def test_the_second_waits_and_then_finds_nothing_to_do(table, second, sandbox):
    fill(sandbox, 3)
    reports = []
    waiting = threading.Thread(target=lambda: reports.append(second.read(wait_s=60)))
    table.read(on_progress=lambda _rows, _count: waiting.start())
    waiting.join(60)
    assert [(report.mode, report.read) for report in reports] == [("incremental", 0)]


def test_reads_of_two_tables_do_not_wait_for_each_other(table, second, sandbox):
    fill(sandbox, 3)
    second.spec = second.spec.model_copy(update={"name": "projects", "table_id": schema.PROJECTS})
    reports = []
    table.read(on_progress=lambda _rows, _count: reports.append(second.read(wait_s=0)))
    assert len(reports) == 1


def test_deletions_may_be_confirmed_while_the_table_is_read(table, sandbox, engine):
    ids = fill(sandbox, 8)
    table.read()
    sandbox.hr.delete_rows(ids[:6])
    table.settle_and_read()
    assert len(table.held()) == 6
    table.read(full=True, on_progress=lambda _rows, _count: confirm(engine, "participation", None, by="hr"))
    assert (set(table.notes()), table.held()) == (set(ids[6:]), {})
