"""The actions that read (section 3)."""

from collections.abc import Sequence

from coda_pipeline.sandbox.coding.config import ISSUES, MEMBERS, PROFILE, USER
from coda_pipeline.sandbox.coding.exchange import DEFAULT_PAGE_ROWS, Action, Json, Question
from coda_pipeline.sandbox.coding.listing import wanted_issues
from coda_pipeline.sandbox.coding.records import ROLES, ProjectRecord
from coda_pipeline.sandbox.coding.render import milliseconds


def current_user(question: Question) -> Json:
    """`DescribeCodingCurrentUser`."""
    question.need(USER)
    user = question.world.owner
    return {
        "User": {
            "Id": user.id,
            "Status": user.status,
            "Email": user.email,
            "GlobalKey": user.key,
            "Avatar": user.avatar,
            "Name": user.name,
            "NamePinYin": user.pinyin,
            "Phone": user.phone,
            "TeamId": question.world.team_id,
        }
    }


def team(question: Question) -> Json:
    """`DescribeTeam`."""
    world = question.world
    return {
        "Data": {
            "Id": world.team_id,
            "Name": world.config.team,
            "TeamHost": f"https://{world.config.team}.coding.net",
            "IsVerification": True,
        }
    }


def projects(question: Question) -> Json:
    """`DescribeCodingProjects`."""
    question.need(PROFILE)
    found = [_project(question, project) for project in _visible(question)]
    return {"Data": _paged(question, "ProjectList", found)}


def user_projects(question: Question) -> Json:
    """`DescribeUserProjects`."""
    question.need(PROFILE)
    return {"ProjectList": [_project(question, project) for project in _visible(question)]}


def project_by_name(question: Question) -> Json:
    """`DescribeProjectByName`."""
    question.need(PROFILE)
    return {"Project": _project(question, question.project())}


def one_project(question: Question) -> Json:
    """`DescribeOneProject`."""
    question.need(PROFILE)
    return {"Project": _project(question, question.project_of_id())}


