"""What a CODING project consists of, as plain records. Not here: showing them (`render`), acts (`people`)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

# CODING's days are days of UTC+8 (section 3.1).
ZONE = timezone(timedelta(hours=8))
StatusType = Literal["TODO", "PROCESSING", "COMPLETED"]


@dataclass
class User:
    """A person of the team."""

    id: int
    name: str
    pinyin: str = ""
    email: str = ""
    phone: str = ""
    status: int = 1

    @property
    def key(self) -> str:
        """The name in addresses."""
        return f"user{self.id}"

    @property
    def avatar(self) -> str:
        """The address of the picture, without its query."""
        return f"https://static.example.com/avatar/{self.id}.png"


@dataclass(frozen=True)
class Role:
    """A role in a project."""

    id: int
    type: str
    name: str


@dataclass(frozen=True)
class Status:
    """A status of issues; the team names it."""

    id: int
    name: str
    type: StatusType


@dataclass(frozen=True)
class IssueKind:
    """An issue type; those that the team has made are not the system's."""

    id: int
    name: str
    basic: str
    description: str = ""
    is_system: bool = True


@dataclass(frozen=True)
class Label:
    """A label."""

    id: int
    name: str
    color: str


@dataclass(frozen=True)
class Named:
    """A module, a kind of requirement or of defect."""

    id: int
    name: str


@dataclass(frozen=True)
class File:
    """An attachment. Its address is made anew for each reading."""

    id: int
    name: str
    size: int
    type: int


@dataclass(frozen=True)
class Link:
    """A link to a design or a document elsewhere."""

    id: int
    type: str
    link: str
    title: str


@dataclass
class IterationRecord:
    """An iteration. User ids are 0 where nobody is set."""

    code: int
    name: str
    created_at: datetime
    updated_at: datetime
    goal: str = ""
    status: str = "WAIT_PROCESS"
    assignee: int = 0
    creator: int = 0
    starter: int = 0
    completer: int = 0
    start_on: date | None = None
    end_on: date | None = None


@dataclass
class IssueRecord:
    """An issue. Codes and ids are 0 where nothing is set."""

    code: int
    kind: IssueKind
    name: str
    status: Status
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    description: str = ""
    priority: str = ""
    assignee: int = 0
    creator: int = 0
    start_on: date | None = None
    due_on: date | None = None
    working_hours: float = 0.0
    story_point: str = ""
    iteration: int = 0
    parent: int = 0
    epic: int = 0
    module: Named | None = None
    requirement_type: Named | None = None
    defect_type: Named | None = None
    labels: list[Label] = field(default_factory=list)
    custom_fields: dict[int, str] = field(default_factory=dict)
    watchers: list[int] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


@dataclass
class ProjectRecord:
    """A project with all that is in it. Issues and iterations draw their codes from one counter."""

    id: int
    name: str
    display_name: str
    created_at: datetime
    next_code: int = 1
    is_archived: bool = False
    issues: dict[int, IssueRecord] = field(default_factory=dict)
    iterations: dict[int, IterationRecord] = field(default_factory=dict)
    # User id -> roles.
    members: dict[int, list[Role]] = field(default_factory=dict)
    custom_names: dict[int, str] = field(default_factory=dict)
    # Issue code -> codes of the issues below it.
    children: dict[int, set[int]] = field(default_factory=dict)

    def new_code(self) -> int:
        """The next code of an issue or an iteration."""
        code, self.next_code = self.next_code, self.next_code + 1
        return code

    def children_of(self, code: int) -> list[IssueRecord]:
        """The issues below an issue, oldest first."""
        return [self.issues[child] for child in sorted(self.children.get(code, ()))]

    def set_parent(self, issue: IssueRecord, parent: int) -> None:
        """Puts an issue below another; 0 takes it out."""
        if issue.parent:
            self.children[issue.parent].discard(issue.code)
        issue.parent = parent
        if parent:
            self.children.setdefault(parent, set()).add(issue.code)


KINDS = {
    "EPIC": IssueKind(213217, "史诗", "EPIC"),
    "REQUIREMENT": IssueKind(213218, "用户故事", "REQUIREMENT"),
    "MISSION": IssueKind(213220, "任务", "MISSION"),
    "DEFECT": IssueKind(213221, "缺陷", "DEFECT"),
    "SUB_TASK": IssueKind(213222, "子工作项", "SUB_TASK"),
    "RISK": IssueKind(213300, "Risk", "MISSION", "A type of the team's own.", is_system=False),
}
STATUSES = {
    status.name: status
    for status in (
        Status(1227034, "未开始", "TODO"),
        Status(1227037, "处理中", "PROCESSING"),
        Status(1227040, "已拒绝", "PROCESSING"),
        Status(1227058, "已完成", "COMPLETED"),
    )
}
TO_DO, DOING, REJECTED, DONE = STATUSES.values()
ROLES = {
    role.type: role
    for role in (
        Role(1, "ProjectAdmin", "项目管理员"),
        Role(2, "ProjectMember", "开发"),
        Role(3, "ProjectManager", "项目经理"),
        Role(77, "UserDefined", "Tester"),
    )
}
LABELS = {
    label.name: label
    for label in (
        Label(501, "ui", "#0066ff"),
        Label(502, "backend", "#ff8800"),
        Label(503, "后端", "#00aa55"),
    )
}
