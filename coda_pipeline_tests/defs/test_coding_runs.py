"""Runs that read CODING: what they store, what one failure leaves alone, and what has them started."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import DagsterInstance, RunRequest, SkipReason
from sqlalchemy import Engine

from coda_pipeline.defs.build import build_definitions
from coda_pipeline.defs.coding_jobs import look_into_inbox
from coda_pipeline.defs.coding_launch import run_coding_here
from coda_pipeline.defs.coding_names import INCOMING_TAG, WEBHOOK_SENSOR, WEBHOOKS
from coda_pipeline.defs.coding_turn import Launch, Rest, turn_of
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.coding.config import ISSUES, PROFILE, PROJECT, TEAM, USER, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.deliveries import store_delivery
from coda_pipeline.warehouse.coding.inbox import Waiting
from coda_pipeline_tests.defs.personal import readable
from coda_pipeline_tests.defs.workshop import Workshop

ASSETS = {"raw/coding_issues", "raw/coding_iterations", "raw/coding_project_members"}
NOW = ScaledClock().now()


@pytest.fixture
def coding() -> Iterator[CodingSandboxServer]:
    """The demo's project, without rate limits, at the present time."""
    with CodingSandboxServer(CodingConfig(rate=None), clock=ScaledClock()) as found:
        found.hooks.connect(found.world.main.id, "http://unused.invalid/", "secret")
        yield found


@pytest.fixture
def workshop(
    database: str, coding: CodingSandboxServer, instance: DagsterInstance, tmp_path, monkeypatch
) -> Workshop:
    """Everything that a run of CODING needs; two projects, of which there is one."""
    config = tmp_path / "coda_pipeline.yaml"
    config.write_text(f"coding: {{teams: [{{name: {TEAM}, projects: [{PROJECT}], incremental: both}}]}}")
    monkeypatch.setenv("CODING_TOKEN_DEMO_TEAM", coding.token)
    settings = Settings(
        database_url=database,
        coding_base_url=coding.base_url,
        coda_pipeline_config=config,
        dagster_home=tmp_path / "dagster_home",
    )
    return Workshop(settings, coding, instance)  # type: ignore[arg-type]


def run(workshop: Workshop, **options):
    return run_coding_here(workshop.definitions, workshop.instance, **options)


def store_all(coding: CodingSandboxServer, engine: Engine) -> None:
    """Take in what the hooks have made."""
    for delivery in coding.hooks.log:
        store_delivery(engine, TEAM, {"X-Coding-Delivery": delivery.id}, delivery.body)
    coding.hooks.log.clear()


def test_a_poll_makes_all_three_tables_and_tells_counts_times_and_links(workshop, coding):
    result = run(workshop)
    assert result.success
    made = workshop.materializations(result.run_id)
    assert set(made) == ASSETS
    metadata = made["raw/coding_issues"].metadata
    assert (
        metadata["rows_inserted"].value
        == metadata["dagster/row_count"].value
        == len(coding.world.main.issues)
    )
    for count in ("rows_updated", "rows_unchanged", "rows_deleted", "rows_held"):
        assert metadata[count].value == 0
    assert metadata["requests"].value > 0
    assert metadata["as_of"].value > 0
    assert f"{coding.base_url}/p/{PROJECT}" in str(metadata["projects"].value)
    checks = workshop.checks(result.run_id)
    assert {name for name, check in checks.items() if not check.passed} == set()
    assert ("raw/coding_issues", "references_resolve") in checks


def test_a_missing_scope_stops_its_own_table_and_says_so(workshop, coding):
    coding.people.restrict(coding.token, (USER, PROFILE, ISSUES))
    result = run(workshop)
    assert not result.success
    assert set(workshop.materializations(result.run_id)) == ASSETS - {"raw/coding_project_members"}
    failed = workshop.checks(result.run_id)["raw/coding_project_members", "complete"]
    assert not failed.passed
    assert "project:member:ro" in str(failed.metadata["details"].value)


