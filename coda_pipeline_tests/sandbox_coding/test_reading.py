"""The sandbox's Open API reads as the fact sheet says (sections 1 to 4)."""

from base64 import b64encode
from datetime import timedelta

import pytest
import requests

from coda_pipeline.sandbox.coding.config import CodingConfig, CodingSwitches, CodingToken
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sandbox.config import Rate
from coda_pipeline_tests.coding.reference import reference
from coda_pipeline_tests.sandbox_coding.api import Api


@pytest.mark.parametrize(
    "query", ["", "?Action=DescribeTeam", "?action=DescribeTeam", "?ACTION=DescribeTeam"]
)
def test_the_action_is_named_in_the_body_or_in_the_query(api: Api, query: str):
    assert api.answer("DescribeTeam", query=query).json()["Response"]["Data"]["Name"] == "demo-team"


@pytest.mark.parametrize("scheme", ["token", "Bearer", "TOKEN"])
def test_a_personal_token_is_taken_in_either_form(sandbox: CodingSandboxServer, api: Api, scheme: str):
    api.headers = {"Authorization": f"{scheme} {sandbox.token}"}
    assert "Error" not in api.ask("DescribeTeam")


@pytest.mark.parametrize("header", ["", "token", "token wrong", "Basic !!!", "Basic Zm9v", "Digest x"])
def test_nobody_else_comes_in(api: Api, header: str):
    api.headers = {"Authorization": header}
    answer = api.answer("DescribeTeam")
    assert (answer.status_code, answer.json()["Response"]["Error"]["Code"]) == (200, "ResourceNotFound")


def test_every_answer_has_a_request_id(api: Api):
    assert api.ask("DescribeTeam")["RequestId"]
    assert api.ask("DescribeIssue", IssueCode=9)["RequestId"]


def test_issues_and_iterations_draw_their_codes_from_one_counter(sandbox: CodingSandboxServer):
    people = sandbox.people
    codes = [people.create_issue("a"), people.create_iteration("b"), people.create_issue("c")]
    assert codes == [1, 2, 3]


def test_children_are_listed_only_when_asked_for(sandbox: CodingSandboxServer, api: Api):
    above = sandbox.people.create_issue("above")
    below = sandbox.people.create_issue("below", "SUB_TASK", parent=above)
    assert [issue["Code"] for issue in api.issues(ShowSubIssues=False)] == [above]
    assert [issue["Code"] for issue in api.issues()] == [above, below]
    assert api.issues()[1]["ParentCode"] == above


@pytest.mark.parametrize("as_list", [True, False])
def test_conditions_come_as_a_list_or_as_one_object(sandbox: CodingSandboxServer, api: Api, as_list: bool):
    sandbox.people.create_issue("old")
    sandbox.clock.advance(timedelta(days=2).total_seconds())
    new = sandbox.people.create_issue("new")
    day = sandbox.clock.now().date().isoformat()
    condition = {"Key": "UPDATED_AT", "Value": f"{day}_9999-12-31"}
    assert [i["Code"] for i in api.issues(Conditions=[condition] if as_list else condition)] == [new]


