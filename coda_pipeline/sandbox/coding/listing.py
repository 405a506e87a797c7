"""Which issues a list shows, and in which order (section 3.1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from random import Random

from coda_pipeline.sandbox.coding.config import CodingSwitches
from coda_pipeline.sandbox.coding.exchange import refuse
from coda_pipeline.sandbox.coding.records import ZONE, IssueRecord, ProjectRecord

BASIC_TYPES = frozenset({"ALL", "DEFECT", "REQUIREMENT", "MISSION", "EPIC"})
TIMES: Mapping[str, Callable[[IssueRecord], datetime | date | None]] = {
    "UPDATED_AT": lambda issue: issue.updated_at,
    "CREATED_AT": lambda issue: issue.created_at,
    "DUE_DATE": lambda issue: issue.due_on,
    "START_DATE": lambda issue: issue.start_on,
}
VALUES: Mapping[str, Callable[[IssueRecord], object]] = {
    "PRIORITY": lambda issue: issue.priority,
    "ASSIGNEE": lambda issue: issue.assignee,
    "CREATOR": lambda issue: issue.creator,
    "STATUS": lambda issue: issue.status.id,
    "STATUS_TYPE": lambda issue: issue.status.type,
    "ISSUE_TYPE": lambda issue: issue.kind.basic,
    "ITERATION": lambda issue: issue.iteration,
    "PARENT": lambda issue: issue.parent,
}
SORT_KEYS: Mapping[str, Callable[[IssueRecord], float]] = {
    "CODE": lambda issue: issue.code,
    # Whole seconds, so ties are common.
    "UPDATED_AT": lambda issue: int(issue.updated_at.timestamp()),
    "CREATED_AT": lambda issue: int(issue.created_at.timestamp()),
    "PRIORITY": lambda issue: int(issue.priority or -1),
}


def wanted_issues(
    project: ProjectRecord, body: Mapping[str, object], switches: CodingSwitches, disorder: Random
) -> list[IssueRecord]:
    """The issues of a list, in its order."""
    kind = str(body.get("IssueType", ""))
    if kind not in BASIC_TYPES:
        refuse("InvalidParameterValue", "IssueType")
    with_children = body.get("ShowSubIssues") is True
    matches = [_matcher(condition, project, switches) for condition in _conditions(body)]
    found = [
        issue
        for issue in project.issues.values()
        if (with_children or not issue.parent)
        and kind in ("ALL", issue.kind.basic)
        and all(match(issue) for match in matches)
    ]
    key = SORT_KEYS.get(str(body.get("SortKey", "CODE")))
    if key is None:
        refuse("InvalidParameterValue", "SortKey")
    if switches.shuffled_ties:
        disorder.shuffle(found)
    return sorted(found, key=key, reverse=str(body.get("SortValue", "DESC")).upper() != "ASC")


def _conditions(body: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    """One object, as the specification says, or a list of them, as clients send."""
    value = body.get("Conditions") or []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _matcher(
    condition: Mapping[str, object], project: ProjectRecord, switches: CodingSwitches
) -> Callable[[IssueRecord], bool]:
    key, value = str(condition.get("Key")), str(condition.get("Value", ""))
    if key in TIMES:
        time_of, (first, last) = TIMES[key], _range(value, switches)
        return lambda issue: _is_within(time_of(issue), first, last)
    if key == "KEYWORD":
        return lambda issue: value.casefold() in issue.name.casefold()
    if key == "LABEL":
        return lambda issue: any(str(label.id) in value.split(",") for label in issue.labels)
    if key not in VALUES:
        refuse("InvalidParameterValue", key)
    value_of, wanted = VALUES[key], value.split(",")
    if key == "ITERATION" and not all(code == "0" or int(code) in project.iterations for code in wanted):
        refuse("InvalidParameterValue", "ITERATION")
    return lambda issue: str(value_of(issue)) in wanted


def _range(value: str, switches: CodingSwitches) -> Sequence[datetime]:
    """Both ends, the last of them included; whole days unless the switch says otherwise."""
    first, separator, last = value.partition("_")
    try:
        if not separator:
            refuse("InvalidParameterValue", "Value")
        ends = [datetime.fromisoformat(first), datetime.fromisoformat(last)]
    except ValueError:
        refuse("InvalidParameterValue", "Value")
    if not switches.time_in_ranges and any(len(end) > len("2020-08-01") for end in (first, last)):
        refuse("InvalidParameterValue", "Value")
    if len(last) == len("2020-08-01"):
        ends[1] = ends[1].replace(hour=23, minute=59, second=59, microsecond=999_999)
    return [end.replace(tzinfo=ZONE) for end in ends]


def _is_within(at: datetime | date | None, first: datetime, last: datetime) -> bool:
    if at is None:
        return False
    if isinstance(at, datetime):
        # Comparing years around 9999 in another zone would overflow.
        return first <= at.astimezone(ZONE) <= last
    return first.date() <= at <= last.date()