def issue_page(question: Question) -> Json:
    """`DescribeIssueListWithPage`."""
    question.need(ISSUES)
    project = question.project()
    world = question.world
    number, rows = question.page()
    found = wanted_issues(project, question.body, world.config.switches, world.random)
    page = found[(number - 1) * rows : number * rows]
    return {
        "Data": {
            "PageNumber": number,
            "PageSize": rows,
            "TotalPage": -(-len(found) // rows),
            "TotalCount": len(found),
            "List": [world.renderer.issue_row(project, issue) for issue in page],
        }
    }


def issue_list(question: Question) -> Json:
    """`DescribeIssueList`, the old one: no totals."""
    question.need(ISSUES)
    project = question.project()
    world = question.world
    offset, limit = question.number("Offset", 0), question.number("Limit", DEFAULT_PAGE_ROWS)
    found = wanted_issues(project, question.body, world.config.switches, world.random)
    page = found[offset : offset + limit]
    return {"IssueList": [world.renderer.issue_row(project, issue) for issue in page]}


def team_issues(question: Question) -> Json:
    """`DescribeTeamIssues`, oldest project first."""
    question.need(ISSUES)
    world = question.world
    number, rows = question.page()
    body = {"IssueType": "ALL", "SortValue": "ASC", **question.body}
    found = [
        world.renderer.issue_row(project, one)
        for project in _visible(question)
        for one in wanted_issues(project, body, world.config.switches, world.random)
    ]
    page = found[(number - 1) * rows : number * rows]
    totals = {"TotalCount": len(found), "TotalPage": -(-len(found) // rows)}
    return {"Issues": page, "PageNumber": number, "PageSize": rows, **totals}


def issue(question: Question) -> Json:
    """`DescribeIssue`."""
    question.need(ISSUES)
    project = question.project()
    return {"Issue": question.world.renderer.issue(project, question.issue(project))}


def iteration_list(question: Question) -> Json:
    """`DescribeIterationList`; what its paging means is a switch."""
    question.need(ISSUES)
    project = question.project()
    world = question.world
    limit, offset = question.number("Limit", DEFAULT_PAGE_ROWS), question.number("Offset", 0)
    mode = world.config.switches.offset_mode
    starts = {"row": offset, "page": offset * limit, "page_param": (question.number("Page", 1) - 1) * limit}
    wanted = question.texts("Status")
    found = [record for record in project.iterations.values() if not wanted or record.status in wanted]
    page = found[starts[mode] : starts[mode] + limit]
    rows = [world.renderer.iteration(project, record) for record in page]
    return {world.config.switches.data_key: {"List": rows, "TotalRow": len(found)}}


def iteration(question: Question) -> Json:
    """`DescribeIteration`."""
    question.need(ISSUES)
    project = question.project()
    return {"Iteration": question.world.renderer.iteration(project, question.iteration(project))}


def members(question: Question) -> Json:
    """`DescribeProjectMembers`."""
    question.need(MEMBERS)
    project = question.project_of_id()
    role = question.body.get("RoleId")
    found = [
        question.world.renderer.member(user, roles)
        for user, roles in project.members.items()
        if role is None or any(str(one.id) == str(role) for one in roles)
    ]
    return {"Data": _paged(question, "ProjectMembers", found)}


def team_members(question: Question) -> Json:
    """`DescribeTeamMembers`."""
    question.need(MEMBERS)
    found = [question.world.renderer.member(user, []) for user in question.world.users]
    return {"Data": _paged(question, "TeamMembers", found)}


def project_roles(question: Question) -> Json:
    """`DescribeProjectRoles`."""
    question.need(MEMBERS)
    question.project_of_id()
    roles = [{"RoleId": role.id, "RoleType": role.type, "RoleTypeName": role.name} for role in ROLES.values()]
    return {"Roles": roles}


def _visible(question: Question) -> list[ProjectRecord]:
    wanted = question.body.get("ProjectName") if question.action != "DescribeTeamIssues" else None
    return [
        project
        for project in question.world.projects.values()
        if question.token.project in (None, project.name) and wanted in (None, "", project.name)
    ]


def _project(question: Question, project: ProjectRecord) -> Json:
    at = milliseconds(project.created_at)
    return {
        "Id": project.id,
        "Name": project.name,
        "DisplayName": project.display_name,
        "Description": "",
        "Icon": "/static/project_icon/scenery-version-2-12.svg",
        "Status": 1,
        "Type": 2,
        "MaxMember": 0,
        "TeamId": question.world.team_id,
        "TeamOwnerId": question.world.owner.id,
        "UserOwnerId": 0,
        "StartDate": 0,
        "EndDate": 0,
        "CreatedAt": at,
        "UpdatedAt": at,
        "IsDemo": False,
        "Archived": project.is_archived,
        "ProgramIds": [],
    }


def _paged(question: Question, key: str, found: Sequence[Json]) -> Json:
    number, rows = question.page()
    page = list(found[(number - 1) * rows : number * rows])
    return {"PageNumber": number, "PageSize": rows, "TotalCount": len(found), key: page}


READS: dict[str, Action] = {
    "DescribeCodingCurrentUser": current_user,
    "DescribeTeam": team,
    "DescribeCodingProjects": projects,
    "DescribeUserProjects": user_projects,
    "DescribeProjectByName": project_by_name,
    "DescribeOneProject": one_project,
    "DescribeIssueListWithPage": issue_page,
    "DescribeIssueList": issue_list,
    "DescribeTeamIssues": team_issues,
    "DescribeIssue": issue,
    "DescribeIterationList": iteration_list,
    "DescribeIteration": iteration,
    "DescribeProjectMembers": members,
    "DescribeTeamMembers": team_members,
    "DescribeProjectRoles": project_roles,
}
