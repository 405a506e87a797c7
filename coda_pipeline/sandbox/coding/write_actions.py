"""The actions that write (section 3): thin doors to what people do."""

from collections.abc import Mapping
from datetime import UTC, datetime

from coda_pipeline.sandbox.coding.config import ISSUES
from coda_pipeline.sandbox.coding.exchange import Action, Json, Question, refuse
from coda_pipeline.sandbox.coding.people import People
from coda_pipeline.sandbox.coding.records import KINDS, STATUSES, ZONE

# Parameter of CreateIssue and ModifyIssue -> field of the record.
FIELDS = {
    "Name": "name",
    "Description": "description",
    "Priority": "priority",
    "AssigneeId": "assignee",
    "WorkingHours": "working_hours",
    "StoryPoint": "story_point",
    "IterationCode": "iteration",
    "ParentCode": "parent",
    "EpicCode": "epic",
}
DATES = {"StartDate": "start_on", "DueDate": "due_on"}
OPERATORS = {"start": "PROCESSING", "complete": "COMPLETED", "restart": "PROCESSING"}


def create_issue(question: Question) -> Json:
    """`CreateIssue`."""
    people, project = _people(question), question.project()
    kind = question.text("Type")
    question.text("Priority")
    if kind not in KINDS:
        refuse("InvalidParameterValue", "Type")
    fields = _issue_fields(question.body)
    name = str(fields.pop("name", "")) or question.text("Name")
    code = people.create_issue(name, kind, **fields)
    return {"Issue": question.world.renderer.issue(project, project.issues[code], exact=True)}


def modify_issue(question: Question) -> Json:
    """`ModifyIssue`."""
    people, project = _people(question), question.project()
    issue = question.issue(project)
    people.edit_issue(issue.code, **_issue_fields(question.body))
    return {"Issue": question.world.renderer.issue(project, issue, exact=True)}


def delete_issue(question: Question) -> Json:
    """`DeleteIssue`."""
    people = _people(question)
    people.delete_issue(question.issue(question.project()).code)
    return {}


def create_iteration(question: Question) -> Json:
    """`CreateIteration`."""
    people, project = _people(question), question.project()
    name = question.text("Name")
    if any(record.name == name for record in project.iterations.values()):
        refuse("InvalidParameterValue", "Title Duplicated")
    code = people.create_iteration(name, goal=question.text("Goal", ""))
    record = project.iterations[code]
    return {"Iteration": question.world.renderer.iteration(project, record, exact=True)}


def modify_iteration(question: Question) -> Json:
    """`ModifyIteration`."""
    people, project = _people(question), question.project()
    record = question.iteration(project)
    fields = {"goal": question.body["Goal"]} if "Goal" in question.body else {}
    people.edit_iteration(record.code, name=question.text("Name"), **fields)
    return {"Iteration": question.world.renderer.iteration(project, record, exact=True)}


def modify_iteration_status(question: Question) -> Json:
    """`ModifyIterationStatus`."""
    people, project = _people(question), question.project()
    record = question.iteration(project)
    status = OPERATORS.get(question.text("Operator"))
    if status is None:
        refuse("InvalidParameterValue", "Operator")
    people.edit_iteration(record.code, status=status)
    return {"Iteration": question.world.renderer.iteration(project, record, exact=True)}


def delete_iteration(question: Question) -> Json:
    """`DeleteIteration`."""
    people = _people(question)
    people.delete_iteration(question.iteration(question.project()).code)
    return {}


def plan(question: Question) -> Json:
    """`PlanIterationIssue`."""
    people, project = _people(question), question.project()
    codes = [int(code) for code in question.texts("IssueCode")]
    if not all(code in project.issues for code in codes):
        refuse("ResourceNotFound")
    people.plan(question.number("IterationCode"), codes)
    return {}


def add_members(question: Question) -> Json:
    """`CreateProjectMemberPrincipal`, for users of the team."""
    question.need("write")
    people = People(question.world, question.project_of_id())
    for user_id in _principals(question):
        if user_id not in question.world.users:
            refuse("ResourceNotFound")
        people.join(user_id)
    return {}


def remove_members(question: Question) -> Json:
    """`DeleteProjectMemberPrincipal`, for users."""
    question.need("write")
    project = question.project_of_id()
    people = People(question.world, project)
    for user_id in _principals(question):
        if user_id not in project.members:
            refuse("ResourceNotFound")
        people.remove_member(user_id)
    return {}


def _principals(question: Question) -> list[int]:
    principals = question.body.get("Principals")
    return [int(one["PrincipalId"]) for one in principals] if isinstance(principals, list) else []


def _people(question: Question) -> People:
    question.need(ISSUES)
    question.need("write")
    return People(question.world, question.project())


def _issue_fields(body: Mapping[str, object]) -> dict[str, object]:
    found = {field: body[key] for key, field in FIELDS.items() if key in body}
    for key, field in DATES.items():
        if key in body:
            found[field] = _day(body[key])
    if "StatusId" in body:
        status = next((one for one in STATUSES.values() if str(one.id) == str(body["StatusId"])), None)
        if status is None:
            refuse("InvalidParameterValue", "StatusId")
        found["status"] = status.name
    values = body.get("CustomFieldValues")
    if isinstance(values, list):
        found["custom_fields"] = {int(one["Id"]): str(one["Content"]) for one in values}
    return found


def _day(value: object) -> object:
    """A date as text, or as epoch milliseconds."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).astimezone(ZONE).date() if value else None
    return value or None


WRITES: dict[str, Action] = {
    "CreateIssue": create_issue,
    "ModifyIssue": modify_issue,
    "DeleteIssue": delete_issue,
    "CreateIteration": create_iteration,
    "ModifyIteration": modify_iteration,
    "ModifyIterationStatus": modify_iteration_status,
    "DeleteIteration": delete_iteration,
    "PlanIterationIssue": plan,
    "CreateProjectMemberPrincipal": add_members,
    "DeleteProjectMemberPrincipal": remove_members,
}
