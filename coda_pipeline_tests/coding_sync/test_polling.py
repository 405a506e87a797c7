"""Polling issues: what changed arrives once, what did not costs nothing, and nothing slips between pages."""

from collections import Counter

import pytest

from coda_pipeline.catalog_coding import PollingEntry
from coda_pipeline.errors import CodaPipelineError, ConfigurationError
from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sync.coding.details import BATCH
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline_tests.coding_sync.conftest import Copy, client_of, later

LIST = "DescribeIssueListWithPage"
DETAIL = "DescribeIssue"


def counts(report) -> tuple[int, int, int, int]:
    return report.inserted, report.updated, report.unchanged, report.deleted


def test_inserts_updates_and_deletes_are_told_apart(copy, sandbox):
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(10)]
    later(sandbox)
    assert counts(copy.read()) == (10, 0, 0, 0)
    later(sandbox, 7200)
    sandbox.people.edit_issue(codes[0], name="Edited")
    sandbox.people.delete_issue(codes[1])
    sandbox.people.create_issue("New")
    later(sandbox)
    assert counts(copy.read()) == (1, 1, 8, 1)
    assert copy.live()[codes[0]]["Name"] == "Edited"
    assert codes[1] not in copy.live()


def test_what_the_first_read_an_unchanged_poll_and_one_changed_issue_cost(engine):
    """The demo's project: 12 issues, 3 iterations, 4 members."""
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, client_of(sandbox) as client:
        copy = Copy(client, engine, sandbox)

        def cost() -> dict[str, int]:
            sandbox.requests.clear()
            copy.poll()
            return Counter(copy.asked())

        lists = {LIST: 1, "DescribeIterationList": 1, "DescribeProjectMembers": 1}
        assert cost() == {**lists, DETAIL: 12, "DescribeProjectByName": 1, "DescribeTeam": 1}
        later(sandbox)
        before = copy.physical()
        assert cost() == lists
        assert copy.physical() == before
        plain = max(sandbox.world.main.issues)
        sandbox.people.edit_issue(plain, name="Edited")
        later(sandbox)
        assert cost() == {**lists, DETAIL: 1}
        assert copy.live()[plain]["Name"] == "Edited"


def test_a_second_edit_within_the_second_of_the_read_is_not_lost(copy, sandbox):
    code = sandbox.people.create_issue("One")
    copy.read()
    sandbox.people.edit_issue(code, name="Two")
    later(sandbox)
    copy.read()
    assert copy.live()[code]["Name"] == "Two"
    sandbox.requests.clear()
    later(sandbox)
    copy.read()
    assert DETAIL not in copy.asked()


@pytest.mark.parametrize("page_rows", [1, 2, 3, 7])
def test_issues_of_one_second_all_arrive_whatever_their_order_on_the_pages(copy, sandbox, page_rows):
    copy.polling = PollingEntry(page_rows=page_rows)
    copy.read()
    codes = {sandbox.people.create_issue(f"Issue {n}") for n in range(10)}
    later(sandbox)
    copy.read()
    assert set(copy.live()) == codes


def test_an_issue_that_moves_to_the_end_while_it_is_listed_hides_no_other(copy, sandbox):
    copy.polling = PollingEntry(page_rows=4)
    codes = []
    for n in range(12):
        codes.append(sandbox.people.create_issue(f"Issue {n}"))
        later(sandbox, 2)
    later(sandbox)
    copy.read()
    for n, code in enumerate(codes):
        sandbox.people.edit_issue(code, name=f"Edited {n}")
        later(sandbox, 2)

    def an_early_one_is_edited_again():
        sandbox.people.edit_issue(codes[0], name="Edited again")

    sandbox.faults.inject("act", path=LIST, skip=1, act=an_early_one_is_edited_again)
    copy.read()
    names = {record["Name"] for record in copy.live().values()}
    assert names == {"Edited again", *(f"Edited {n}" for n in range(1, 12))}


def test_an_issue_that_was_edited_late_on_the_day_before_is_not_missed(copy, sandbox):
    """The filter knows whole days of UTC+8: what is asked begins a day early."""
    codes = []
    for _ in range(12):
        codes.append(sandbox.people.create_issue("Made"))
        later(sandbox, 4 * 3600)
        copy.read()
    assert set(copy.live()) == set(codes)


def test_a_server_that_refuses_the_condition_is_listed_in_full(copy, sandbox):
    code = sandbox.people.create_issue("One")
    later(sandbox)
    copy.read()
    sandbox.people.edit_issue(code, name="Two")
    # The list with the condition, then again once the smallest list has proved that all else is well.
    for skip in (0, 2):
        refusal = {"code": "InvalidParameter", "message": "Conditions"}
        sandbox.faults.inject("error", path=LIST, skip=skip, **refusal)
    report = copy.read()
    assert (report.mode, report.updated) == ("full", 1)


