"""One question to the Open API and its answer, as the actions see them: no sockets, no ASGI."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from coda_pipeline.sandbox.coding.config import CodingToken
from coda_pipeline.sandbox.coding.records import IssueRecord, IterationRecord, ProjectRecord
from coda_pipeline.sandbox.coding.world import CodingWorld, project_of_id

Json = dict[str, object]
Found = TypeVar("Found")
MAX_PAGE_ROWS = 500
DEFAULT_PAGE_ROWS = 20


class Refused(Exception):  # noqa: N818 - an answer, not a failure of the sandbox
    """What the API answers instead: 200 with an error inside, unless another status is named."""

    def __init__(self, code: str, message: str = "", *, status: int = 200) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(code)


def refuse(code: str, message: str = "") -> NoReturn:
    """Answers with an error inside."""
    raise Refused(code, message)


@dataclass
class Question:
    """A question that has been let in."""

    world: CodingWorld
    token: CodingToken
    action: str
    body: Mapping[str, object]

    def need(self, scope: str) -> None:
        """Refuses where the token lacks the scope."""
        if scope not in self.token.scopes:
            if self.world.config.switches.no_scope_as == "unauthorized":
                refuse("UnauthorizedOperation", "No permission")
            refuse("InvalidParameterValue", "参数错误")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without default it is required."""
        value = self.body.get(key, default)
        if value is None or value == "":
            if default is not None:
                return default
            missing(key)
        return str(value)

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, also as text; without default it is required."""
        value = self.body.get(key, default)
        if value is None:
            missing(key)
        try:
            return int(str(value))
        except ValueError:
            refuse("InvalidParameter", f"{key} is not a number")

    def texts(self, key: str) -> list[str]:
        """A list, or one thing, as texts."""
        value = self.body.get(key)
        found = value if isinstance(value, list) else [] if value is None else [value]
        return [str(part) for part in found]

    def project(self) -> ProjectRecord:
        """The project of `ProjectName`."""
        return self._allowed(self.world.projects.get(self.text("ProjectName")))

    def project_of_id(self) -> ProjectRecord:
        """The project of `ProjectId`."""
        return self._allowed(project_of_id(self.world, self.number("ProjectId")))

    def issue(self, project: ProjectRecord) -> IssueRecord:
        """The issue of `IssueCode`."""
        return self._known(project.issues.get(self.number("IssueCode")))

    def iteration(self, project: ProjectRecord) -> IterationRecord:
        """The iteration of `IterationCode`."""
        return self._known(project.iterations.get(self.number("IterationCode")))

    def page(self) -> tuple[int, int]:
        """Page number, from 1, and size."""
        number, rows = self.number("PageNumber"), self.number("PageSize", DEFAULT_PAGE_ROWS)
        if number == 0 and self.world.config.switches.page_zero == "first":
            number = 1
        if number < 1 or not 1 <= rows <= MAX_PAGE_ROWS:
            refuse("InvalidParameterValue", "invalid page")
        return number, rows

    def _allowed(self, project: ProjectRecord | None) -> ProjectRecord:
        is_hidden = project is None or self.token.project not in (None, project.name)
        return self._known(None if is_hidden else project)

    def _known(self, found: Found | None) -> Found:
        if found is not None:
            return found
        as_ = self.world.config.switches.unknown_as
        code = "ResourceNotFound" if as_ == "not_found" else "InvalidParameterValue"
        refuse(code, "资源未找到" if as_ == "invalid_in_chinese" else "")


Action = Callable[[Question], Json]


def missing(key: str) -> NoReturn:
    """A required parameter is not there."""
    refuse("MissingParameter", f"{key} is required")