def test_a_wrong_project_does_not_keep_the_others_from_being_read(workshop, coding, tmp_path):
    config = tmp_path / "two.yaml"
    config.write_text(f"coding: {{teams: [{{name: {TEAM}, projects: [nowhere, {PROJECT}]}}]}}")
    settings = workshop.settings.model_copy(update={"coda_pipeline_config": config})
    other = Workshop(settings, workshop.sandbox, workshop.instance)
    result = run(other, tables=["issues"])
    assert not result.success
    made = other.materializations(result.run_id)["raw/coding_issues"].metadata
    assert made["rows_read"].value == len(coding.world.main.issues)
    failed = other.checks(result.run_id)["raw/coding_issues", "complete"]
    assert "nowhere" in str(failed.metadata["details"].value)


def test_what_webhooks_brought_is_worked_off_by_a_run_of_the_same_job(workshop, coding, engine):
    run(workshop)
    code = coding.people.create_issue("From a hook")
    store_all(coding, engine)
    result = run(workshop, tables=["issues"], from_webhooks=True)
    assert result.success
    metadata = workshop.materializations(result.run_id)["raw/coding_issues"].metadata
    assert (metadata["deliveries"].value, metadata["rows_inserted"].value) == (1, 1)
    with engine.connect() as conn:
        found = conn.exec_driver_sql("select name from coding.issues where code = %s", (code,)).scalar_one()
    assert found == "From a hook"


def test_the_sensor_starts_a_run_for_the_tables_that_deliveries_speak_of(workshop, coding, engine, instance):
    assert isinstance(look_into_inbox(instance, engine, [TEAM], now=NOW), SkipReason)
    coding.people.create_issue("From a hook")
    store_all(coding, engine)
    asked = look_into_inbox(instance, engine, [TEAM], now=NOW)
    assert isinstance(asked, RunRequest)
    assert [key.to_user_string() for key in asked.asset_selection or ()] == ["raw/coding_issues"]
    assert asked.tags[INCOMING_TAG] == WEBHOOKS
    assert look_into_inbox(instance, engine, [TEAM], now=NOW).run_key == asked.run_key
    run(workshop, tables=["issues"], from_webhooks=True)
    assert isinstance(look_into_inbox(instance, engine, [TEAM], now=NOW), SkipReason)


def test_what_keeps_waiting_is_tried_again_now_and_then_and_new_ones_at_once():
    waiting = Waiting(2, NOW, NOW, ("issues",))
    first = turn_of(waiting, is_under_way=False, now=NOW)
    assert isinstance(first, Launch)
    later = turn_of(waiting, is_under_way=False, now=NOW + timedelta(minutes=10))
    newer = turn_of(Waiting(3, NOW, NOW, ("issues",)), is_under_way=False, now=NOW)
    assert len({turn.run_key for turn in (first, later, newer) if isinstance(turn, Launch)}) == 3
    assert isinstance(turn_of(waiting, is_under_way=True, now=NOW), Rest)


def test_reading_stores_no_personal_data_in_dagster(workshop, coding, engine):
    coding.people.add_member("Подставная Клавдия", email="klavdia@example.com")
    coding.people.create_issue("Тайное название задачи", description="Тайное описание")
    store_all(coding, engine)
    runs = [run(workshop), run(workshop, from_webhooks=True)]
    assert all(result.success for result in runs)
    stored = "".join(readable(workshop.everything_stored(result.run_id)) for result in runs)
    secret = ("Подставная", "klavdia@", "Тайное", coding.token)
    assert not {text for text in secret if text in stored}


def test_without_a_token_the_run_names_the_variable(workshop, monkeypatch):
    monkeypatch.delenv("CODING_TOKEN_DEMO_TEAM")
    settings = Settings(**workshop.settings.model_dump(exclude_unset=True))
    result = run(Workshop(settings, workshop.sandbox, workshop.instance), tables=["issues"])
    assert not result.success
    assert "CODING_TOKEN_DEMO_TEAM" in readable(workshop.everything_stored(result.run_id))


def test_there_is_no_sensor_where_no_team_takes_webhooks(workshop, tmp_path):
    config = tmp_path / "polled.yaml"
    config.write_text(f"coding: {{teams: [{{name: {TEAM}, projects: [{PROJECT}]}}]}}")
    polled = build_definitions(workshop.settings.model_copy(update={"coda_pipeline_config": config}))
    assert WEBHOOK_SENSOR not in {sensor.name for sensor in polled.sensors or ()}
    assert WEBHOOK_SENSOR in {sensor.name for sensor in workshop.definitions.sensors or ()}
