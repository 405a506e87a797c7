"""One question to CODING, and what its refusal stands for once the next questions are answered.

Here: sending an action, and the questions that tell a dead token, an unknown project, a missing scope and a
deleted record apart. Not here: what is asked (see `client`) and what one answer alone says (see `dialect`).

The one thing to know: "gone" is believed only after the list of the same table has answered and the record
was asked for a second time. A grant that is refreshed elsewhere kills the token in the middle of a read, and
the refusal that follows reads like a deletion. Where a token can be renewed, a question that met a dead one,
or two different ones, is asked once more from its beginning.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from pydantic import SecretStr

from coda_pipeline.coding import parse
from coda_pipeline.coding.dialect import token_refused
from coda_pipeline.coding.models import Payload, Table
from coda_pipeline.errors import (
    MissingScopeError,
    NotFoundError,
    RequestRefusedError,
    TokenRefusedError,
)
from coda_pipeline.http import Transport

Answer = TypeVar("Answer")
PATH = "/open-api"
LIST_ACTIONS: dict[Table, str] = {
    "issues": "DescribeIssueListWithPage",
    "iterations": "DescribeIterationList",
    "project_members": "DescribeProjectMembers",
}
# What to tick for a token that lacks a table (reference/coding-api.md section 2).
SCOPES: dict[Table, str] = {
    "issues": "collaboration:issue:ro",
    "iterations": "collaboration:issue:ro",
    "project_members": "project:member:ro",
}
# One of these may also mean that the token is dead or lacks a scope.
AMBIGUOUS = (NotFoundError, RequestRefusedError)


class Renewal(Protocol):
    """A token that is replaced now and then. Threads share it."""

    def token(self) -> SecretStr:
        """The one that works at present, as far as is known."""
        ...

    def renew(self, dead: SecretStr) -> None:
        """Have another one than this, which was refused. Raises `TokenRefusedError` where there is none."""
        ...


class Asking:
    """Asks with one token. `is_project_token`: it stands for a project, so it has no user to ask for.

    `renewal` says how to get another one; without it a dead token stays dead.
    """

    def __init__(
        self,
        transport: Transport,
        team: str,
        *,
        is_project_token: bool = False,
        renewal: Renewal | None = None,
    ) -> None:
        self._transport = transport
        self._is_project_token = is_project_token
        self._renewal = renewal
        self.team = team

    @property
    def requests_sent(self) -> int:
        """How many HTTP requests went out so far, repetitions included."""
        return self._transport.requests_sent

    def close(self) -> None:
        """Close connections, those of the rate budget included."""
        self._transport.close()

    def _renewing(self, question: Callable[[], Answer]) -> Answer:
        """Ask; where the token died meanwhile, or was renewed by another thread, ask once more."""
        if self._renewal is None:
            return question()
        used = self._renewal.token()
        try:
            return question()
        except (*AMBIGUOUS, MissingScopeError, TokenRefusedError) as error:
            is_refused = isinstance(error, TokenRefusedError)
            if not is_refused and self._renewal.token() == used:
                raise
        self._renewal.renew(used)
        return question()

    def _send(self, action: str, body: Payload, subject: str) -> Payload:
        """Ask, and take a refusal at its word."""
        content = {"Action": action, **body}
        return self._transport.send(
            "POST", PATH, content, kind=action, repeatable=True, subject=subject, name=action
        )

    def _ask(self, action: str, body: Payload, subject: str) -> Payload:
        """Ask for what needs no table."""
        return self._renewing(lambda: self._ask_once(action, body, subject))

    def _ask_once(self, action: str, body: Payload, subject: str) -> Payload:
        try:
            return self._send(action, body, subject)
        except AMBIGUOUS:
            self._prove_token()
        return self._send(action, body, subject)

    def _ask_table(self, table: Table, project: str, body: Payload, subject: str) -> Payload:
        """A page of a table's list. Raises what exactly stands in the way."""
        return self._renewing(lambda: self._ask_table_once(table, project, body, subject))

    def _ask_table_once(self, table: Table, project: str, body: Payload, subject: str) -> Payload:
        try:
            return self._send(LIST_ACTIONS[table], body, subject)
        except (*AMBIGUOUS, MissingScopeError):
            self._prove(table, project)
        # The smallest page of the list came, so what was wrong is over, or it is in this very question.
        return self._send(LIST_ACTIONS[table], body, subject)

    def _ask_one(self, table: Table, project: str, action: str, body: Payload, subject: str) -> Payload:
        """One record of a table. `NotFoundError` only where it is proved to be gone."""
        return self._renewing(lambda: self._ask_one_once(table, project, action, body, subject))

    def _ask_one_once(self, table: Table, project: str, action: str, body: Payload, subject: str) -> Payload:
        try:
            return self._send(action, body, subject)
        except (*AMBIGUOUS, MissingScopeError):
            self._prove(table, project)
        try:
            return self._send(action, body, subject)
        except RequestRefusedError as error:
            # Project and token work and the code is the only other parameter, whatever the code's name is.
            if error.service_code != "InvalidParameterValue":
                raise
        message = f"CODING knows no {subject}, though its project and the list it belongs to can be read."
        raise NotFoundError(message)

    def _prove(self, table: Table, project: str) -> None:
        """Returns where the smallest page of a table can be read, else raises the reason why it cannot."""
        try:
            self._send(LIST_ACTIONS[table], self._smallest(table, project), f"{table} of project {project}")
        except (*AMBIGUOUS, MissingScopeError) as error:
            refusal = error
        else:
            return
        self._project(project)
        message = (
            f"The token in {self._transport.owner} works, yet CODING does not let it read {table} of project "
            f"{project}. Give it the scope {SCOPES[table]}; the other tables are read without it."
        )
        raise MissingScopeError(message) from refusal

    def _smallest(self, table: Table, project: str) -> Payload:
        if table == "issues":
            return {"ProjectName": project, "IssueType": "ALL", "PageNumber": 1, "PageSize": 1}
        if table == "iterations":
            return {"ProjectName": project, "Limit": 1, "Offset": 0}
        answer = self._project(project)
        project_id = parse.project(parse.part(answer, "Project", f"project {project}")).id
        return {"ProjectId": project_id, "PageNumber": 1, "PageSize": 1}

    def _project(self, name: str) -> Payload:
        """The project as received. `NotFoundError` once the token is proved to work."""
        action, body, subject = "DescribeProjectByName", {"ProjectName": name}, f"project {name}"
        try:
            return self._send(action, body, subject)
        except AMBIGUOUS:
            self._prove_token()
        try:
            return self._send(action, body, subject)
        except AMBIGUOUS as error:
            refusal = error
        perhaps = " (or its token is expired)" if self._is_project_token else ""
        message = (
            f"CODING shows no project {name} to the token in {self._transport.owner}{perhaps}. Expected is "
            "the identifier in the project's address, after /p/; its owner must be a member."
        )
        raise NotFoundError(message) from refusal

    def _prove_token(self) -> None:
        """Raises `TokenRefusedError` where the token no longer stands for anybody."""
        if not self._is_project_token:
            with suppress(MissingScopeError):
                self._current_user()

    def _current_user(self) -> Payload:
        """The owner as received. There is nothing in the question that could be wrong but the token."""
        action = "DescribeCodingCurrentUser"
        try:
            return self._send(action, {}, "owner of the token")
        except (*AMBIGUOUS, MissingScopeError) as error:
            refusal = error
        setting = self._transport.owner.setting
        try:
            # It needs another scope, so a token that may not show its owner is told apart from a dead one.
            self._send("DescribeTeam", {}, "team of the token")
        except AMBIGUOUS as error:
            raise token_refused(setting, f"It does not even show whose it is ({action}).") from error
        message = (
            f"The token in {setting} works, yet it may not show its owner. Give it the scope user:profile:ro."
        )
        raise MissingScopeError(message) from refusal
