"""The command line and CODING: doctor step by step, a sync of it alone, and the inbox of the webhooks."""

import pytest

from coda_pipeline.sandbox.coding.config import ISSUES, PROFILE, USER
from coda_pipeline.sync.coding.deliveries import store_delivery
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.cli.conftest import Terminal


@pytest.fixture
def alone(ready: Terminal) -> Terminal:
    """A terminal whose configuration names a team of CODING and nothing of Coda."""
    config = ready.folder / "coda_pipeline.yaml"
    config.write_text("coding: {teams: [{name: demo-team, projects: [demo-project], incremental: both}]}")
    ready.env.pop("CODA_API_TOKEN")
    return ready


def test_doctor_tries_token_project_each_table_and_what_webhooks_need(alone: Terminal):
    answer = alone.here("doctor")
    assert answer.status == 0, answer.out
    for what in (
        "token CODING_TOKEN_DEMO_TEAM: acts as user",
        "project demo-team/demo-project: «",
        "project demo-team/demo-project, issues: can be read",
        "project demo-team/demo-project, project_members: can be read",
        "webhook CODING_WEBHOOK_SECRET_DEMO_TEAM: set",
    ):
        assert f"fine   {what}" in answer.out


def test_doctor_says_what_is_missing_and_how_to_get_it(alone: Terminal, coding):
    coding.people.restrict(coding.token, (USER, PROFILE, ISSUES))
    alone.env.pop("CODING_WEBHOOK_SECRET_DEMO_TEAM")
    answer = alone.here("doctor")
    assert answer.status == 1
    wrong = [line for line in answer.out.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 2
    assert "project_members" in wrong[0]
    assert "project:member:ro" in wrong[0]
    assert "/v1/webhooks/coding/demo-team" in wrong[1]


def test_doctor_names_the_variable_of_a_missing_token(alone: Terminal):
    alone.env.pop("CODING_TOKEN_DEMO_TEAM")
    answer = alone.here("doctor")
    assert answer.status == 1
    assert "CODING_TOKEN_DEMO_TEAM" in answer.out


def test_a_sync_of_coding_reads_its_tables_and_asks_nothing_of_coda(ready: Terminal, sandbox, coding):
    answer = ready.run("sync", "coding")
    assert answer.status == 0, answer.err
    assert f"coding.issues\t{len(coding.world.main.issues)}\t" in answer.out
    assert "coding.project_members" in answer.out
    assert list(sandbox.requests) == []


def test_a_sync_of_coding_without_a_team_says_what_to_add(ready: Terminal):
    (ready.folder / "coda_pipeline.yaml").write_text("coda: {docs: []}")
    answer = ready.here("sync", "coding")
    assert answer.status == 1
    assert "coding.teams" in answer.err


def test_deliveries_are_listed_and_replayed(ready: Terminal):
    good = b'{"event": "ISSUE_UPDATED", "issue": {"code": 7}, "project": {"name": "demo-project"}}'
    engine = warehouse_engine(ready.env["DATABASE_URL"])
    store_delivery(engine, "demo-team", {"X-Coding-Delivery": "d-1"}, good)
    store_delivery(engine, "demo-team", {"X-Coding-Delivery": "d-2"}, b"<html>")
    engine.dispose()
    listed = ready.here("webhooks", "list")
    assert listed.status == 0
    assert "d-1\tISSUE_UPDATED\tdemo-project" in listed.out
    assert "set_aside" in listed.out
    assert "d-1" not in ready.here("webhooks", "list", "--only", "set_aside").out
    assert ready.here("webhooks", "replay", "demo-team", "d-1").status == 0
    for unusable in ("d-2", "nothing-like-it"):
        answer = ready.here("webhooks", "replay", "demo-team", unusable)
        assert answer.status == 1
        assert unusable in answer.err
