"""What the real service once answered and sent is understood. Needs the recorded data, see `reference`."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from coda_pipeline.coding import parse
from coda_pipeline.coding.dialect import error_for, outcome_of
from coda_pipeline.coding.events import Hint, event_of
from coda_pipeline.coding.volatile import stable
from coda_pipeline.errors import NotFoundError, RequestRefusedError
from coda_pipeline.refusals import Call, Refusal, TokenOwner
from coda_pipeline_tests.coding.reference import reference

ANSWERS = "coding-recorded-responses.json"
HOOKS = "coding-webhook-samples.json"


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return reference(ANSWERS)["responses"]


@pytest.fixture(scope="module")
def hooks() -> dict[str, Any]:
    return reference(HOOKS)["samples"]


def inside(answer: object) -> Any:
    found = outcome_of(200, {}, json.dumps(answer).encode(), SecretStr("t"))
    assert found.body is not None
    return found.body


@pytest.mark.parametrize("action", ["DescribeIssue", "CreateIssue", "ModifyIssue"])
def test_a_recorded_issue_is_read_whole(answers: dict[str, Any], action: str):
    payload = answers[action]["Response"]["Issue"]
    issue = parse.issue(inside(answers[action])["Issue"], "demo", payload["Code"])
    assert issue.payload == payload
    assert issue.parent_code is None
    assert issue.iteration_code is None
    assert issue.updated_at.microsecond == 0
    assert stable(issue.payload).keys() == payload.keys()


@pytest.mark.parametrize("action", ["CreateIteration", "ModifyIteration"])
def test_a_recorded_iteration_is_read(answers: dict[str, Any], action: str):
    payload = answers[action]["Response"]["Iteration"]
    assert parse.iteration(inside(answers[action])["Iteration"], "demo").payload == payload


def test_recorded_errors_are_classified(answers: dict[str, Any]):
    def kind(name: str) -> type[Exception]:
        found = outcome_of(200, {}, json.dumps(answers[name]).encode(), SecretStr("t"))
        call = Call("POST", "/open-api", "thing", name=name)
        return type(error_for(Refusal(call, found, "CODING", TokenOwner("CODING_TOKEN_X"))))

    assert kind("CreateIteration (error)") is RequestRefusedError
    assert kind("CreateIssue (error)") is RequestRefusedError
    assert kind("DescribeImportJobStatus (error)") is NotFoundError


def test_a_recorded_issue_hook_names_the_issue_and_its_iteration(hooks: dict[str, Any]):
    body = hooks["ISSUE_ASSIGNEE_CHANGED"]
    event = event_of(json.dumps(body).encode())
    assert (event.team, event.project) == (body["team"]["domain"], body["project"]["name"])
    assert event.hints == (
        Hint("issues", body["issue"]["code"]),
        Hint("iterations", body["issue"]["iteration"]["code"]),
    )


def test_a_recorded_member_hook_names_the_member(hooks: dict[str, Any]):
    body = hooks["MEMBER_CREATED"]
    assert event_of(json.dumps(body).encode()).hints == (Hint("project_members", body["member"]["id"]),)


def test_the_iteration_object_of_a_recorded_hook_names_the_iteration(hooks: dict[str, Any]):
    iteration = next(body for name, body in hooks.items() if name.startswith("iteration object"))
    body = json.dumps({"event": "ITERATION_UPDATED", "iteration": iteration}).encode()
    assert event_of(body).hints == (Hint("iterations", iteration["code"]),)
