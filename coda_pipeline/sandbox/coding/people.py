"""What people do in CODING: the same acts for tests, for the demo over HTTP, and behind the write actions.

Each act changes records and tells the hooks, as the service would.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from coda_pipeline.sandbox.coding.config import CodingToken
from coda_pipeline.sandbox.coding.hook_bodies import Json
from coda_pipeline.sandbox.coding.records import (
    KINDS,
    LABELS,
    ROLES,
    STATUSES,
    TO_DO,
    IssueRecord,
    IterationRecord,
    ProjectRecord,
    User,
)
from coda_pipeline.sandbox.coding.world import CodingWorld

# Which event an edit of a field is; any other is ISSUE_UPDATED.
EVENT_OF = {
    "status": ("ISSUE_STATUS_UPDATED", "update_status"),
    "assignee": ("ISSUE_ASSIGNEE_CHANGED", "update_assignee"),
    "iteration": ("ISSUE_ITERATION_CHANGED", "update_iteration"),
    "parent": ("ISSUE_RELATIONSHIP_CHANGED", "update_parent"),
    "epic": ("ISSUE_RELATIONSHIP_CHANGED", "update_epic"),
    "working_hours": ("ISSUE_HOUR_RECORD_UPDATED", "update_working_hours"),
    "custom_fields": ("ISSUE_UPDATED", "update_custom_field"),
}
DATES = frozenset({"start_on", "due_on", "end_on"})


class People:
    """Acts on one project: the configured one, or another by `inside`."""

    def __init__(self, world: CodingWorld, project: ProjectRecord | None = None) -> None:
        self._world = world
        self._project = project or world.main

    def inside(self, name: str) -> "People":
        """The same people in another project, which is made where there is none."""
        with self._world.lock:
            project = self._world.projects.get(name) or self._world.add_project(name)
        return People(self._world, project)

    def create_issue(self, name: str, kind: str = "REQUIREMENT", **fields: object) -> int:
        """Adds an issue; its code. `fields` as for `edit_issue`."""
        with self._world.lock:
            now = self._world.clock.now()
            issue = IssueRecord(
                self._project.new_code(), KINDS[kind], name, TO_DO, now, now, creator=self._world.owner.id
            )
            self._project.issues[issue.code] = issue
            self._set(issue, fields)
            self._tell_issue("ISSUE_CREATED", "create", issue)
            return issue.code

    def edit_issue(self, code: int, **fields: object) -> None:
        """Changes fields of an issue: those of `IssueRecord`, status, kind and labels by their names."""
        with self._world.lock:
            issue = self._project.issues[code]
            before = issue.updated_at
            self._set(issue, fields)
            issue.updated_at = self._world.clock.now()
            for event, action in dict.fromkeys(
                EVENT_OF.get(name, ("ISSUE_UPDATED", f"update_{name}")) for name in fields
            ):
                is_stale = (
                    event == "ISSUE_ASSIGNEE_CHANGED" and self._world.config.switches.stale_assignee_times
                )
                self._tell_issue(event, action, issue, updated_at=before if is_stale else None)

    def delete_issue(self, code: int) -> None:
        """Takes an issue away; those below it stay, without a parent."""
        with self._world.lock:
            issue = self._project.issues.pop(code)
            for child in self._project.children_of(code):
                self._project.set_parent(child, 0)
            self._project.set_parent(issue, 0)
            body: Json = self._world.bodies.issue(self._project, issue)
            if self._world.config.switches.deleted_body == "key_only":
                body = {"code": code, "project_id": self._project.id}
            self._tell("ISSUE_DELETED", "delete", issue=body)

    def comment(self, code: int, text: str = "") -> None:
        """Comments on an issue: its times stay, and the body has no issue at the top."""
        with self._world.lock:
            issue = self._world.bodies.issue(self._project, self._project.issues[code])
            self._tell("ISSUE_COMMENT_CREATED", "comment", issueComment={"content": text, "issue": issue})

    def create_iteration(self, name: str, **fields: object) -> int:
        """Adds an iteration; its code, from the same counter as those of issues."""
        with self._world.lock:
            now = self._world.clock.now()
            record = IterationRecord(self._project.new_code(), name, now, now, creator=self._world.owner.id)
            for key, value in fields.items():
                setattr(record, key, _date(key, value))
            self._project.iterations[record.code] = record
            self._tell_iteration("ITERATION_CREATED", "create", record)
            return record.code

    def edit_iteration(self, code: int, **fields: object) -> None:
        """Changes fields of an iteration."""
        with self._world.lock:
            record = self._project.iterations[code]
            for key, value in fields.items():
                setattr(record, key, _date(key, value))
            record.updated_at = self._world.clock.now()
            self._tell_iteration("ITERATION_UPDATED", "update", record)

    def delete_iteration(self, code: int) -> None:
        """Takes an iteration away; its issues stay, without one."""
        with self._world.lock:
            record = self._project.iterations.pop(code)
            for issue in self._project.issues.values():
                if issue.iteration == code:
                    issue.iteration, issue.updated_at = 0, self._world.clock.now()
            body: Json = self._world.bodies.iteration(self._project, record)
            if self._world.config.switches.deleted_body == "key_only":
                body = {"code": code, "project_id": self._project.id}
            self._tell("ITERATION_DELETED", "delete", iteration=body)

    def plan(self, iteration: int, codes: Sequence[int]) -> None:
        """Plans issues into an iteration; 0 takes them out. The body names no issue."""
        with self._world.lock:
            now = self._world.clock.now()
            touched = {iteration, *(self._project.issues[code].iteration for code in codes)} - {0}
            for code in codes:
                issue = self._project.issues[code]
                issue.iteration, issue.updated_at = iteration, now
            for code in sorted(touched):
                record = self._project.iterations[code]
                if self._world.config.switches.counts_touch_iteration:
                    record.updated_at = now
                self._tell_iteration("ITERATION_PLANNED", "planned", record)

    def add_member(self, name: str, roles: Sequence[str] = ("ProjectMember",), **fields: str) -> int:
        """Takes a new person into team and project; the user id. `fields` as of `User`."""
        with self._world.lock:
            user = User(max(self._world.users) + 1, name, **fields)  # pyright: ignore[reportArgumentType]
            self._world.users[user.id] = user
            self.join(user.id, roles)
            return user.id

    def join(self, user_id: int, roles: Sequence[str] = ("ProjectMember",)) -> None:
        """Takes a person of the team into the project."""
        with self._world.lock:
            self._project.members[user_id] = [ROLES[role] for role in roles]
            self._tell("MEMBER_CREATED", "added", member=self._world.bodies.user(user_id))

    def set_roles(self, user_id: int, roles: Sequence[str]) -> None:
        """Gives a member other roles."""
        with self._world.lock:
            self._project.members[user_id] = [ROLES[role] for role in roles]
            self._tell("MEMBER_ROLE_UPDATED", "update_role", member=self._world.bodies.user(user_id))

    def remove_member(self, user_id: int) -> None:
        """Takes a member out of the project; the person stays in the team."""
        with self._world.lock:
            del self._project.members[user_id]
            self._tell("MEMBER_DELETED", "deleted", member=self._world.bodies.user(user_id))

    def lock_user(self, user_id: int, status: int = -1) -> None:
        """Changes a person's status in the team; no hook tells it."""
        with self._world.lock:
            self._world.users[user_id].status = status

    def expire_tokens(self) -> None:
        """Every token given out so far is dead from now on."""
        with self._world.lock:
            self._world.tokens.clear()

    def allow(self, spec: CodingToken) -> None:
        """Makes another token work, as when a person makes one."""
        with self._world.lock:
            self._world.tokens[spec.token] = spec

    def restrict(self, token: str, scopes: Sequence[str]) -> None:
        """Leaves a token only these scopes."""
        with self._world.lock:
            self._world.tokens[token] = replace(self._world.tokens[token], scopes=frozenset(scopes))

    def _set(self, issue: IssueRecord, fields: dict[str, object]) -> None:
        for key, value in fields.items():
            if key == "parent":
                self._project.set_parent(issue, int(str(value)))
            elif key == "status":
                issue.status = STATUSES[str(value)]
                is_done = issue.status.type == "COMPLETED"
                issue.completed_at = self._world.clock.now() if is_done else None
            elif key == "kind":
                issue.kind = KINDS[str(value)]
            elif key == "labels" and isinstance(value, list | tuple):
                issue.labels = [LABELS[name] for name in value]
            elif key == "custom_fields" and isinstance(value, dict):
                issue.custom_fields = {int(field): str(text) for field, text in value.items()}
            else:
                setattr(issue, key, _date(key, value))

    def _tell_issue(
        self, event: str, action: str, issue: IssueRecord, *, updated_at: datetime | None = None
    ) -> None:
        body = self._world.bodies.issue(self._project, issue, updated_at=updated_at)
        # A copy under the type's own key was seen for defects.
        copies: dict[str, Json] = {"defect": body} if issue.kind.basic == "DEFECT" else {}
        self._tell(event, action, issue=body, **copies)

    def _tell_iteration(self, event: str, action: str, record: IterationRecord) -> None:
        self._tell(event, action, iteration=self._world.bodies.iteration(self._project, record))

    def _tell(self, event: str, action: str, **parts: Json) -> None:
        body = {**self._world.bodies.frame(event, self._project, action), **parts}
        self._world.hooks.emit(event, self._project.id, body)


def _date(key: str, value: object) -> object:
    return date.fromisoformat(value) if key in DATES and isinstance(value, str) else value
