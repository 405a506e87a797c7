"""The sandbox's write actions and people's acts change what reads show, and nothing else."""

import pytest

from coda_pipeline.sandbox.coding.config import DEFAULT_TOKEN, ISSUES, PROFILE
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.sandbox_coding.api import Api


def codes(api: Api) -> list[int]:
    return [issue["Code"] for issue in api.issues()]


def test_an_issue_is_created_changed_and_deleted(api: Api):
    code = api.ask("CreateIssue", Name="a", Type="MISSION", Priority="1")["Issue"]["Code"]
    changed = api.ask("ModifyIssue", IssueCode=code, Name="b", DueDate="2026-09-30", StatusId=1227058)[
        "Issue"
    ]
    assert (changed["Name"], changed["IssueStatusType"]) == ("b", "COMPLETED")
    assert changed["CompletedAt"] > 0
    assert set(api.ask("DeleteIssue", IssueCode=code)) == {"RequestId"}
    assert codes(api) == []


def test_an_iteration_is_created_started_planned_and_deleted(api: Api):
    issue = api.ask("CreateIssue", Name="a", Type="MISSION", Priority="1")["Issue"]["Code"]
    sprint = api.ask("CreateIteration", Name="Sprint")["Iteration"]["Code"]
    api.ask("ModifyIterationStatus", IterationCode=sprint, Operator="start")
    api.ask("PlanIterationIssue", IterationCode=sprint, IssueCode=[issue])
    found = api.ask("DescribeIteration", IterationCode=sprint)["Iteration"]
    assert (found["Status"], found["WaitProcessCount"]) == ("PROCESSING", 1)
    assert api.ask("DescribeIssue", IssueCode=issue)["Issue"]["Iteration"]["Code"] == sprint
    api.ask("DeleteIteration", IterationCode=sprint)
    assert api.ask("DescribeIssue", IssueCode=issue)["Issue"]["Iteration"]["Code"] == 0


def test_a_name_of_an_iteration_is_given_once(api: Api):
    api.ask("CreateIteration", Name="Sprint")
    error = api.ask("CreateIteration", Name="Sprint")["Error"]
    assert error == {"Code": "InvalidParameterValue", "Message": "Title Duplicated"}


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("CreateIssue", {"Name": "a", "Priority": "1"}),
        ("CreateIssue", {"Name": "a", "Type": "NOTHING", "Priority": "1"}),
        ("ModifyIssue", {"IssueCode": 9}),
        ("DeleteIssue", {}),
        ("PlanIterationIssue", {"IterationCode": 0, "IssueCode": [9]}),
        ("ModifyIterationStatus", {"IterationCode": 9, "Operator": "start"}),
        ("NoSuchAction", {}),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, action: str, body: dict[str, object]):
    assert api.error(action, **body)


def test_a_token_that_may_only_read_changes_nothing(sandbox: CodingSandboxServer, api: Api):
    code = sandbox.people.create_issue("a")
    sandbox.people.restrict(DEFAULT_TOKEN, [ISSUES, PROFILE])
    assert api.error("DeleteIssue", IssueCode=code)
    assert codes(api) == [code]


def test_children_stay_when_their_parent_goes(sandbox: CodingSandboxServer, api: Api):
    above = sandbox.people.create_issue("above")
    below = sandbox.people.create_issue("below", "SUB_TASK", parent=above)
    sandbox.people.delete_issue(above)
    assert api.ask("DescribeIssue", IssueCode=below)["Issue"]["Parent"]["Code"] == 0


def test_a_comment_does_not_touch_the_issue(sandbox: CodingSandboxServer, api: Api):
    code = sandbox.people.create_issue("a")
    before = api.ask("DescribeIssue", IssueCode=code)["Issue"]["UpdatedAt"]
    sandbox.clock.advance(60)
    sandbox.people.comment(code, "hello")
    assert api.ask("DescribeIssue", IssueCode=code)["Issue"]["UpdatedAt"] == before


def test_a_member_is_removed_and_taken_back_by_the_actions(sandbox: CodingSandboxServer, api: Api):
    kim = sandbox.people.add_member("Kim")
    project = api.ask("DescribeProjectByName")["Project"]["Id"]
    principals = [{"PrincipalType": "USER", "PrincipalId": str(kim)}]
    api.ask("DeleteProjectMemberPrincipal", ProjectId=project, Principals=principals)
    assert kim not in sandbox.world.main.members
    api.ask("CreateProjectMemberPrincipal", ProjectId=project, Principals=principals)
    members = api.ask("DescribeProjectMembers", ProjectId=project, PageNumber=1)["Data"]["ProjectMembers"]
    assert kim in [member["Id"] for member in members]
    api.ask("DeleteProjectMemberPrincipal", ProjectId=project, Principals=principals)
    assert api.error("DeleteProjectMemberPrincipal", ProjectId=project, Principals=principals)


def test_other_processes_act_over_http(sandbox: CodingSandboxServer, api: Api):
    code = api.person("acts/create_issue", name="a", kind="DEFECT").json()["result"]
    api.person("acts/edit_issue", code=code, name="b", labels=["ui"], custom_fields={"5": "x"})
    issue = api.ask("DescribeIssue", IssueCode=code)["Issue"]
    assert (issue["Name"], issue["Labels"][0]["Name"]) == ("b", "ui")
    assert issue["CustomFields"] == [{"Id": 5, "Name": "", "ValueString": "x"}]
    state = api.person("state", "GET").json()
    assert state["projects"]["demo-project"]["issues"] == [code]
    api.person("acts/create_issue", name="there", project="elsewhere")
    assert sandbox.world.projects["elsewhere"].issues


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("acts/no_such_act", {}, 400),
        ("acts/delete_issue", {"code": 99}, 400),
        ("acts/edit_issue", {"nonsense": 1}, 400),
        ("nowhere", {}, 404),
    ],
)
def test_a_mistake_in_an_act_is_told(api: Api, path: str, body: dict[str, object], status: int):
    answer = api.person(path, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_failures_limits_and_the_log_are_reached_over_http(sandbox: CodingSandboxServer, api: Api):
    api.person("faults", kind="error", path="DescribeTeam", code="InternalError")
    assert api.error("DescribeTeam") == "InternalError"
    api.person("faults", "DELETE")
    api.person("limits", on=True)
    assert sandbox.limits.rate is None or sandbox.limits.rate.requests == 30
    api.person("clock/advance", seconds=5)
    assert [entry["path"] for entry in api.person("requests", "GET").json()] == ["DescribeTeam"]
    api.person("requests", "DELETE")
    assert len(sandbox.requests) == 0