def test_a_read_that_is_cut_short_keeps_what_landed_and_the_next_goes_on(copy, sandbox):
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(BATCH + 20)]
    later(sandbox)
    sandbox.faults.inject("status", path=DETAIL + "$", skip=BATCH + 10, times=None, status=500)
    with pytest.raises(CodaPipelineError):
        copy.read()
    assert len(copy.live()) == BATCH
    [cursor] = copy.sql("select high_water, last_outcome from sync.coding_cursors")
    assert (cursor.high_water, cursor.last_outcome) == (None, "ServiceError")
    sandbox.faults.clear()
    sandbox.requests.clear()
    copy.read()
    assert set(copy.live()) == set(codes)
    assert copy.asked().count(DETAIL) == 20


@pytest.mark.parametrize("table", [Table.ISSUES, Table.ITERATIONS, Table.MEMBERS])
def test_the_token_of_another_team_fills_no_table(engine, table):
    """The token decides whose project it is: the same name in another team is another project."""
    with CodingSandboxServer(CodingConfig(team="elsewhere", rate=None)) as sandbox:
        with client_of(sandbox) as client:
            client.team = "demo-team"
            with pytest.raises(ConfigurationError, match=r"elsewhere\.coding\.net, not to demo-team"):
                Copy(client, engine, sandbox).read(table)
        assert "DescribeProjectByName" not in {request.path for request in sandbox.requests}


def test_a_full_read_reads_every_detail_again(copy, sandbox):
    for n in range(3):
        sandbox.people.create_issue(f"Issue {n}")
    later(sandbox)
    copy.read()
    later(sandbox)
    sandbox.requests.clear()
    assert counts(copy.read(full=True)) == (0, 0, 3, 0)
    assert copy.asked().count(DETAIL) == 3


class TestRelatives:
    """Copies of other records inside of an issue: their owner's edit does not move its UpdatedAt."""

    def test_a_parent_shows_the_new_name_of_its_sub_task_and_the_other_way_round(self, copy, sandbox):
        parent = sandbox.people.create_issue("Parent", "EPIC")
        child = sandbox.people.create_issue("Child", parent=parent)
        later(sandbox)
        copy.poll()
        for code, name in ((child, "Child 2"), (parent, "Parent 2")):
            later(sandbox)
            sandbox.people.edit_issue(code, name=name)
            later(sandbox)
            copy.poll()
        assert copy.live()[child]["Parent"]["Name"] == "Parent 2"
        assert [one["Name"] for one in copy.live()[parent]["SubTasks"]] == ["Child 2"]

    def test_an_issue_shows_the_new_name_of_its_iteration(self, copy, sandbox):
        iteration = sandbox.people.create_iteration("Sprint")
        code = sandbox.people.create_issue("One", iteration=iteration)
        later(sandbox)
        copy.poll()
        later(sandbox)
        sandbox.people.edit_iteration(iteration, name="Sprint 2")
        later(sandbox)
        copy.poll()
        assert copy.live()[code]["Iteration"]["Name"] == "Sprint 2"
        sandbox.requests.clear()
        later(sandbox)
        copy.poll()
        assert DETAIL not in copy.asked()

    def test_an_edit_of_a_parent_in_the_moment_its_child_was_read_is_not_missed(self, copy, sandbox):
        parent = sandbox.people.create_issue("Parent")
        child = sandbox.people.create_issue("Child", parent=parent)
        copy.poll()
        sandbox.people.edit_issue(parent, name="Parent 2")
        copy.poll()
        assert copy.live()[child]["Parent"]["Name"] == "Parent 2"

    def test_children_of_a_deleted_issue_have_no_parent_any_more(self, copy, sandbox):
        parent = sandbox.people.create_issue("Parent", "EPIC")
        child = sandbox.people.create_issue("Child", parent=parent)
        later(sandbox)
        copy.poll()
        sandbox.people.delete_issue(parent)
        later(sandbox, 7200)
        copy.poll()
        assert copy.live()[child]["Parent"]["Code"] == 0


def test_how_fresh_each_table_is_stands_beside_the_tables_of_coda(copy, sandbox):
    sandbox.people.create_iteration("Sprint")
    sandbox.people.create_issue("One")
    copy.poll()
    columns = "table_name, source, live_rows, held, outcome, as_of = last_full_read_at as is_full"
    found = copy.sql(f"select {columns} from core.freshness order by table_name")
    assert [tuple(row) for row in found] == [
        (f"coding.{table}", "demo-team/demo-project", len(copy.live(table)), 0, "complete", True)
        for table in (Table.ISSUES, Table.ITERATIONS, Table.MEMBERS)
    ]
    assert len(copy.live(Table.ITERATIONS)) == 1
