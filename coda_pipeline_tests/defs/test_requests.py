"""From a press to its answer: the sensor starts a run, the run closes the request, and nothing is dropped."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from dagster import DagsterRun, DagsterRunStatus, RunRequest
from sqlalchemy import Engine, text

from coda_pipeline.defs.names import CLEAN_UP, PASS_TAG, REQUEST_TAG, SYNC_PARTICIPATION, TRIGGER_REQUESTS
from coda_pipeline.defs.trigger_sensor import wait_for_work
from coda_pipeline.sandbox import schema
from coda_pipeline.warehouse.trigger_requests import Press, TriggerRequest, find_request, take_press
from coda_pipeline_tests.defs.workshop import Workshop
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving


def press(engine: Engine) -> UUID:
    with engine.begin() as conn:
        return take_press(conn, Press(requested_by="hr@example.org"))[0]


def request_in(engine: Engine, request_id: UUID) -> TriggerRequest:
    with engine.connect() as conn:
        found = find_request(conn, request_id)
    assert found
    return found


def let_pass(engine: Engine, seconds: float) -> None:
    """Everything about requests happened so many seconds earlier."""
    columns = ("requested_at", "last_pressed_at", "not_before", "started_at", "read_started_at", "as_of")
    shifts = ", ".join(f"{name} = {name} - make_interval(secs => {seconds})" for name in columns)
    with engine.begin() as conn:
        conn.execute(text(f"update ops.trigger_requests set {shifts}"))


def launched(workshop: Workshop) -> list[RunRequest]:
    return list(workshop.evaluate(TRIGGER_REQUESTS).run_requests or ())


def has_work(engine: Engine) -> bool:
    """Whether the sensor would start anything; without staying for what may come."""
    return bool(wait_for_work(engine, stays_s=0).launches)


@pytest.fixture
def served(workshop: Workshop, engine: Engine) -> Iterator[Served]:
    with serving(gateway_on(engine, workshop.settings.catalog())) as found:
        yield found


def test_a_press_becomes_one_run_which_closes_the_request(workshop: Workshop, engine: Engine) -> None:
    request_id = press(engine)
    (asked,) = launched(workshop)
    assert asked.run_key == f"{request_id}:1"
    run = workshop.answer(asked)
    assert run.success
    found = request_in(engine, request_id)
    assert (found.state, found.run_id, found.attempt) == ("succeeded", run.run_id, 1)
    rows = len(workshop.sandbox.hr.row_ids())
    assert (found.counts["read"], found.counts["inserted"]) == (rows, rows)
    assert found.counts["duplicates"] > 0
    assert found.as_of
    assert found.started_at
    assert (found.started_at - found.as_of).total_seconds() == 30
    assert not has_work(engine)


def test_presses_during_the_read_are_answered_by_exactly_one_more_run(
    workshop: Workshop, engine: Engine
) -> None:
    first = press(engine)
    during: list[UUID] = []
    workshop.sandbox.faults.inject(
        "act", path="rows$", act=lambda: during.extend(press(engine) for _ in range(3))
    )
    (asked,) = launched(workshop)
    assert workshop.answer(asked).success
    (second,) = set(during)
    assert request_in(engine, first).state == "succeeded"
    assert [more.run_key for more in launched(workshop)] == [f"{second}:1"]


def test_an_edit_made_just_before_the_press_arrives_within_the_request_and_until_then_the_answer_says_so(
    workshop: Workshop, engine: Engine, served: Served
) -> None:
    assert workshop.run("participation").success
    caller = served.caller("trigger")
    row = workshop.sandbox.hr.row_ids()[0]
    workshop.sandbox.hr.edit_row(row, {schema.NOTE: "правка перед нажатием"})
    told = caller.press().json()
    workshop.answer(launched(workshop)[0])

    first = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert first["state"] == "succeeded"
    assert first["counts"]["updated"] == 0
    assert not first["is_settled"]
    assert "изменений пока нет. Правки последней минуты ещё могут прийти." in first["message"]

    workshop.sandbox.clock.advance(60)
    let_pass(engine, 61)
    (further,) = launched(workshop)
    assert further.run_key == f"{told['request_id']}:1:1"
    workshop.answer(further)
    second = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert second["counts"]["updated"] == 1
    assert "1 изменена. Правки последней минуты ещё могут прийти." in second["message"]

    let_pass(engine, 121)
    (last,) = launched(workshop)
    assert last.run_key == f"{told['request_id']}:1:2"
    workshop.answer(last)
    third = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert third["is_settled"]
    assert third["message"].endswith(": 1 изменена.")
    assert not has_work(engine)


def test_further_reads_are_skipped_once_a_newer_request_covers_them(
    workshop: Workshop, engine: Engine
) -> None:
    first = press(engine)
    workshop.answer(launched(workshop)[0])
    let_pass(engine, 61)
    second = press(engine)
    assert [asked.run_key for asked in launched(workshop)] == [f"{second}:1"]
    assert request_in(engine, first).passes_done == 2


def test_a_run_that_fails_for_now_is_tried_again_under_a_new_run_key(
    workshop: Workshop, engine: Engine
) -> None:
    request_id, hr, faults = press(engine), workshop.sandbox.hr, workshop.sandbox.faults
    faults.inject("row_count_off", path=f"tables/{schema.PARTICIPATION}$", times=None, by=3)

    def one_goes_one_comes() -> None:
        hr.delete_rows(hr.row_ids()[0])
        hr.add_row()
        workshop.sandbox.settle()

    keys = []
    for attempt in (1, 2, 3):
        faults.inject("act", path="rows$", skip=1, act=one_goes_one_comes)
        (asked,) = launched(workshop)
        keys.append(asked.run_key)
        assert not workshop.answer(asked).success
        found = request_in(engine, request_id)
        assert (found.state, found.error_kind) == (
            "queued" if attempt < 3 else "failed",
            "IncompleteReadError",
        )
        assert not has_work(engine)
        let_pass(engine, 1000)
    assert keys == [f"{request_id}:{attempt}" for attempt in (1, 2, 3)]


def test_a_press_during_a_run_that_fails_is_answered_all_the_same(workshop: Workshop, engine: Engine) -> None:
    first = press(engine)
    pressed: list[UUID] = []
    workshop.sandbox.faults.inject("act", path="rows$", act=lambda: pressed.append(press(engine)))
    workshop.sandbox.faults.inject("html", path="rows$")
    assert not workshop.answer(launched(workshop)[0]).success
    assert request_in(engine, first).state == "failed"
    assert request_in(engine, first).error_kind == "ProtocolError"
    workshop.answer(launched(workshop)[0])
    assert request_in(engine, pressed[0]).state == "succeeded"


def test_a_refused_token_fails_at_once_and_names_its_owner(workshop: Workshop, served: Served) -> None:
    caller = served.caller("trigger")
    told = caller.press().json()
    workshop.sandbox.faults.inject("status", path="rows$", times=None, status=401)
    workshop.answer(launched(workshop)[0])
    answer = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert answer["state"] == "failed"
    assert answer["error"]["kind"] == "TokenError"
    assert "Coda не принимает ключ доступа пользователя hr.sync@example.com." in answer["message"]
    assert "данные остались прежними" in answer["message"]


def test_a_column_that_is_gone_fails_in_words_and_names_the_check(workshop: Workshop, served: Served) -> None:
    caller = served.caller("trigger")
    workshop.sandbox.hr.remove_column(schema.START)
    workshop.sandbox.settle()
    told = caller.press().json()
    workshop.answer(launched(workshop)[0])
    answer = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="en").json()
    assert (answer["state"], answer["error"]["kind"]) == ("failed", "CheckFailed")
    assert "raw/coda_participation: columns_as_mapped" in answer["message"]


def test_rows_that_wait_for_a_word_ask_for_attention(workshop: Workshop, served: Served) -> None:
    assert workshop.run("participation").success
    workshop.sandbox.hr.clear_table()
    workshop.sandbox.settle()
    caller = served.caller("trigger")
    told = caller.press().json()
    workshop.answer(launched(workshop)[0])
    answer = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert answer["state"] == "needs_attention"
    assert answer["counts"]["held"] > 100
    assert "Нужно ваше решение:" in answer["message"]


@pytest.mark.parametrize("status", [DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS])
def test_a_request_whose_run_died_before_it_read_is_taken_up_again(
    workshop: Workshop, engine: Engine, status: DagsterRunStatus
) -> None:
    request_id = press(engine)
    (asked,) = launched(workshop)
    tags = {**asked.tags, "dagster/run_key": asked.run_key or ""}
    workshop.instance.add_run(DagsterRun(job_name=SYNC_PARTICIPATION, status=status, tags=tags))
    workshop.evaluate(CLEAN_UP)
    assert request_in(engine, request_id).state == "queued"
    let_pass(engine, 60)
    assert [again.run_key for again in launched(workshop)] == [f"{request_id}:2"]


def test_a_request_whose_run_was_killed_in_the_middle_is_taken_up_again_and_the_dead_run_ended(
    workshop: Workshop, engine: Engine
) -> None:
    request_id = press(engine)
    (asked,) = launched(workshop)
    tags = {**asked.tags, "dagster/run_key": asked.run_key or ""}
    run = workshop.instance.add_run(
        DagsterRun(job_name=SYNC_PARTICIPATION, status=DagsterRunStatus.STARTED, tags=tags)
    )
    with engine.begin() as conn:
        query = "update ops.trigger_requests set state = 'running', run_id = :run_id, started_at = now()"
        conn.execute(text(query), {"run_id": run.run_id})
    first = workshop.evaluate(CLEAN_UP)
    assert request_in(engine, request_id).state == "running"
    workshop.evaluate(CLEAN_UP, cursor=first.cursor)
    ended = workshop.instance.get_run_by_id(run.run_id)
    assert ended
    assert ended.status is DagsterRunStatus.FAILURE
    found = request_in(engine, request_id)
    assert (found.state, found.attempt) == ("queued", 2)


def test_a_request_whose_run_was_cancelled_by_hand_has_failed_and_says_so(
    workshop: Workshop, engine: Engine
) -> None:
    request_id = press(engine)
    (asked,) = launched(workshop)
    tags = {**asked.tags, "dagster/run_key": asked.run_key or ""}
    workshop.instance.add_run(
        DagsterRun(job_name=SYNC_PARTICIPATION, status=DagsterRunStatus.CANCELED, tags=tags)
    )
    workshop.evaluate(CLEAN_UP)
    found = request_in(engine, request_id)
    assert (found.state, found.error_kind) == ("failed", "Cancelled")


def test_a_further_read_that_died_is_not_waited_for(workshop: Workshop, engine: Engine) -> None:
    request_id = press(engine)
    workshop.answer(launched(workshop)[0])
    let_pass(engine, 61)
    (asked,) = launched(workshop)
    assert asked.tags[PASS_TAG] == "1"
    tags = {**asked.tags, "dagster/run_key": asked.run_key or ""}
    workshop.instance.add_run(
        DagsterRun(job_name=SYNC_PARTICIPATION, status=DagsterRunStatus.FAILURE, tags=tags)
    )
    workshop.evaluate(CLEAN_UP)
    assert request_in(engine, request_id).passes_done == 1
    assert not has_work(engine)


def test_a_run_without_a_request_answers_nobody(workshop: Workshop, engine: Engine) -> None:
    request_id = press(engine)
    assert workshop.run("participation").success
    assert request_in(engine, request_id).state == "queued"


def test_what_was_pressed_while_everything_was_down_runs_later(workshop: Workshop, engine: Engine) -> None:
    request_id = press(engine)
    let_pass(engine, 86_400)
    assert [asked.tags[REQUEST_TAG] for asked in launched(workshop)] == [str(request_id)]


def test_the_sensor_stays_only_as_long_as_nobody_presses(workshop: Workshop, engine: Engine) -> None:
    slept: list[float] = []

    def press_meanwhile(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            press(engine)

    found = wait_for_work(engine, stays_s=1000, clock=lambda: 0.0, sleep=press_meanwhile)
    assert len(found.launches) == 1
    assert len(slept) == 3
