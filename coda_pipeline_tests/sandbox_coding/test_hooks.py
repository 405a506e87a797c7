"""The sandbox tells a receiver what people do, signed, and loses, doubles and disorders it when told."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from coda_pipeline.sandbox.coding.config import DEFAULT_SECRET, CodingConfig, CodingSwitches
from coda_pipeline.sandbox.coding.hook_bodies import EVENTS
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.reference import reference
from coda_pipeline_tests.sandbox_coding.api import Api
from coda_pipeline_tests.sandbox_coding.receiver import Receiver


@pytest.fixture
def connected(sandbox: CodingSandboxServer, receiver: Receiver) -> CodingSandboxServer:
    sandbox.hooks.connect(sandbox.world.main.id, receiver.url, DEFAULT_SECRET)
    return sandbox


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for body in receiver.bodies]


def events(receiver: Receiver) -> list[str]:
    return [body["event"] for body in bodies(receiver)]


def test_every_act_is_told(connected: CodingSandboxServer, receiver: Receiver):
    people = connected.people
    code, sprint = people.create_issue("a"), people.create_iteration("b")
    people.edit_issue(code, status="处理中")
    people.edit_issue(code, assignee=connected.world.owner.id)
    people.edit_issue(code, iteration=sprint)
    people.edit_issue(code, parent=people.create_issue("c"))
    people.edit_issue(code, working_hours=2.5)
    people.edit_issue(code, name="d")
    people.comment(code)
    people.edit_iteration(sprint, goal="e")
    people.plan(0, [code])
    kim = people.add_member("Kim")
    people.set_roles(kim, ["ProjectAdmin"])
    people.remove_member(kim)
    people.delete_issue(code)
    people.delete_iteration(sprint)
    connected.hooks.flush()
    assert set(events(receiver)) == set(EVENTS)


def test_a_delivery_is_signed_over_its_bytes(connected: CodingSandboxServer, receiver: Receiver):
    connected.people.create_issue("登录 «вход»")
    connected.hooks.flush()
    digest = hmac.new(DEFAULT_SECRET.encode(), receiver.bodies[0], hashlib.sha1).hexdigest()
    headers = receiver.headers[0]
    assert headers["X-Coding-Signature"] == f"sha1={digest}"
    assert headers["X-Coding-Service-Hook-Event"] == "ISSUE_CREATED"
    assert headers["X-Coding-Delivery"] == connected.hooks.log[0].id


def test_header_and_algorithm_are_switches(receiver: Receiver):
    switches = CodingSwitches(signature_header="X-Other", algorithm="sha256")
    with CodingSandboxServer(CodingConfig(content="empty", switches=switches)) as sandbox:
        sandbox.hooks.connect(sandbox.world.main.id, receiver.url, "s")
        sandbox.people.create_issue("a")
        sandbox.hooks.flush()
    assert receiver.headers[0]["X-Other"].startswith("sha256=")


def test_without_a_secret_there_is_no_signature(sandbox: CodingSandboxServer, receiver: Receiver):
    sandbox.hooks.connect(sandbox.world.main.id, receiver.url, "")
    sandbox.people.create_issue("a")
    sandbox.hooks.flush()
    assert "X-Coding-Signature" not in receiver.headers[0]


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ("drop", ["b", "c"]),
        ("repeat", ["a", "a", "b", "c"]),
        ("reorder", ["b", "a", "c"]),
        ("stale", ["a", "b", "c"]),
    ],
)
def test_what_goes_wrong_on_the_way(
    connected: CodingSandboxServer, receiver: Receiver, fault: str, arrived: list[str]
):
    connected.hooks.inject(fault)  # pyright: ignore[reportArgumentType]
    for name in "abc":
        connected.people.create_issue(name)
    connected.hooks.flush()
    assert [body["issue"]["title"] for body in bodies(receiver)] == arrived


def test_a_repeated_delivery_has_one_id(connected: CodingSandboxServer, receiver: Receiver):
    connected.hooks.inject("repeat")
    connected.people.create_issue("a")
    connected.hooks.flush()
    ids = [headers["X-Coding-Delivery"] for headers in receiver.headers]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_thread_sends_by_itself_and_late_ones_later(connected: CodingSandboxServer, receiver: Receiver):
    connected.hooks.inject("late", seconds=0.2)
    connected.hooks.start()
    connected.people.create_issue("late")
    connected.people.create_issue("early")
    receiver.wait_until(lambda: len(receiver.bodies) == 2)
    assert [body["issue"]["title"] for body in bodies(receiver)] == ["early", "late"]


def test_a_failed_delivery_is_not_sent_again_unless_told(connected: CodingSandboxServer):
    with Receiver(500) as failing:
        connected.hooks.connect(connected.world.main.id, failing.url, "", ["ISSUE_CREATED"])
        connected.people.create_issue("a")
        connected.hooks.flush()
        assert len(failing.bodies) == 1
        assert connected.hooks.log[-1].status == 500


def test_a_failed_delivery_is_sent_again_where_the_switch_says_so():
    switches = CodingSwitches(hook_retries=2)
    with (
        CodingSandboxServer(CodingConfig(content="empty", switches=switches)) as sandbox,
        Receiver(500) as failing,
    ):
        sandbox.hooks.connect(sandbox.world.main.id, failing.url, "")
        sandbox.people.create_issue("a")
        sandbox.hooks.flush()
        assert len(failing.bodies) == 2


def test_an_assignee_event_may_carry_the_time_of_before(connected: CodingSandboxServer, receiver: Receiver):
    code = connected.people.create_issue("a")
    connected.clock.advance(3600)
    connected.people.edit_issue(code, assignee=connected.world.owner.id)
    connected.hooks.flush()
    created, assigned = bodies(receiver)
    assert assigned["issue"]["updated_at"] == created["issue"]["updated_at"]


def test_unset_values_are_left_out(connected: CodingSandboxServer, receiver: Receiver):
    connected.people.create_issue("a")
    connected.hooks.flush()
    issue = bodies(receiver)[0]["issue"]
    assert not {"due_date", "start_date", "assignee", "iteration", "priority"} & issue.keys()


def test_a_comment_has_no_issue_at_the_top(connected: CodingSandboxServer, receiver: Receiver):
    code = connected.people.create_issue("a")
    connected.people.comment(code, "b")
    connected.hooks.flush()
    body = bodies(receiver)[1]
    assert "issue" not in body
    assert body["issueComment"]["issue"]["code"] == code


@pytest.mark.parametrize(("form", "is_full"), [("full", True), ("key_only", False)])
def test_what_is_in_a_deletion_is_a_switch(receiver: Receiver, form: str, is_full: bool):
    switches = CodingSwitches(deleted_body=form)  # pyright: ignore[reportArgumentType]
    with CodingSandboxServer(CodingConfig(content="empty", switches=switches)) as sandbox:
        sandbox.hooks.connect(sandbox.world.main.id, receiver.url, "", ["ISSUE_DELETED"])
        code = sandbox.people.create_issue("a")
        sandbox.people.delete_issue(code)
        sandbox.hooks.flush()
    issue = bodies(receiver)[0]["issue"]
    assert issue["code"] == code
    assert ("title" in issue) is is_full


def test_hooks_are_set_up_listed_pinged_and_sent_again(
    sandbox: CodingSandboxServer, api: Api, receiver: Receiver
):
    project = sandbox.world.main.id
    where = json.dumps({"service_url": receiver.url, "token": "s"})
    made = api.ask(
        "CreateServiceHook",
        ProjectId=project,
        Service="WebHook",
        ServiceAction="webhook_http_post",
        Event=["ISSUE_CREATED"],
        Enabled=True,
        ActionProperty=where,
    )["ServiceHook"]
    sandbox.people.create_issue("a")
    sandbox.hooks.flush()
    log = api.ask("DescribeServiceHookLogs", ProjectId=project, Id=made["Id"], PageNumber=1)["Data"]["Log"]
    assert (log[0]["Event"], log[0]["ResponseStatus"]) == ("ISSUE_CREATED", 200)
    assert api.ask("ResendServiceHookLog", ServiceHookLogId=log[0]["Id"])["Data"]["Success"]
    api.ask("PingServiceHook", ProjectId=project, Id=[made["Id"]])
    api.ask("EnabledServiceHook", ProjectId=project, Id=[made["Id"]], Enabled=False)
    sandbox.people.create_issue("b")
    sandbox.hooks.flush()
    assert events(receiver) == ["ISSUE_CREATED", "ISSUE_CREATED", "PING"]
    api.ask("DeleteServiceHook", ProjectId=project, Id=[made["Id"]])
    listed = api.ask("DescribeServiceHooks", ProjectId=project, PageNumber=1)["Data"]
    assert listed["ServiceHook"] == []


def test_hooks_are_connected_over_http(sandbox: CodingSandboxServer, api: Api, receiver: Receiver):
    api.person("hooks", url=receiver.url, secret="s")
    api.person("hooks/faults", fault="drop")
    sandbox.people.create_issue("a")
    sandbox.people.create_issue("b")
    sandbox.hooks.flush()
    assert [body["issue"]["title"] for body in bodies(receiver)] == ["b"]
    api.person("hooks", "DELETE")
    sandbox.people.create_issue("c")
    assert sandbox.hooks.flush() == 0


def test_a_body_has_what_the_recorded_one_has(connected: CodingSandboxServer, receiver: Receiver):
    recorded = reference("coding-webhook-samples.json")["samples"]["ISSUE_ASSIGNEE_CHANGED"]
    people = connected.people
    code = people.create_issue("a", "DEFECT", priority="2", due_on="2026-09-30")
    people.edit_issue(
        code, iteration=people.create_iteration("b", start_on="2026-09-01", end_on="2026-09-14")
    )
    people.edit_issue(code, assignee=connected.world.owner.id)
    connected.hooks.flush()
    body = bodies(receiver)[-1]
    assert recorded.keys() <= body.keys()
    for key in ("issue", "sender", "project", "team", "hook"):
        assert recorded[key].keys() <= body[key].keys()
    assert recorded["issue"]["iteration"].keys() <= body["issue"]["iteration"].keys()


def test_a_member_hook_has_what_the_recorded_one_has(connected: CodingSandboxServer, receiver: Receiver):
    recorded = reference("coding-webhook-samples.json")["samples"]["MEMBER_CREATED"]
    connected.people.add_member("Kim")
    connected.hooks.flush()
    body = bodies(receiver)[0]
    assert recorded.keys() <= body.keys()
    assert recorded["member"].keys() <= body["member"].keys()
