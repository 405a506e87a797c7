"""Reading a CODING project: everything arrives, once, as it is, and nothing else is concluded."""

from datetime import UTC, datetime, timedelta

import pytest

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.days import day_of
from coda_pipeline.errors import (
    IncompleteReadError,
    NotFoundError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
)
from coda_pipeline.sandbox.coding.config import PROJECT, CodingConfig
from coda_pipeline.sandbox.coding.records import KINDS
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.teams import client_of


def codes(client: CodingClient, **options: object) -> list[int]:
    pages = client.issue_pages(PROJECT, **options)  # pyright: ignore[reportArgumentType]
    return [ref.code for page in pages for ref in page.refs]


def test_issues_of_every_type_are_listed_sub_issues_included(
    sandbox: CodingSandboxServer, client: CodingClient
):
    made = [sandbox.people.create_issue(f"a {kind}", kind) for kind in KINDS]
    child = sandbox.people.create_issue("below", "SUB_TASK", parent=made[0])
    assert sorted(codes(client)) == sorted([*made, child])


def test_a_list_goes_through_all_its_pages(sandbox: CodingSandboxServer, client: CodingClient):
    made = [sandbox.people.create_issue(str(number)) for number in range(7)]
    pages = list(client.issue_pages(PROJECT, sort="CODE", page_rows=3))
    assert [[ref.code for ref in page.refs] for page in pages] == [made[:3], made[3:6], made[6:]]
    assert {page.total_count for page in pages} == {7}


def test_an_empty_project_is_one_empty_page(client: CodingClient):
    assert [page.refs for page in client.issue_pages(PROJECT)] == [()]
    assert client.issue_codes(PROJECT).is_whole


def test_what_was_edited_before_the_day_is_not_listed(sandbox: CodingSandboxServer, client: CodingClient):
    sandbox.people.create_issue("old")
    sandbox.clock.advance(timedelta(days=3).total_seconds())
    new = sandbox.people.create_issue("new")
    assert codes(client, updated_since=day_of(sandbox.clock.now())) == [new]


def test_the_filter_counts_days_as_coding_does(sandbox: CodingSandboxServer, client: CodingClient):
    """17:00 in UTC is already the next day in CODING."""
    evening = sandbox.clock.now().replace(hour=17)
    sandbox.clock.advance((evening - sandbox.clock.now()).total_seconds())
    made = sandbox.people.create_issue("in the evening")
    assert day_of(evening) == (evening + timedelta(days=1)).date()
    assert codes(client, updated_since=day_of(evening)) == [made]


def test_times_are_floored_to_the_second(sandbox: CodingSandboxServer, client: CodingClient):
    sandbox.clock.advance(0.75)
    code = sandbox.people.create_issue("now")
    assert client.issue(PROJECT, code).updated_at == sandbox.clock.now().replace(microsecond=0)
    assert client.issue(PROJECT, code).updated_at.tzinfo == UTC


def test_every_field_of_an_issue_is_kept_as_received():
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, client_of(sandbox) as client:
        wanted = sandbox.world.renderer
        for code, issue in sandbox.world.main.issues.items():
            found = client.issue(PROJECT, code).payload
            shown = wanted.issue(sandbox.world.main, issue)
            assert found.keys() == shown.keys()
            assert found["CustomFields"] == shown["CustomFields"]
            assert found["Name"] == shown["Name"]


def test_an_issue_knows_its_iteration_and_its_parent(sandbox: CodingSandboxServer, client: CodingClient):
    sprint = sandbox.people.create_iteration("Sprint")
    above = sandbox.people.create_issue("above")
    below = sandbox.people.create_issue("below", "SUB_TASK", parent=above, iteration=sprint)
    assert (client.issue(PROJECT, below).iteration_code, client.issue(PROJECT, below).parent_code) == (
        sprint,
        above,
    )
    assert (client.issue(PROJECT, above).iteration_code, client.issue(PROJECT, above).parent_code) == (
        None,
        None,
    )


@pytest.mark.parametrize("threads", [1, 4])
def test_details_come_in_the_order_asked_and_gone_ones_are_none(
    sandbox: CodingSandboxServer, client: CodingClient, threads: int
):
    made = [sandbox.people.create_issue(str(number)) for number in range(30)]
    sandbox.people.delete_issue(made[7])
    found = list(client.issues(PROJECT, reversed(made), threads=threads))
    assert [code for code, _ in found] == made[::-1]
    assert [code for code, issue in found if issue is None] == [made[7]]
    assert all(issue.code == code for code, issue in found if issue is not None)


def test_a_failure_among_details_ends_the_read(sandbox: CodingSandboxServer, client: CodingClient):
    made = [sandbox.people.create_issue(str(number)) for number in range(30)]
    sandbox.faults.inject("error", path="DescribeIssue$", times=None, skip=5, code="InternalError")
    with pytest.raises(ServiceError):
        list(client.issues(PROJECT, made, threads=4))


def test_whoever_stops_taking_details_stops_the_asking(sandbox: CodingSandboxServer, client: CodingClient):
    made = [sandbox.people.create_issue(str(number)) for number in range(200)]
    details = client.issues(PROJECT, made, threads=2)
    next(details)
    details.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert sandbox.requests.count(path_contains="DescribeIssue") < 100


def test_a_sweep_over_an_unchanged_project_is_whole(sandbox: CodingSandboxServer, client: CodingClient):
    made = {sandbox.people.create_issue(str(number)) for number in range(11)}
    sweep = client.issue_codes(PROJECT, page_rows=4)
    assert (sweep.codes, sweep.is_whole) == (made, True)


