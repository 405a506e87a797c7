"""CODING's Open API as an object: project, issues, iterations, members. It only reads.

Here: one method for each operation that the project uses, typed both ways, and the paging. Not here: how a
question is asked and what a refusal stands for (see `asking`, `dialect`), for whom (see `connect`), time-
outs, retries and the rate budget (see `http`, `budget`), judgement about what was read (see `sync`).

The one thing to know: CODING says "gone" and "your token is expired" in the same words. `NotFoundError` is
raised only after the token, the project and the table were seen to work, so it may be taken for a deletion.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from itertools import islice
from typing import Literal, Self

from coda_pipeline.coding import parse
from coda_pipeline.coding.asking import Asking
from coda_pipeline.coding.days import since
from coda_pipeline.coding.iteration_paging import all_iterations, check_whole
from coda_pipeline.coding.models import (
    CodeSweep,
    CurrentUser,
    Issue,
    IssuePage,
    Iteration,
    Member,
    Project,
    Table,
    Team,
)
from coda_pipeline.errors import (
    ConfigurationError,
    MissingScopeError,
    NotFoundError,
    ProtocolError,
    RequestRefusedError,
)

# A team's address is a label of this (reference/coding-api.md section 1); elsewhere it says nothing.
SERVICE = ".coding.net"
# CODING's maximum for issues; the one for members is not published.
ISSUES_PER_PAGE = 500
MEMBERS_PER_PAGE = 100
PROJECTS_PER_PAGE = 100
# A detail that is not asked for yet costs nothing; one that nobody takes costs memory.
AHEAD_PER_THREAD = 4
IssueSort = Literal["CODE", "CREATED_AT", "UPDATED_AT"]


class CodingClient(Asking):
    """Every operation on CODING that the project uses. One client serves one team; threads may share it.

    All methods raise `TokenRefusedError` (wrong, expired or revoked), `MissingScopeError`, `NotFoundError`,
    `RequestRefusedError`, `RateLimitedError`, `ServiceError` and `ProtocolError`. Iterators send their
    requests while they are read. A project is named by its identifier, as in its address (`/p/{name}`).
    """

    def __enter__(self) -> Self:
        """Use it in a `with` statement to close its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close connections."""
        self.close()

    def current_user(self) -> CurrentUser:
        """Whom the token acts for."""
        return parse.current_user(self._renewing(self._current_user))

    def team_of_token(self) -> Team:
        """The team that the token belongs to: the token decides it, not the host that was asked."""
        return parse.team(self._ask("DescribeTeam", {}, "the team of the token"))

    def check_team(self) -> None:
        """Raise `ConfigurationError` where the token belongs to another team than this client is for.

        A token that may not ask for its team, as those of projects, says nothing.
        """
        with suppress(MissingScopeError, RequestRefusedError, NotFoundError):
            host = self.team_of_token().host.casefold()
            if host.endswith(SERVICE) and host.rpartition("/")[2] != f"{self.team.casefold()}{SERVICE}":
                message = (
                    f"The token in {self._transport.owner} belongs to the team at {host}, not to "
                    f"{self.team}: its projects are not read under another team's name. Make a token in "
                    f"{self.team}, or name the right team in the configuration file."
                )
                raise ConfigurationError(message)

    def projects(self) -> list[Project]:
        """Every project that the token sees. Raises `IncompleteReadError` where pages do not add up."""

        def ask(place: dict[str, int]) -> parse.Page:
            return parse.page(
                self._ask("DescribeCodingProjects", place, "projects"), "ProjectList", "projects"
            )

        return [parse.project(row) for row in _numbered(ask, "projects", PROJECTS_PER_PAGE)]

    def project(self, name: str) -> Project:
        """A project by its identifier."""
        answer = self._renewing(lambda: self._project(name))
        return parse.project(parse.part(answer, "Project", f"project {name}"))

    def issue_pages(
        self,
        project: str,
        *,
        updated_since: date | None = None,
        sort: IssueSort = "UPDATED_AT",
        page_rows: int = ISSUES_PER_PAGE,
    ) -> Iterator[IssuePage]:
        """The list of issues, every type and sub-issues included, ascending, page by page.

        `updated_since` is a day as CODING counts days (see `days.day_of`); what was edited on that day
        before a wanted time comes too. Rows that are edited meanwhile move to the end of a list by
        `UPDATED_AT` and pull others onto a page already read: compare `total_count` with what arrived. Ties
        have no order. Raises `RequestRefusedError` where the server refuses the condition and
        `ProtocolError` where a page comes a second time.
        """
        subject = f"issues of project {project}"
        body: dict[str, object] = {
            "ProjectName": project,
            "IssueType": "ALL",
            "PageSize": page_rows,
            "SortKey": sort,
            "SortValue": "ASC",
            "ShowSubIssues": True,
        }
        if updated_since is not None:
            body["Conditions"] = [{"Key": "UPDATED_AT", "Value": since(updated_since)}]
        number, last = 0, None
        while True:
            number += 1
            answer = self._ask_table("issues", project, {**body, "PageNumber": number}, subject)
            page = parse.issue_page(answer, number, page_rows, subject)
            _check_moves_on(last, page, subject)
            yield page
            if not page.refs or number >= page.total_pages:
                return
            last = page

    def issue_codes(self, project: str, *, page_rows: int = ISSUES_PER_PAGE) -> CodeSweep:
        """Every issue code of a project by one pass; see `CodeSweep.is_whole` before concluding anything."""
        codes: set[int] = set()
        totals = []
        for page in self.issue_pages(project, sort="CODE", page_rows=page_rows):
            codes |= {ref.code for ref in page.refs}
            totals.append(page.total_count)
        return CodeSweep(frozenset(codes), first_total=totals[0], last_total=totals[-1])

    def issue(self, project: str, code: int) -> Issue:
        """An issue with all its details. `NotFoundError` where it is proved to be gone."""
        subject = f"issue {code} of project {project}"
        body = {"ProjectName": project, "IssueCode": code}
        answer = self._ask_one("issues", project, "DescribeIssue", body, subject)
        return parse.issue(parse.part(answer, "Issue", subject), project, code)

    def issues(
        self, project: str, codes: Iterable[int], *, threads: int = 1
    ) -> Iterator[tuple[int, Issue | None]]:
        """Details of many issues in the order of `codes`; None for one that is proved to be gone."""
        if threads == 1:
            yield from ((code, self._issue_or_none(project, code)) for code in codes)
            return
        waiting = iter(codes)
        with ThreadPoolExecutor(threads, thread_name_prefix="coding") as pool:
            try:
                queue = [
                    (code, pool.submit(self._issue_or_none, project, code))
                    for code in islice(waiting, threads * AHEAD_PER_THREAD)
                ]
                while queue:
                    code, detail = queue.pop(0)
                    yield code, detail.result()
                    queue += [(c, pool.submit(self._issue_or_none, project, c)) for c in islice(waiting, 1)]
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def iterations(self, project: str) -> list[Iteration]:
        """Every iteration of a project: the list knows no filter by time and no order.

        Raises `IncompleteReadError` where no way of paging brings as many as there are said to be.
        """
        subject = f"iterations of project {project}"

        def ask(place: dict[str, int]) -> parse.Page:
            body = {"ProjectName": project, **place}
            return parse.page(self._ask_table("iterations", project, body, subject), "List", subject)

        return [parse.iteration(row, project) for row in all_iterations(ask, subject)]

    def iteration(self, project: str, code: int) -> Iteration:
        """One iteration. `NotFoundError` where it is proved to be gone."""
        subject = f"iteration {code} of project {project}"
        body = {"ProjectName": project, "IterationCode": code}
        answer = self._ask_one("iterations", project, "DescribeIteration", body, subject)
        return parse.iteration(parse.part(answer, "Iteration", subject), project, code)

    def members(self, project: Project) -> list[Member]:
        """Every member of a project with the roles. `IncompleteReadError` where pages do not add up."""
        subject = f"members of project {project.name}"

        def ask(place: dict[str, int]) -> parse.Page:
            body = {"ProjectId": project.id, **place}
            answer = self._ask_table("project_members", project.name, body, subject)
            return parse.page(answer, "ProjectMembers", subject)

        return [parse.member(row, project.name) for row in _numbered(ask, subject, MEMBERS_PER_PAGE)]

    def check_table(self, project: str, table: Table) -> None:
        """One tiny read. Raises what stands in the way: token, project, or the scope of this table."""
        self._renewing(lambda: self._prove(table, project))

    def _issue_or_none(self, project: str, code: int) -> Issue | None:
        try:
            return self.issue(project, code)
        except NotFoundError:
            return None


def _numbered(ask: Callable[[dict[str, int]], parse.Page], subject: str, page_rows: int) -> list[object]:
    """Every row of a list by page numbers, once. Raises `IncompleteReadError` where pages do not add up."""
    found: dict[object, object] = {}
    first: parse.Page | None = None
    number = 0
    while True:
        number += 1
        page = ask({"PageNumber": number, "PageSize": page_rows})
        first = first or page
        found |= {row.get("Id") if isinstance(row, dict) else None: row for row in page.rows}
        if not page.rows or len(found) >= page.total:
            check_whole(subject, len(found), first.total, page.total)
            return list(found.values())


def _check_moves_on(last: IssuePage | None, page: IssuePage, subject: str) -> None:
    if last is not None and page.refs and last.refs == page.refs:
        message = f"CODING gave the same page twice for {subject}: the list has no end. Run again later."
        raise ProtocolError(message)
