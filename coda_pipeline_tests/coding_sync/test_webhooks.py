"""What webhooks bring: a body is a hint, the record is read again, and nothing that was sent is lost."""

import orjson
import pytest

from coda_pipeline.catalog_coding import PollingEntry
from coda_pipeline.errors import CodaPipelineError, ConfigurationError
from coda_pipeline.sync.coding.deliveries import replay
from coda_pipeline.sync.coding.drain import BATCH
from coda_pipeline.warehouse.coding import inbox
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline_tests.coding_sync.conftest import later

DETAIL = "DescribeIssue"


@pytest.fixture
def hooked(copy, sandbox):
    """The copy, with the sandbox's hooks on; what they send is taken in by `deliver`."""
    sandbox.hooks.connect(sandbox.world.main.id, "http://unused.invalid/", "secret")
    return copy


def deliver(copy, sandbox, *, reverse: bool = False, twice: bool = False) -> list[str]:
    """Take in all that the hooks have made since the last time."""
    made, sandbox.hooks.log = sandbox.hooks.log, []
    made = made[::-1] if reverse else made
    return [copy.take(delivery) for delivery in (made * 2 if twice else made)]


def states(copy) -> dict[str, int]:
    with copy.engine.connect() as conn:
        found = [delivery.state for delivery in inbox.list_deliveries(conn, limit=1000)]
    return {state: found.count(state) for state in set(found)}


def test_an_edited_issue_arrives_and_costs_one_request(hooked, sandbox):
    code = sandbox.people.create_issue("One")
    later(sandbox)
    hooked.poll()
    deliver(hooked, sandbox)
    hooked.work_off()
    sandbox.people.edit_issue(code, name="Two")
    later(sandbox)
    deliver(hooked, sandbox)
    sandbox.requests.clear()
    hooked.work_off()
    assert hooked.live()[code]["Name"] == "Two"
    assert hooked.asked() == [DETAIL]
    assert states(hooked) == {"drained": 2}


def test_an_assignee_event_with_stale_times_still_brings_the_assignee(hooked, sandbox):
    code = sandbox.people.create_issue("One")
    person = sandbox.people.add_member("Kim")
    hooked.poll()
    later(sandbox)
    sandbox.people.edit_issue(code, assignee=person)
    deliver(hooked, sandbox)
    hooked.work_off()
    assert hooked.live()[code]["Assignee"]["Id"] == person


def test_a_delivery_that_comes_twice_is_stored_once(hooked, sandbox):
    sandbox.people.create_issue("One")
    assert deliver(hooked, sandbox, twice=True) == ["stored", "repeated"]


def test_a_deleted_issue_is_a_tombstone_once_it_is_proved_gone(hooked, sandbox):
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(8)]
    later(sandbox)
    hooked.poll()
    sandbox.people.delete_issue(codes[0])
    deliver(hooked, sandbox)
    reports = hooked.work_off()
    assert sum(report.deleted for report in reports) == 1
    assert set(hooked.live()) == set(codes[1:])


def test_a_deletion_that_is_not_true_deletes_nothing(hooked, sandbox):
    code = sandbox.people.create_issue("One")
    later(sandbox)
    hooked.poll()
    body = {"event": "ISSUE_DELETED", "issue": {"code": code}, "project": {"name": "demo-project"}}
    hooked.take(_forged(orjson.dumps(body)))
    hooked.work_off()
    assert set(hooked.live()) == {code}


def test_an_issue_that_is_not_found_though_no_hook_said_deleted_asks_for_a_sweep(hooked, sandbox):
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(8)]
    later(sandbox)
    hooked.poll()
    sandbox.people.edit_issue(codes[0], name="Edited")
    edited = sandbox.hooks.log[-1]
    sandbox.people.delete_issue(codes[0])
    hooked.take(edited)
    hooked.work_off()
    assert codes[0] in hooked.live()
    later(sandbox)
    report = hooked.read()
    assert (report.mode, report.deleted) == ("full", 1)


def test_too_many_deletions_by_hooks_are_held(hooked, sandbox):
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(30)]
    later(sandbox)
    hooked.poll()
    deliver(hooked, sandbox)
    hooked.work_off()
    for code in codes[:9]:
        sandbox.people.delete_issue(code)
    deliver(hooked, sandbox)
    reports = hooked.work_off()
    assert sum(report.newly_held for report in reports) == 9
    assert set(hooked.live()) == set(codes)


def test_a_comment_refreshes_its_issue_though_it_names_none_at_the_top(hooked, sandbox):
    code = sandbox.people.create_issue("One")
    later(sandbox)
    hooked.poll()
    deliver(hooked, sandbox)
    hooked.work_off()
    sandbox.people.comment(code, "Looks good")
    deliver(hooked, sandbox)
    sandbox.requests.clear()
    hooked.work_off()
    assert DETAIL in hooked.asked()


def test_planning_brings_the_issues_that_the_hook_does_not_name(hooked, sandbox):
    sprint = sandbox.people.create_iteration("Sprint")
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(3)]
    later(sandbox)
    hooked.poll()
    later(sandbox)
    sandbox.people.plan(sprint, codes[:2])
    deliver(hooked, sandbox)
    hooked.work_off()
    assert [hooked.live()[code]["Iteration"]["Code"] for code in codes] == [sprint, sprint, 0]
    assert (
        sum(hooked.live(Table.ITERATIONS)[sprint][f"{kind}Count"] for kind in ("WaitProcess", "Processing"))
        == 2
    )


