"""Bodies of hooks as the service writes them (section 5): a different vocabulary than the API's.

Unset values are left out, times have milliseconds, `priority` is a number, and most of a record is missing.
"""

from collections.abc import Mapping
from datetime import datetime

from coda_pipeline.sandbox.coding.records import IssueRecord, IterationRecord, ProjectRecord, User
from coda_pipeline.sandbox.coding.render import NOBODY, day_end, day_start, milliseconds

Json = dict[str, object]
EVENTS = (
    "ISSUE_CREATED",
    "ISSUE_DELETED",
    "ISSUE_STATUS_UPDATED",
    "ISSUE_ASSIGNEE_CHANGED",
    "ISSUE_ITERATION_CHANGED",
    "ISSUE_RELATIONSHIP_CHANGED",
    "ISSUE_UPDATED",
    "ISSUE_HOUR_RECORD_UPDATED",
    "ISSUE_COMMENT_CREATED",
    "ITERATION_CREATED",
    "ITERATION_DELETED",
    "ITERATION_UPDATED",
    "ITERATION_PLANNED",
    "MEMBER_CREATED",
    "MEMBER_DELETED",
    "MEMBER_ROLE_UPDATED",
)
TYPES_IN_CHINESE = {"DEFECT": "缺陷", "MISSION": "任务", "REQUIREMENT": "需求", "EPIC": "史诗"}


class HookBodies:
    """Writes the bodies for one team."""

    def __init__(self, users: Mapping[int, User], team: str, team_id: int) -> None:
        self._users = users
        self._team = team
        self._team_id = team_id
        self._host = f"https://{team}.coding.net"

    def frame(self, event: str, project: ProjectRecord, action: str) -> Json:
        """What every body has."""
        sender = next(iter(self._users.values()), NOBODY)
        return {
            "action": action,
            "event": event,
            "eventName": event.replace("_", " ").lower(),
            "sender": self.user(sender.id),
            "project": {
                "id": project.id,
                "name": project.name,
                "display_name": project.display_name,
                "description": "",
                "icon": "/static/project_icon/scenery-version-2-12.svg",
                "url": f"{self._host}/p/{project.name}",
            },
            "team": {
                "id": self._team_id,
                "domain": self._team,
                "name": self._team,
                "name_pinyin": self._team,
                "introduction": "",
                "avatar": "https://static.example.com/team.png",
                "url": self._host,
            },
        }

    def user(self, user_id: int, *, with_contacts: bool = False) -> Json:
        """A user."""
        user = self._users.get(user_id, NOBODY)
        found: Json = {
            "id": user.id,
            "login": user.key,
            "avatar_url": user.avatar,
            "url": f"{self._host}/api/user/key/{user.key}",
            "html_url": f"{self._host}/u/{user.key}",
            "name": user.name,
            "name_pinyin": user.pinyin,
        }
        return {**found, "email": "", "phone": ""} if with_contacts else found

    def issue(
        self, project: ProjectRecord, issue: IssueRecord, *, updated_at: datetime | None = None
    ) -> Json:
        """An issue; another `updated_at` where the service is late with it."""
        iteration = project.iterations.get(issue.iteration)
        optional = {
            "start_date": day_start(issue.start_on, 0),
            "due_date": day_end(issue.due_on, 0),
            "assignee": self.user(issue.assignee, with_contacts=True) if issue.assignee else None,
            "iteration": self.iteration(project, iteration) if iteration else None,
        }
        return {
            "html_url": f"{self._host}/p/{project.name}/all/issues/{issue.code}/detail",
            "type": issue.kind.basic,
            "typeZh": TYPES_IN_CHINESE.get(issue.kind.basic, ""),
            "project_id": project.id,
            "code": issue.code,
            "parent_code": issue.parent,
            "title": issue.name,
            "creator": self.user(issue.creator, with_contacts=True),
            "status": issue.status.name,
            "statusZh": "进行中",
            "issue_status": {
                "id": issue.status.id,
                "name": issue.status.name,
                "type": issue.status.type,
            },
            **({"priority": int(issue.priority)} if issue.priority else {}),
            "description": issue.description,
            "created_at": milliseconds(issue.created_at, exact=True),
            "updated_at": milliseconds(updated_at or issue.updated_at, exact=True),
            "watchers": [self.user(user_id) for user_id in issue.watchers],
            "labels": [{"id": one.id, "name": one.name} for one in issue.labels],
            **{key: value for key, value in optional.items() if value},
        }

    def iteration(self, project: ProjectRecord, record: IterationRecord) -> Json:
        """An iteration."""
        optional = {"start_at": day_start(record.start_on, 0), "end_at": day_end(record.end_on, 0)}
        return {
            "title": record.name,
            "goal": record.goal,
            "html_url": f"{self._host}/p/{project.name}/iterations/{record.code}",
            "project_id": project.id,
            "code": record.code,
            "creator": self.user(record.creator),
            "assignee": self.user(record.assignee),
            "watchers": [],
            "status": record.status,
            "plan_issue_number": sum(i.iteration == record.code for i in project.issues.values()),
            "created_at": milliseconds(record.created_at, exact=True),
            "updated_at": milliseconds(record.updated_at, exact=True),
            **{key: value for key, value in optional.items() if value},
        }
