"""Records as the API shows them (section 4): zero-filled objects, -28800000, whole seconds, signed links.

Unset is 0, "" or an object full of zeros, never null. Reads show whole seconds; answers to writes and hooks
show milliseconds.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import count

from coda_pipeline.sandbox.coding.records import (
    ZONE,
    IssueKind,
    IssueRecord,
    IterationRecord,
    Named,
    ProjectRecord,
    Role,
    User,
)

Json = dict[str, object]
IMAGE = re.compile(r"https://images\.example\.com/[\w./-]+")
NOBODY = User(0, "", status=0)
END_OF_DAY = time(23, 59, 59)


def milliseconds(at: datetime | None, *, exact: bool = False) -> int:
    """Epoch milliseconds; whole seconds unless exact; 0 where there is no time."""
    if at is None:
        return 0
    seconds = int(at.astimezone(UTC).timestamp())
    return seconds * 1000 + (at.microsecond // 1000 if exact else 0)


def day_start(on: date | None, unset: int) -> int:
    """Midnight of a day in UTC+8."""
    return unset if on is None else milliseconds(datetime.combine(on, time(), ZONE))


def day_end(on: date | None, unset: int) -> int:
    """The last second of a day in UTC+8."""
    return unset if on is None else milliseconds(datetime.combine(on, END_OF_DAY, ZONE))


class Renderer:
    """Shows the records of one team."""

    def __init__(self, users: Mapping[int, User], team_id: int) -> None:
        self._users = users
        self._team_id = team_id
        self._signatures = count(1)

    def user(self, user_id: int) -> Json:
        """A user inside of an issue: only four fields are ever filled."""
        user = self._users.get(user_id, NOBODY)
        return {
            "Id": user.id,
            "Status": user.status,
            "Avatar": self._signed(user.avatar) if user.id else "",
            "Name": user.name,
            "Email": "",
            "TeamId": 0,
            "Phone": "",
            "GlobalKey": "",
            "TeamGlobalKey": "",
        }

    def issue_row(self, project: ProjectRecord, issue: IssueRecord) -> Json:
        """An issue as a list shows it."""
        parent = project.issues.get(issue.parent)
        return {
            **self._common(project, issue, exact=False),
            "ParentId": 700000 + parent.code if parent else 0,
            "ParentCode": parent.code if parent else 0,
            "AssigneeId": issue.assignee,
            "CreatorId": issue.creator,
        }

    def issue(self, project: ProjectRecord, issue: IssueRecord, *, exact: bool = False) -> Json:
        """An issue with all its details."""
        return {
            **self._common(project, issue, exact=exact),
            "Assignee": self.user(issue.assignee),
            "Creator": self.user(issue.creator),
            "Watchers": [self.user(user_id) for user_id in issue.watchers],
            "Parent": self._reference(project.issues.get(issue.parent), is_parent=True),
            "Epic": self._reference(project.issues.get(issue.epic), is_parent=False),
            "SubTasks": [self._sub_task(child) for child in project.children_of(issue.code)],
            "Files": [
                {
                    "FileId": file.id,
                    "Name": file.name,
                    "Size": file.size,
                    "Type": file.type,
                    "Url": self._signed(f"https://files.example.com/{file.id}"),
                }
                for file in issue.files
            ],
            "ThirdLinks": [
                {"Id": link.id, "ThirdType": link.type, "Link": link.link, "Title": link.title}
                for link in issue.links
            ],
            "ProjectModule": _named(issue.module),
            "RequirementType": _named(issue.requirement_type),
            "DefectType": {**_named(issue.defect_type), "IconUrl": ""},
            "Project": {"Id": project.id, "Name": project.name, "DisplayName": "", "TeamId": 0},
        }

    def iteration(self, project: ProjectRecord, record: IterationRecord, *, exact: bool = False) -> Json:
        """An iteration with its counts."""
        kinds = [i.status.type for i in project.issues.values() if i.iteration == record.code]
        done = kinds.count("COMPLETED")
        return {
            "Code": record.code,
            "Name": record.name,
            "Goal": record.goal,
            "Status": record.status,
            "Assignee": record.assignee,
            "Creator": record.creator,
            "Starter": record.starter,
            "Completer": record.completer,
            "StartAt": day_start(record.start_on, -28_800_000),
            "EndAt": day_end(record.end_on, -28_800_000),
            "CreatedAt": milliseconds(record.created_at, exact=exact),
            "UpdatedAt": milliseconds(record.updated_at, exact=exact),
            "WaitProcessCount": kinds.count("TODO"),
            "ProcessingCount": kinds.count("PROCESSING"),
            "CompletedCount": done,
            "CompletedPercent": round(100 * done / len(kinds), 2) if kinds else 0,
        }

    def member(self, user_id: int, roles: list[Role]) -> Json:
        """A member of a project."""
        user = self._users[user_id]
        return {
            "Id": user.id,
            "TeamId": self._team_id,
            "Name": user.name,
            "NamePinYin": user.pinyin,
            "Avatar": self._signed(user.avatar),
            "Email": user.email,
            "Phone": user.phone,
            "EmailValidation": int(bool(user.email)),
            "PhoneValidation": int(bool(user.phone)),
            "Status": user.status,
            "GlobalKey": user.key,
            "UniqueExtField": "",
            "Roles": [
                {"RoleId": role.id, "RoleType": role.type, "RoleTypeName": role.name} for role in roles
            ],
        }

    def _common(self, project: ProjectRecord, issue: IssueRecord, *, exact: bool) -> Json:
        parent = project.issues.get(issue.parent)
        iteration = project.iterations.get(issue.iteration)
        return {
            "Code": issue.code,
            "Type": issue.kind.basic,
            "ParentType": (parent or issue).kind.basic,
            "IssueTypeId": issue.kind.id,
            "IssueTypeDetail": _kind(issue.kind),
            "Name": issue.name,
            "Description": IMAGE.sub(lambda found: self._signed(found[0]), issue.description),
            "IssueStatusId": issue.status.id,
            "IssueStatusName": issue.status.name,
            "IssueStatusType": issue.status.type,
            "Priority": issue.priority,
            "Assignees": [self.user(issue.assignee)] if issue.assignee else [],
            "StartDate": day_start(issue.start_on, 0),
            "DueDate": day_end(issue.due_on, 0),
            "WorkingHours": issue.working_hours,
            "StoryPoint": issue.story_point,
            "CreatedAt": milliseconds(issue.created_at, exact=exact),
            "UpdatedAt": milliseconds(issue.updated_at, exact=exact),
            "CompletedAt": milliseconds(issue.completed_at, exact=exact),
            "IterationId": 900000 + iteration.code if iteration else 0,
            "Iteration": {
                "Id": 900000 + iteration.code if iteration else 0,
                "Code": iteration.code if iteration else 0,
                "Name": iteration.name if iteration else "",
                "Status": iteration.status if iteration else "",
            },
            "Labels": [{"Id": one.id, "Name": one.name, "Color": one.color} for one in issue.labels],
            "CustomFields": [
                {"Id": field_id, "Name": project.custom_names.get(field_id, ""), "ValueString": value}
                for field_id, value in issue.custom_fields.items()
            ],
        }

    def _reference(self, issue: IssueRecord | None, *, is_parent: bool) -> Json:
        found: Json = {
            "Code": issue.code if issue else 0,
            "Type": issue.kind.basic if issue else "",
            "Name": issue.name if issue else "",
            "IssueStatusId": issue.status.id if issue else 0,
            "IssueStatusName": issue.status.name if issue else "",
            "Priority": issue.priority if issue else "",
            "Assignee": self.user(issue.assignee if issue else 0),
        }
        if is_parent:
            found["IssueStatusType"] = issue.status.type if issue else ""
            found["IssueTypeDetail"] = _kind(issue.kind if issue else IssueKind(0, "", "", is_system=False))
        return found

    def _sub_task(self, issue: IssueRecord) -> Json:
        return {
            "Code": issue.code,
            "Type": issue.kind.basic,
            "Name": issue.name,
            "Priority": issue.priority,
            "IssueStatusId": issue.status.id,
            "IssueStatusName": issue.status.name,
            "Assignee": self.user(issue.assignee),
        }

    def _signed(self, address: str) -> str:
        return f"{address}?q-sign-algorithm=sha1&q-signature={next(self._signatures):08x}"


def _kind(kind: IssueKind) -> Json:
    return {
        "Id": kind.id,
        "Name": kind.name,
        "IssueType": kind.basic,
        "Description": kind.description,
        "IsSystem": kind.is_system,
    }


def _named(value: Named | None) -> Json:
    return {"Id": value.id if value else 0, "Name": value.name if value else ""}