def test_members_come_with_their_roles_which_no_hook_holds(hooked, sandbox):
    hooked.poll()
    person = sandbox.people.add_member("Kim", email="kim@example.com")
    deliver(hooked, sandbox)
    hooked.work_off()
    record = hooked.live(Table.MEMBERS)[person]
    assert (record["Email"], len(record["Roles"])) == ("kim@example.com", 1)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>", "JSON"),
        (b"[1]", "object"),
        (b'{"zen": "x"}', "event"),
        (b'{"event": "ISSUE_UPDATED", "issue": {"code": 1}}', "project"),
        (b'{"event": "ISSUE_UPDATED", "team": {"domain": "other"}, "project": {"name": "p"}}', "team"),
    ],
)
def test_what_cannot_be_understood_is_kept_and_set_aside_with_its_reason(hooked, body, says):
    assert hooked.take(_forged(body)) == "set_aside"
    with hooked.engine.connect() as conn:
        [found] = inbox.list_deliveries(conn, only="set_aside")
    assert says in (found.reason or "")
    with pytest.raises(ConfigurationError):
        replay(hooked.engine, "demo-team", found.delivery_id)


def test_an_event_of_no_interest_is_done_at_once(hooked):
    hooked.take(_forged(b'{"event": "GIT_PUSHED", "project": {"name": "demo-project"}}'))
    assert states(hooked) == {"drained": 1}


def test_one_poisonous_delivery_does_not_hold_up_the_others(hooked, sandbox):
    hooked.polling = PollingEntry(detail_threads=1)
    codes = [sandbox.people.create_issue(f"Issue {n}") for n in range(3)]
    later(sandbox)
    deliver(hooked, sandbox)
    sandbox.faults.inject("html", path=DETAIL + "$", skip=1)
    hooked.work_off()
    assert set(hooked.live()) == {codes[0], codes[2]}
    assert states(hooked) == {"drained": 2, "set_aside": 1}
    with hooked.engine.connect() as conn:
        [found] = inbox.list_deliveries(conn, only="set_aside")
    replay(hooked.engine, "demo-team", found.delivery_id)
    hooked.work_off()
    assert set(hooked.live()) == set(codes)


def test_deliveries_wait_where_the_service_fails_and_are_worked_off_the_next_time(hooked, sandbox):
    code = sandbox.people.create_issue("One")
    later(sandbox)
    deliver(hooked, sandbox)
    sandbox.faults.inject("status", times=None, status=500)
    with pytest.raises(CodaPipelineError):
        hooked.work_off()
    assert states(hooked) == {"waiting": 1}
    sandbox.faults.clear()
    hooked.work_off()
    assert set(hooked.live()) == {code}
    assert states(hooked) == {"drained": 1}


def test_more_than_one_batch_of_deliveries_is_worked_off_and_a_record_is_read_once_a_batch(hooked, sandbox):
    hooked.poll()
    code = sandbox.people.create_issue("One")
    later(sandbox)
    deliver(hooked, sandbox)
    hooked.sql(
        "insert into ops.webhook_deliveries"
        " select (jsonb_populate_record(d, jsonb_build_object('delivery_id', 'copy ' || n))).*"
        " from ops.webhook_deliveries as d, generate_series(1, :many) as n returning true",
        many=BATCH,
    )
    sandbox.requests.clear()
    hooked.work_off()
    assert states(hooked) == {"drained": BATCH + 1}
    assert hooked.asked() == [DETAIL, DETAIL]
    assert set(hooked.live()) == {code}


def test_a_replayed_delivery_is_worked_off_again(hooked, sandbox):
    hooked.poll()
    code = sandbox.people.create_issue("One")
    later(sandbox)
    [delivery] = sandbox.hooks.log
    deliver(hooked, sandbox)
    hooked.work_off()
    assert replay(hooked.engine, "demo-team", delivery.id) == (Table.ISSUES,)
    sandbox.requests.clear()
    hooked.work_off()
    assert hooked.asked() == [DETAIL]
    assert set(hooked.live()) == {code}


def test_a_delivery_of_a_project_that_is_not_read_is_crossed_off(hooked, sandbox):
    hooked.take(_forged(b'{"event": "ISSUE_UPDATED", "issue": {"code": 1}, "project": {"name": "other"}}'))
    sandbox.requests.clear()
    hooked.work_off()
    assert hooked.asked() == []
    assert states(hooked) == {"drained": 1}


def test_behind_webhooks_alone_a_poll_waits_for_its_slow_turn(hooked, sandbox):
    hooked.incremental = "webhook"
    assert [report.mode for report in hooked.poll()] == ["full", "full", "full"]
    later(sandbox)
    assert [report.mode for report in hooked.poll()] == ["not_due"] * 3
    later(sandbox, 3600)
    assert [report.mode for report in hooked.poll()] == ["full", "full", "full"]


class _forged:  # noqa: N801 -- reads as a call
    """A delivery that the sandbox did not make."""

    made = 0

    def __init__(self, body: bytes) -> None:
        _forged.made += 1
        self.id, self.body = f"forged-{_forged.made}", body