def test_a_sweep_during_which_an_issue_goes_is_not_whole(sandbox: CodingSandboxServer, client: CodingClient):
    """The rows behind the deleted one move up, and one of them is on no page."""
    made = [sandbox.people.create_issue(str(number)) for number in range(11)]
    sandbox.faults.inject(
        "act",
        path="DescribeIssueListWithPage",
        skip=1,
        act=lambda: sandbox.people.delete_issue(made[0]),
    )
    sweep = client.issue_codes(PROJECT, page_rows=4)
    assert not sweep.is_whole
    assert made[4] not in sweep.codes


def test_members_come_with_their_roles(sandbox: CodingSandboxServer, client: CodingClient):
    kim = sandbox.people.add_member("Kim", ("ProjectManager", "UserDefined"), email="kim@example.com")
    members = {member.id: member for member in client.members(client.project(PROJECT))}
    assert [role.type for role in members[kim].roles] == ["ProjectManager", "UserDefined"]
    assert members[kim].payload["Email"] == "kim@example.com"


def test_members_come_from_all_pages(sandbox: CodingSandboxServer, client: CodingClient):
    made = {sandbox.people.add_member(f"Member {number}") for number in range(250)}
    assert made < {member.id for member in client.members(client.project(PROJECT))}


def test_members_that_do_not_add_up_are_no_list(sandbox: CodingSandboxServer, client: CodingClient):
    made = [sandbox.people.add_member(f"Member {number}") for number in range(150)]
    project = client.project(PROJECT)
    sandbox.faults.inject(
        "act", path="ProjectMembers", skip=1, act=lambda: sandbox.people.remove_member(made[0])
    )
    with pytest.raises(IncompleteReadError, match="members of project demo-project"):
        client.members(project)


def test_an_issue_that_is_gone_is_believed_only_after_its_list_has_answered(
    sandbox: CodingSandboxServer, client: CodingClient
):
    with pytest.raises(NotFoundError, match="issue 99 of project demo-project"):
        client.issue(PROJECT, 99)
    assert [entry.path for entry in sandbox.requests] == [
        "DescribeIssue",
        "DescribeIssueListWithPage",
        "DescribeIssue",
    ]


@pytest.mark.parametrize("message", ["", "资源未找到", "whatever"])
def test_a_refusal_that_is_over_when_asked_again_deletes_nothing(
    sandbox: CodingSandboxServer, client: CodingClient, message: str
):
    code = sandbox.people.create_issue("still there")
    sandbox.faults.inject("error", path="DescribeIssue$", code="InvalidParameterValue", message=message)
    assert client.issue(PROJECT, code).code == code


def test_an_answer_about_another_issue_is_not_taken(sandbox: CodingSandboxServer, client: CodingClient):
    code, other = sandbox.people.create_issue("one"), sandbox.people.create_issue("other")
    sandbox.world.main.issues[code] = sandbox.world.main.issues[other]
    with pytest.raises(ProtocolError, match="about another one"):
        client.issue(PROJECT, code)


def test_conditions_that_the_server_refuses_are_told_as_such(
    sandbox: CodingSandboxServer, client: CodingClient
):
    for skip in (0, 2):
        # Between them the smallest page, without a condition, is asked for and comes.
        sandbox.faults.inject(
            "error", path="ListWithPage", skip=skip, code="InvalidParameterValue", message="Conditions"
        )
    with pytest.raises(RequestRefusedError, match="Conditions"):
        codes(client, updated_since=datetime(2026, 1, 1, tzinfo=UTC).date())


@pytest.mark.parametrize("kind", ["html", "broken_json"])
def test_what_is_no_answer_of_the_interface_is_an_error(
    sandbox: CodingSandboxServer, client: CodingClient, kind: str
):
    sandbox.faults.inject(kind, path="DescribeProjectByName", times=None)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ProtocolError):
        client.project(PROJECT)


@pytest.mark.parametrize("fault", ["drop_before", "truncate", "broken_json"])
def test_a_read_is_repeated_by_itself(sandbox: CodingSandboxServer, client: CodingClient, fault: str):
    code = sandbox.people.create_issue("one")
    sandbox.faults.inject(fault, path="DescribeIssue$")  # pyright: ignore[reportArgumentType]
    assert client.issue(PROJECT, code).code == code


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "ResourceUnavailable"])
def test_a_passing_error_inside_of_a_200_is_waited_for(
    sandbox: CodingSandboxServer, client: CodingClient, code: str
):
    sandbox.faults.inject("error", path="DescribeProjectByName", code=code)
    assert client.project(PROJECT).name == PROJECT


def test_projects_of_one_team_are_read_apart(sandbox: CodingSandboxServer, client: CodingClient):
    code = sandbox.people.create_issue("here")
    other = sandbox.people.inside("other-project").create_issue("there")
    assert code == other
    assert client.issue(PROJECT, code).payload["Name"] == "here"
    assert client.issue("other-project", code).payload["Name"] == "there"
    assert {project.name for project in client.projects()} == {PROJECT, "other-project"}


def test_nobody_shows_in_a_repr(sandbox: CodingSandboxServer, client: CodingClient):
    kim = sandbox.people.add_member("Kim Secret", email="kim@example.com")
    code = sandbox.people.create_issue("Title of Kim Secret", assignee=kim)
    shown = repr(
        [
            client.issue(PROJECT, code),
            client.members(client.project(PROJECT)),
            client.current_user(),
            list(client.issue_pages(PROJECT)),
        ]
    )
    assert "Secret" not in shown
    assert "example.com" not in shown
    assert sandbox.world.owner.name not in shown
