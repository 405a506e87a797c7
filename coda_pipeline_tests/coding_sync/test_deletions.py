"""Issues, iterations and members that vanish: what proves it, and what happens where too many do."""

import pytest

from coda_pipeline.catalog_coding import PollingEntry
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline.warehouse.held import confirm, held_rows, ignore
from coda_pipeline_tests.coding_sync.conftest import later
from coda_pipeline_tests.coding_sync.records import issue, land

LIST = "DescribeIssueListWithPage"
AN_HOUR = 3600


def filled(copy, sandbox, count: int) -> list[int]:
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(count)]
    later(sandbox)
    copy.poll()
    return codes


def test_a_deleted_issue_is_a_tombstone_after_the_next_sweep_and_its_last_state_is_kept(copy, sandbox):
    codes = filled(copy, sandbox, 8)
    sandbox.people.delete_issue(codes[3])
    later(sandbox)
    assert (copy.read().mode, len(copy.live())) == ("incremental", 8)
    later(sandbox, AN_HOUR)
    report = copy.read()
    assert (report.mode, report.deleted, report.read) == ("full", 1, 7)
    assert codes[3] not in copy.live()
    [kept] = copy.sql("select id, ended_as, record from raw.coding_history")
    assert (kept.id, kept.ended_as, kept.record["Name"]) == (codes[3], "deleted", "Issue 3")
    assert copy.sql("select from coding.issues where code = :code", code=codes[3]) == []


def test_a_sweep_that_finds_nothing_gone_writes_nothing(copy, sandbox):
    filled(copy, sandbox, 5)
    later(sandbox, AN_HOUR)
    before = copy.physical()
    assert copy.read().mode == "full"
    assert copy.physical() == before


def test_each_missing_issue_is_asked_for_before_it_counts_as_deleted(copy, sandbox):
    codes = filled(copy, sandbox, 8)
    sandbox.people.delete_issue(codes[0])
    later(sandbox, AN_HOUR)
    sandbox.requests.clear()
    copy.read()
    assert copy.asked()[:2] == [LIST, "DescribeIssue"]


def test_an_issue_that_slips_through_the_list_is_not_deleted(copy, sandbox):
    """One is deleted on a page already read, so that another moves onto it and is listed nowhere."""
    copy.polling = PollingEntry(page_rows=3)
    codes = filled(copy, sandbox, 9)
    later(sandbox, AN_HOUR)

    def one_goes():
        sandbox.people.delete_issue(codes[0])

    sandbox.faults.inject("act", path=LIST, skip=1, act=one_goes)
    copy.read()
    assert set(copy.live()) >= set(codes[1:])


def test_a_list_that_never_agrees_with_its_count_deletes_nothing_and_says_so(copy, sandbox):
    copy.polling = PollingEntry(page_rows=3)
    codes = filled(copy, sandbox, 9)
    later(sandbox, AN_HOUR)
    sandbox.people.delete_issue(codes[0])

    def one_more():
        sandbox.people.create_issue("While it is listed")

    sandbox.faults.inject("act", path=LIST, times=None, act=one_more)
    report = copy.read()
    assert (report.deleted, report.is_whole) == (0, False)
    assert codes[0] in copy.live()
    sandbox.faults.clear()
    assert copy.read().deleted == 1


def test_above_the_guard_nothing_is_deleted_until_a_person_decides(copy, sandbox, engine):
    codes = filled(copy, sandbox, 30)
    for code in codes[:8]:
        sandbox.people.delete_issue(code)
    later(sandbox, AN_HOUR)
    report = copy.read()
    assert (report.deleted, report.newly_held, len(copy.live())) == (0, 8, 30)
    with engine.connect() as conn:
        names = [row.row_id for row in held_rows(conn, "coding.issues")]
    assert names == sorted(f"demo-team/demo-project/{code}" for code in codes[:8])
    assert ignore(engine, "coding.issues", names[:1], by="anna") == 1
    assert confirm(engine, "coding.issues", names[1:], by="anna") == 7
    assert len(copy.live()) == 23
    later(sandbox, AN_HOUR)
    assert (copy.read().newly_held, len(copy.live())) == (0, 23)