@pytest.mark.parametrize(
    "condition",
    [
        {"Key": "NO_SUCH_KEY", "Value": "1"},
        {"Key": "UPDATED_AT", "Value": "2026-01-01"},
        {"Key": "UPDATED_AT", "Value": "yesterday_today"},
        {"Key": "UPDATED_AT", "Value": "2026-01-01 12:00:00_9999-12-31 00:00:00"},
        {"Key": "ITERATION", "Value": "99"},
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(api: Api, condition: dict[str, str]):
    assert (
        api.error("DescribeIssueListWithPage", IssueType="ALL", PageNumber=1, Conditions=[condition])
        == "InvalidParameterValue"
    )


def test_days_end_at_four_in_the_afternoon_utc(sandbox: CodingSandboxServer, api: Api):
    code = sandbox.people.create_issue("a", start_on="2026-09-01", due_on="2026-09-01")
    issue = api.ask("DescribeIssue", IssueCode=code)["Issue"]
    assert issue["DueDate"] - issue["StartDate"] == 86_399_000
    assert issue["DueDate"] % 86_400_000 == ((15 * 60 + 59) * 60 + 59) * 1000


def test_what_is_unset_is_zero_and_never_null(sandbox: CodingSandboxServer, api: Api):
    code = sandbox.people.create_issue("a")
    issue = api.ask("DescribeIssue", IssueCode=code)["Issue"]
    assert None not in issue.values()
    assert (issue["Parent"]["Code"], issue["Iteration"]["Code"], issue["Assignee"]["Id"]) == (0, 0, 0)
    assert (issue["StartDate"], issue["CompletedAt"], issue["Priority"]) == (0, 0, "")
    sprint = sandbox.people.create_iteration("b")
    assert api.ask("DescribeIteration", IterationCode=sprint)["Iteration"]["StartAt"] == -28_800_000


def test_reads_show_whole_seconds_and_writes_milliseconds(sandbox: CodingSandboxServer, api: Api):
    sandbox.clock.advance(0.123)
    made = api.ask("CreateIssue", Name="a", Type="DEFECT", Priority="2")["Issue"]
    assert made["CreatedAt"] % 1000 == 123
    assert api.ask("DescribeIssue", IssueCode=made["Code"])["Issue"]["CreatedAt"] == made["CreatedAt"] - 123


def test_files_have_another_address_on_each_read():
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, Api(sandbox) as api:
        code = next(issue.code for issue in sandbox.world.main.issues.values() if issue.files)
        urls = [api.ask("DescribeIssue", IssueCode=code)["Issue"]["Files"][0]["Url"] for _ in range(2)]
    assert urls[0] != urls[1]


def test_ties_have_no_order(sandbox: CodingSandboxServer, api: Api):
    for number in range(20):
        sandbox.people.create_issue(str(number))
    orders = {tuple(issue["Code"] for issue in api.issues(SortKey="UPDATED_AT")) for _ in range(5)}
    assert len(orders) > 1


def test_past_the_last_page_there_is_nothing(sandbox: CodingSandboxServer, api: Api):
    sandbox.people.create_issue("a")
    assert api.issues(PageNumber=9) == []


@pytest.mark.parametrize("size", [0, 501, "many"])
def test_a_page_of_an_impossible_size_is_refused(api: Api, size: object):
    assert api.error("DescribeIssueListWithPage", IssueType="ALL", PageNumber=1, PageSize=size)


def test_numbers_may_be_texts(sandbox: CodingSandboxServer, api: Api):
    code = sandbox.people.create_issue("a")
    assert api.ask("DescribeIssue", IssueCode=str(code))["Issue"]["Code"] == code


def test_members_are_asked_for_by_the_projects_id(sandbox: CodingSandboxServer, api: Api):
    project = api.ask("DescribeProjectByName")["Project"]
    page = api.ask("DescribeProjectMembers", ProjectId=project["Id"], PageNumber=1, PageSize=10)
    assert page["Data"]["TotalCount"] == 1
    assert api.error("DescribeProjectMembers", PageNumber=1, PageSize=10) == "MissingParameter"


def test_a_projects_token_sees_its_project_only(sandbox: CodingSandboxServer, api: Api):
    sandbox.people.inside("elsewhere")
    sandbox.people.allow(CodingToken("robot:password", schemes=frozenset(("basic",)), project="elsewhere"))
    api.headers = {"Authorization": f"Basic {b64encode(b'robot:password').decode()}"}
    assert api.ask("DescribeProjectByName", ProjectName="elsewhere")["Project"]["Name"] == "elsewhere"
    assert api.error("DescribeProjectByName")


def test_the_issues_of_a_team_come_from_all_its_projects(sandbox: CodingSandboxServer, api: Api):
    sandbox.people.create_issue("here")
    sandbox.people.inside("elsewhere").create_issue("there")
    found = api.ask("DescribeTeamIssues", PageNumber=1, PageSize=10)
    assert [issue["Name"] for issue in found["Issues"]] == ["here", "there"]
    assert found["TotalCount"] == 2


@pytest.mark.parametrize(
    ("switches", "status", "code"),
    [
        (CodingSwitches(limit_answer="error"), 200, "RequestLimitExceeded"),
        (CodingSwitches(limit_answer="429"), 429, "RequestLimitExceeded"),
    ],
)
def test_over_the_limit_an_interface_refuses(switches: CodingSwitches, status: int, code: str):
    # An hour, so that a busy machine asks often enough within the window.
    config = CodingConfig(content="empty", switches=switches, rate=Rate(30, 3600))
    with CodingSandboxServer(config) as sandbox, Api(sandbox) as api:
        answers = [api.answer("DescribeTeam") for _ in range(31)]
        assert answers[-1].status_code == status
        assert answers[-1].json()["Response"]["Error"]["Code"] == code
        assert "Error" not in api.ask("DescribeCodingCurrentUser")


def test_other_paths_show_a_page(sandbox: CodingSandboxServer):
    answer = requests.get(f"{sandbox.base_url}/", timeout=5)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")


def keys_of(value: object) -> object:
    """The keys of an object with the types of what is under them."""
    if isinstance(value, dict):
        return {key: keys_of(part) for key, part in value.items()}
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def missing(recorded: object, shown: object, path: str = "") -> list[str]:
    """What was recorded and is not shown, or is of another type."""
    if not isinstance(recorded, dict) or not isinstance(shown, dict):
        return [] if recorded == shown else [f"{path}: {recorded} is {shown}"]
    return [
        problem
        for key, part in recorded.items()
        for problem in missing(part, shown.get(key), f"{path}.{key}")
    ]


def test_an_issue_has_every_field_of_the_recorded_one(sandbox: CodingSandboxServer, api: Api):
    recorded = reference("coding-recorded-responses.json")["responses"]["DescribeIssue"]["Response"]["Issue"]
    issue = api.ask("DescribeIssue", IssueCode=sandbox.people.create_issue("a"))["Issue"]
    assert missing(keys_of(recorded), keys_of(issue)) == []


def test_an_iteration_has_every_field_of_the_recorded_one(sandbox: CodingSandboxServer, api: Api):
    recorded = reference("coding-recorded-responses.json")["responses"]["CreateIteration"]["Response"][
        "Iteration"
    ]
    del recorded["Deleter"]  # absent from the specifications since 2024
    iteration = api.ask("DescribeIteration", IterationCode=sandbox.people.create_iteration("a"))["Iteration"]
    assert missing(keys_of(recorded), keys_of(iteration)) == []
