"""A hook tells what to read again: the right record, never more than a hint, whatever the body is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coda_pipeline.coding.events import Event, Hint, event_of
from coda_pipeline.errors import ProtocolError

FRAME = {"project": {"id": 11, "name": "demo-project"}, "team": {"id": 3, "domain": "demo-team"}}


def event(name: str, **parts: Any) -> Event:
    return event_of(json.dumps({"event": name, **FRAME, **parts}).encode())


def test_a_hook_says_of_which_team_and_project_it_is():
    found = event("ISSUE_CREATED", issue={"code": 7}, action="create")
    assert (found.team, found.project, found.name, found.action) == (
        "demo-team",
        "demo-project",
        "ISSUE_CREATED",
        "create",
    )


@pytest.mark.parametrize(
    ("name", "parts", "hints"),
    [
        ("ISSUE_UPDATED", {"issue": {"code": 7}}, [Hint("issues", 7)]),
        ("ISSUE_DELETED", {"issue": {"code": 7}}, [Hint("issues", 7, "deleted")]),
        ("ISSUE_COMMENT_CREATED", {"issueComment": {"issue": {"code": 7}}}, [Hint("issues", 7)]),
        ("ISSUE_HOUR_RECORD_UPDATED", {"issue": {"code": 7}, "work_log": {}}, [Hint("issues", 7)]),
        (
            "ISSUE_ITERATION_CHANGED",
            {"issue": {"code": 7, "iteration": {"code": 9}}},
            [Hint("issues", 7), Hint("iterations", 9), Hint("iterations", None)],
        ),
        ("ITERATION_CREATED", {"iteration": {"code": 9}}, [Hint("iterations", 9)]),
        ("ITERATION_DELETED", {"iteration": {"code": 9}}, [Hint("iterations", 9, "deleted")]),
        (
            "ITERATION_PLANNED",
            {"iteration": {"code": 9}},
            [Hint("iterations", 9), Hint("issues", None)],
        ),
        ("MEMBER_CREATED", {"member": {"id": 5}}, [Hint("project_members", 5)]),
        ("MEMBER_ROLE_UPDATED", {"member": {"id": 5}}, [Hint("project_members", 5)]),
        ("MEMBER_DELETED", {"member": {"id": 5}}, [Hint("project_members", 5, "deleted")]),
    ],
)
def test_each_event_names_its_record(name: str, parts: dict[str, Any], hints: list[Hint]):
    assert list(event(name, **parts).hints) == hints


def test_an_issue_takes_its_parent_and_its_iteration_along():
    """Both show it, and the times of neither move."""
    issue = {"code": 7, "parent_code": 3, "iteration": {"code": 9}}
    assert event("ISSUE_STATUS_UPDATED", issue=issue).hints == (
        Hint("issues", 7),
        Hint("issues", 3),
        Hint("iterations", 9),
    )


def test_a_deletion_deletes_the_issue_and_neither_its_parent_nor_its_iteration():
    issue = {"code": 7, "parent_code": 3, "iteration": {"code": 9}}
    deleted = [hint for hint in event("ISSUE_DELETED", issue=issue).hints if hint.action == "deleted"]
    assert deleted == [Hint("issues", 7, "deleted")]


@pytest.mark.parametrize("name", ["ISSUE_COMMENT_DELETED", "ISSUE_LABEL_DELETED", "ISSUE_SOMETHING_NEW"])
def test_an_unknown_event_of_an_issue_reads_the_issue_again(name: str):
    assert event(name, issue={"code": 7}).hints == (Hint("issues", 7),)


@pytest.mark.parametrize("name", ["GIT_PUSHED", "WIKI_DELETED", "PING", "SOMETHING_ELSE"])
def test_an_event_about_something_else_is_no_hint(name: str):
    assert event(name, wiki={"id": 1}).hints == ()


@pytest.mark.parametrize("code", ["", None, 0, -1, True, "x", 10**30, "9" * 5000, {"id": 1}])
def test_a_record_without_a_usable_key_means_its_whole_table(code: object):
    assert event("ISSUE_UPDATED", issue={"code": code}).hints == (Hint("issues", None),)
    assert event("MEMBER_DELETED", member={"id": code}).hints == (Hint("project_members", None, "deleted"),)


def test_a_key_may_come_as_text():
    assert event("ISSUE_UPDATED", issue={"code": "7"}).hints == (Hint("issues", 7),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"event": ""}',
        b'{"event": 5}',
        b"payload=%7B%7D",
        b"\xff\xfe",
    ],
)
def test_what_is_no_hook_body_is_refused_with_a_reason(body: bytes):
    with pytest.raises(ProtocolError):
        event_of(body)


def test_a_reason_quotes_nothing_of_the_body():
    with pytest.raises(ProtocolError) as caught:
        event_of(b'{"name": "Kim Secret", ')
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_person_is_in_an_event():
    found = event("MEMBER_CREATED", member={"id": 5, "name": "Kim Secret"}, sender={"name": "Lee Secret"})
    assert "Secret" not in repr(found)


KEYS = ("code", "id", "issue", "iteration", "parent", "parent_code", "domain", "name")
LEAVES = st.sampled_from([None, True, 0, -1, 7, 10**30, 0.5, "", "7", "x", [], [7], {}])
OBJECTS = st.dictionaries(st.sampled_from(KEYS), LEAVES, max_size=3)
JSON = LEAVES | st.dictionaries(st.sampled_from(KEYS), LEAVES | OBJECTS, max_size=4)
NAMES = st.sampled_from(
    ["ISSUE_DELETED", "ISSUE_UPDATED", "ISSUE_COMMENT_CREATED", "ITERATION_PLANNED", "MEMBER_DELETED", "PING"]
)


@settings(max_examples=60)
@given(
    NAMES,
    st.dictionaries(
        st.sampled_from(["issue", "issueComment", "iteration", "member", "team", "project", "action"]), JSON
    ),
)
def test_a_body_of_any_form_gives_hints_and_no_failure(name: str, parts: dict[str, Any]):
    found = event_of(json.dumps({"event": name, **parts}).encode())
    assert all(hint.key is None or hint.key > 0 for hint in found.hints)
    assert sum(hint.action == "deleted" for hint in found.hints) == (
        name in {"ISSUE_DELETED", "MEMBER_DELETED"}
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_a_hook_or_refused(body: bytes):
    try:
        event_of(body)
    except ProtocolError:
        return