def test_what_would_empty_a_project_is_held_however_few(copy, sandbox):
    [code] = filled(copy, sandbox, 1)
    sandbox.people.delete_issue(code)
    later(sandbox, AN_HOUR)
    report = copy.read()
    assert (report.deleted, report.newly_held) == (0, 1)


def test_many_missing_issues_are_proved_by_a_second_list(copy, sandbox, engine):
    filled(copy, sandbox, 5)
    land(engine, Table.ISSUES, *map(issue, range(1001, 1102)))
    later(sandbox, AN_HOUR)
    sandbox.requests.clear()
    report = copy.read()
    assert report.newly_held == 101
    assert copy.asked() == [LIST, LIST]


def test_a_token_that_dies_in_the_middle_deletes_nothing(copy, sandbox):
    codes = filled(copy, sandbox, 8)
    sandbox.people.delete_issue(codes[0])
    later(sandbox, AN_HOUR)
    sandbox.faults.inject("act", path=LIST, act=sandbox.people.expire_tokens)
    with pytest.raises(CodaPipelineError):
        copy.read()
    assert set(copy.live()) == set(codes)


def test_iterations_and_members_come_change_and_go(copy, sandbox):
    sprints = [sandbox.people.create_iteration(f"Sprint {n}") for n in range(3)]
    people = [sandbox.people.add_member(f"Member {n}") for n in range(3)]
    copy.poll()
    later(sandbox)
    sandbox.people.edit_iteration(sprints[0], goal="Ship it")
    sandbox.people.delete_iteration(sprints[1])
    sandbox.people.set_roles(people[0], ("ProjectAdmin",))
    sandbox.people.remove_member(people[1])
    iterations, members, _ = copy.poll()
    assert (iterations.updated, iterations.deleted, iterations.inserted) == (1, 1, 0)
    assert (members.updated, members.deleted, members.inserted) == (1, 1, 0)
    assert set(copy.live(Table.ITERATIONS)) == {sprints[0], sprints[2]}
    assert people[1] not in copy.live(Table.MEMBERS)
    assert copy.live(Table.MEMBERS)[people[0]]["Roles"][0]["RoleType"] == "ProjectAdmin"


def test_a_list_of_members_that_breaks_off_or_does_not_add_up_deletes_nobody(copy, sandbox):
    people = [sandbox.people.add_member(f"Member {n}") for n in range(110)]
    copy.read(Table.MEMBERS)
    before = copy.physical()
    sandbox.people.remove_member(people[0])

    def another_goes():
        sandbox.people.remove_member(people[1])

    for fault in ({"kind": "status", "status": 500, "times": None}, {"kind": "act", "act": another_goes}):
        sandbox.faults.inject(path="ProjectMembers", skip=1, **fault)
        with pytest.raises(CodaPipelineError):
            copy.read(Table.MEMBERS)
        assert copy.physical() == before
        sandbox.faults.clear()
    assert copy.read(Table.MEMBERS).deleted == 2


def test_a_member_who_comes_back_is_one_record_that_was_away(copy, sandbox):
    person = sandbox.people.add_member("Kim")
    copy.poll()
    sandbox.people.remove_member(person)
    later(sandbox)
    copy.poll()
    [(first,)] = copy.sql(
        "select first_seen_at from raw.coding_project_members where member_id = :id", id=person
    )
    sandbox.world.main.members[person] = []
    later(sandbox)
    assert copy.read(Table.MEMBERS).updated == 1
    [again] = copy.sql(
        "select first_seen_at, deleted_at from raw.coding_project_members where member_id = :id", id=person
    )
    assert tuple(again) == (first, None)
