"""The sensors that look by themselves: alerts, and docs that people changed."""

import itertools
from collections.abc import Iterator
from uuid import UUID

import pytest
from dagster import DagsterRun, DagsterRunStatus
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.defs.build import build_definitions
from coda_pipeline.defs.doc_turns import Turns, looked, next_doc, turns_from
from coda_pipeline.defs.names import ALERTS, ALWAYS_ON, DOC_CHANGED, REQUEST_TABLE, SYNC_PARTICIPATION
from coda_pipeline.defs.trigger_decisions import decide
from coda_pipeline.settings import Settings
from coda_pipeline.warehouse.trigger_runs import OpenRequest
from coda_pipeline_tests.defs.workshop import Workshop
from coda_pipeline_tests.gateway.test_health import Chat

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def chat() -> Iterator[Chat]:
    found = Chat()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def alerting(workshop: Workshop, chat: Chat) -> Workshop:
    """Everything that a run needs, and a chat that is told."""
    settings = workshop.settings.model_copy(
        update={"coda_pipeline_alert_url": Settings(coda_pipeline_alert_url=chat.url).coda_pipeline_alert_url}
    )
    return Workshop(settings, workshop.sandbox, workshop.instance)


def test_failed_checks_and_failed_runs_are_told_once_and_so_is_their_end(
    alerting: Workshop, chat: Chat
) -> None:
    assert alerting.run("participation").success
    for _ in range(2):
        alerting.evaluate(ALERTS)
    subjects = [told["subject"] for told in chat.told]
    assert "check:core/participation_records:duplicates" in subjects
    assert len(subjects) == len(set(subjects))

    chat.told.clear()
    for _ in range(2):
        alerting.instance.add_run(DagsterRun(job_name=SYNC_PARTICIPATION, status=DagsterRunStatus.FAILURE))
        alerting.evaluate(ALERTS)
    assert [(told["subject"], told["state"]) for told in chat.told] == [("run:sync_participation", "failed")]

    alerting.instance.add_run(DagsterRun(job_name=SYNC_PARTICIPATION, status=DagsterRunStatus.SUCCESS))
    alerting.evaluate(ALERTS)
    assert chat.told[-1]["state"] == "ok"


def test_without_an_address_nobody_is_told_and_the_sensor_says_why(workshop: Workshop) -> None:
    assert "CODA_PIPELINE_ALERT_URL is not set" in (workshop.evaluate(ALERTS).skip_reason.skip_message or "")


def test_a_doc_that_people_changed_is_read_at_most_once_in_ten_minutes(workshop: Workshop) -> None:
    hr = workshop.sandbox.hr
    first = workshop.evaluate(DOC_CHANGED)
    assert not first.run_requests
    workshop.sandbox.clock.advance(5)
    hr.edit_row(hr.row_ids()[0], {"c-Note000001": "новое"})
    workshop.sandbox.settle()
    changed = workshop.evaluate(DOC_CHANGED, cursor=first.cursor)
    assert len(changed.run_requests or ()) == 1
    workshop.sandbox.clock.advance(5)
    hr.edit_row(hr.row_ids()[0], {"c-Note000001": "ещё новее"})
    workshop.sandbox.settle()
    assert not workshop.evaluate(DOC_CHANGED, cursor=changed.cursor).run_requests


def test_docs_have_their_turns_and_a_change_that_came_too_soon_is_found_later():
    turns = Turns()
    docs = ["a", "b"]
    order = []
    for now in (0, 60):
        doc = next_doc(turns, docs)
        order.append(doc)
        turns, is_due = looked(turns, doc, "1", now=now)
        assert not is_due
    assert order == ["a", "b"]
    turns, is_due = looked(turns, next_doc(turns, docs), "2", now=1000)
    assert is_due
    turns, is_due = looked(turns, next_doc(turns, docs), "2", now=1060)
    assert not is_due
    turns, _ = looked(turns, next_doc(turns, docs), "2", now=1120)
    turns, is_due = looked(turns_from(turns.text()), "b", "2", now=1700)
    assert is_due


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.integers(0, 400)), max_size=60))
def test_never_two_runs_within_ten_minutes(looks):
    turns, now, runs = Turns(), 1000.0, []
    for doc, version, pause_s in looks:
        now += pause_s
        turns, is_due = looked(turns, doc, str(version), now=now)
        if is_due:
            runs.append(now)
    assert all(later - earlier >= 600 for earlier, later in itertools.pairwise(runs))


def test_what_answers_people_is_on_everywhere_and_what_looks_by_itself_is_off():
    sensors = {
        sensor.name: sensor.default_status.value for sensor in build_definitions(Settings()).sensors or ()
    }
    assert {name for name, status in sensors.items() if status == "RUNNING"} == set(ALWAYS_ON) - {
        REQUEST_TABLE
    }
    assert sensors[DOC_CHANGED] == "STOPPED"


def test_every_sensor_says_what_it_is_for():
    assert all(len(sensor.description or "") > 60 for sensor in build_definitions(Settings()).sensors or ())


def request(request_id: UUID = ONE, state: str = "succeeded", **facts) -> OpenRequest:
    usual = {
        "attempt": 1,
        "is_due": True,
        "passes_done": 0,
        "age_s": 0.0,
        "read_at_s": 1.0,
        "is_covered": False,
    }
    return OpenRequest(request_id=request_id, state=state, **{**usual, **facts})


@pytest.mark.parametrize(
    ("requests", "keys", "settled"),
    [
        ([], [], []),
        ([request(state="queued", read_at_s=None)], [f"{ONE}:1"], []),
        ([request(state="queued", is_due=False)], [], []),
        ([request(state="running", age_s=500)], [], []),
        # The run of one takes the other along.
        ([request(state="queued", attempt=2), request(TWO, state="queued")], [f"{TWO}:1"], []),
        ([request(age_s=59)], [], []),
        ([request(age_s=61)], [f"{ONE}:1:1"], []),
        ([request(age_s=61, passes_done=1)], [], []),
        ([request(age_s=181, passes_done=1)], [f"{ONE}:1:2"], []),
        # Late: one read is enough for both.
        ([request(age_s=500)], [f"{ONE}:1:2"], []),
        # The first read began so late that it saw everything.
        ([request(age_s=500, read_at_s=200)], [], [ONE]),
        ([request(age_s=500, read_at_s=100)], [f"{ONE}:1:2"], []),
        ([request(age_s=61, is_covered=True)], [], [ONE]),
        ([request(age_s=61, state="needs_attention", attempt=3)], [f"{ONE}:3:1"], []),
    ],
)
def test_what_is_started_when(requests, keys, settled):
    found = decide(requests)
    assert [launch.run_key for launch in found.launches] == keys
    assert list(found.settled) == settled
