"""The demo's project: small, with one of everything: types, statuses, custom fields, files, odd texts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random

import orjson

from coda_pipeline.sandbox.coding.records import (
    DOING,
    DONE,
    KINDS,
    LABELS,
    REJECTED,
    ROLES,
    TO_DO,
    File,
    IssueRecord,
    IterationRecord,
    Link,
    Named,
    ProjectRecord,
    Status,
    User,
)

TEAM = (
    User(9_000_002, "Wang Fang", "wangfang", "wang.fang@example.com"),
    User(9_000_003, "Анна Петрова", "anna", "anna.petrova@example.com", "79000000003"),
    User(9_000_004, "Kim", "k|kim", status=0),
)
ROLES_OF = {
    9_000_002: ("ProjectManager", "ProjectMember"),
    9_000_003: ("ProjectMember", "UserDefined"),
    9_000_004: ("ProjectMember",),
}
REVIEWER_FIELD, PLATFORMS_FIELD, CUSTOMER_FIELD = 35_806_839, 35_806_840, 35_806_841
CUSTOM_NAMES = {REVIEWER_FIELD: "Reviewer", PLATFORMS_FIELD: "Platforms", CUSTOMER_FIELD: "Заказчик"}
# Kind, name, status, priority, iteration, parent or epic: each by its place in its list, from 1; 0 is none.
ISSUES: tuple[tuple[str, str, Status, str, int, int], ...] = (
    ("EPIC", "Onboarding", DOING, "2", 0, 0),
    ("REQUIREMENT", "Login page", DONE, "3", 1, 1),
    ("REQUIREMENT", "Password reset, «восстановление»", DOING, "2", 2, 1),
    ("SUB_TASK", "Letter with the link", DONE, "", 2, 3),
    ("SUB_TASK", "Expiry of the link", TO_DO, "0", 2, 3),
    ("MISSION", "Order certificates", TO_DO, "1", 0, 0),
    ("DEFECT", "Broken link in the footer", REJECTED, "2", 2, 0),
    ("DEFECT", "登录后白屏 😀", DOING, "3", 2, 0),
    ("RISK", "Supplier may be late", TO_DO, "", 0, 0),
    ("REQUIREMENT", 'Export as CSV; "quotes", tabs\tand\nlines', TO_DO, "1", 3, 0),
    ("MISSION", "", TO_DO, "", 0, 0),
    ("REQUIREMENT", "Roles in projects", DONE, "1", 1, 0),
)


def add_demo(project: ProjectRecord, users: dict[int, User], now: datetime) -> None:
    """Fills an empty project; the last edits are a day old."""
    users.update({user.id: user for user in TEAM})
    project.members.update({user: [ROLES[role] for role in roles] for user, roles in ROLES_OF.items()})
    project.custom_names.update(CUSTOM_NAMES)
    began = now - timedelta(days=60)
    project.created_at = began
    iterations = _iterations(project, began)
    codes = []
    for number, row in enumerate(ISSUES):
        # A deleted issue leaves a gap now and then.
        project.next_code += number % 5 == 4  # noqa: PLR2004
        at = began + timedelta(days=4 * number, hours=number)
        codes.append(_add(project, row, at, iterations, codes).code)
    _decorate([project.issues[code] for code in codes], users)


def add_extra_issues(project: ProjectRecord, many: int, creator: User, now: datetime, random: Random) -> None:
    """Adds plain issues for volume, edited over the last year."""
    for number in range(many):
        at = now - timedelta(seconds=random.randrange(31_536_000))
        kind = KINDS[random.choice(("REQUIREMENT", "MISSION", "DEFECT"))]
        issue = IssueRecord(project.new_code(), kind, f"Issue {number}", TO_DO, at, at, creator=creator.id)
        issue.description = f"Text of issue {number}. " * random.randrange(1, 8)
        issue.priority = random.choice(("", "0", "1", "2", "3"))
        project.issues[issue.code] = issue


def _iterations(project: ProjectRecord, began: datetime) -> list[int]:
    first_day = began.date()
    rows: tuple[tuple[str, str, date | None, date | None], ...] = (
        ("Sprint 1", "COMPLETED", first_day, first_day + timedelta(days=13)),
        ("Sprint 2", "PROCESSING", first_day + timedelta(days=14), first_day + timedelta(days=27)),
        ("Later", "WAIT_PROCESS", None, None),
    )
    for name, status, start_on, end_on in rows:
        record = IterationRecord(project.new_code(), name, began, began, f"Goal of {name}", status)
        record.creator, record.start_on, record.end_on = TEAM[0].id, start_on, end_on
        record.starter = TEAM[0].id if status != "WAIT_PROCESS" else 0
        record.completer = TEAM[0].id if status == "COMPLETED" else 0
        project.iterations[record.code] = record
    return list(project.iterations)


def _add(
    project: ProjectRecord,
    row: tuple[str, str, Status, str, int, int],
    at: datetime,
    iterations: list[int],
    codes: list[int],
) -> IssueRecord:
    kind, name, status, priority, iteration, above = row
    issue = IssueRecord(project.new_code(), KINDS[kind], name, status, at, at + timedelta(hours=5, seconds=7))
    issue.priority, issue.creator = priority, TEAM[0].id
    issue.iteration = iterations[iteration - 1] if iteration else 0
    issue.completed_at = issue.updated_at if status is DONE else None
    project.issues[issue.code] = issue
    if above and kind == "SUB_TASK":
        project.set_parent(issue, codes[above - 1])
    elif above:
        issue.epic = codes[above - 1]
    return issue


def _decorate(issues: list[IssueRecord], users: Mapping[int, User]) -> None:
    login, reset, defect, white = issues[1], issues[2], issues[6], issues[7]
    login.assignee, login.story_point, login.working_hours = 9_000_003, "3.0", 12.5
    login.start_on, login.due_on = login.created_at.date(), login.created_at.date() + timedelta(days=3)
    login.description = "# Login\n![sketch](https://images.example.com/login.png)\n- [ ] SSO"
    login.files = [File(71, "макет.pdf", 20_480, 1), File(72, "logo.png", 512, 2)]
    login.links = [Link(1138, "MODAO", "https://link.example.com/1138?page=2", "墨刀原型")]
    login.custom_fields = {
        REVIEWER_FIELD: _member_text(users[9_000_002]),
        PLATFORMS_FIELD: '["web","ios"]',
        CUSTOMER_FIELD: "ООО «Ромашка»",
    }
    reset.assignee, reset.watchers = 9_000_002, [9_000_002, 9_000_003]
    reset.labels, reset.story_point = [LABELS["ui"], LABELS["backend"]], "0.5"
    reset.requirement_type, reset.module = Named(31, "Functional"), Named(41, "Accounts")
    defect.defect_type, defect.labels = Named(21, "Interface"), [LABELS["ui"]]
    white.assignee, white.labels = 9_000_004, [LABELS["后端"]]


def _member_text(user: User) -> str:
    fields = {"Id": user.id, "Status": user.status, "GlobalKey": user.key, "Avatar": user.avatar}
    return orjson.dumps({**fields, "Name": user.name, "Email": "", "Name_pinyin": user.pinyin}).decode()
