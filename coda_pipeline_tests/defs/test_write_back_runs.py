"""Runs of the write-back: what the application changed reaches Coda, and Dagster hears counts alone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.warehouse.installation import adopt_installation
from coda_pipeline_tests.defs.personal import personal_texts, readable
from coda_pipeline_tests.defs.workshop import Workshop

PLAN, SENT = "sync/participation_plan", "sync/participation_write_back"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A doc whose writes show within a second."""
    config = SandboxConfig(rows=120, rates=None, snapshot_lag_s=0.2, write_delay_s=0.1)
    with SandboxServer(config, clock=ScaledClock()) as server:
        yield server


@pytest.fixture
def writing(workshop: Workshop, engine: Engine) -> Workshop:
    """The workshop, allowed to send; its database is a copy, which a person has to adopt."""
    with engine.begin() as conn:
        adopt_installation(conn)
    settings = Settings(
        **{**workshop.settings.model_dump(exclude_unset=True), "coda_pipeline_allow_write": True}
    )
    return replace(workshop, settings=settings)


def edit_one(engine: Engine, comment: str) -> str:
    """The application writes a comment; the row in Coda."""
    with engine.begin() as conn:
        return str(
            conn.scalar(
                text(
                    "update core.participation set comment = :comment where participation_id ="
                    " (select participation_id from core.participation where coda_row_id is not null"
                    "   and person_email is not null order by 1 limit 1) returning coda_row_id"
                ),
                {"comment": comment},
            )
        )


def test_an_edit_of_the_application_is_in_coda_after_the_write_back(
    writing: Workshop, engine: Engine
) -> None:
    writing.run("participation")
    row = edit_one(engine, "Согласовано с Верещагиной")
    assert writing.run("participation").success
    run = writing.write_back()
    assert run.success
    assert writing.sandbox.hr.row(row)[schema.NOTE] == "Согласовано с Верещагиной"
    told = writing.materializations(run.run_id)[SENT].metadata
    assert told["updated"].value == told["verified"].value == 1
    assert told["pending"].value == told["rejected"].value == 0
    assert told["requests"].value > 0
    assert "Верещагин" not in readable(writing.everything_stored(run.run_id))
    assert not {
        text
        for text in personal_texts(writing.sandbox)
        if text in readable(writing.everything_stored(run.run_id))
    }


def test_without_permission_everything_runs_up_to_the_plan_and_says_so(
    workshop: Workshop, engine: Engine
) -> None:
    workshop.run("participation")
    row = edit_one(engine, "не уйдёт")
    made = workshop.materializations(workshop.run("participation").run_id)[PLAN].metadata
    assert made["updates"].value == made["rows_to_send"].value == 1
    assert "CODA_PIPELINE_ALLOW_WRITE" in str(made["sending"].value)
    run = workshop.write_back()
    assert run.success
    told = workshop.materializations(run.run_id)[SENT].metadata
    assert "CODA_PIPELINE_ALLOW_WRITE" in str(told["nothing_sent_because"].value)
    assert not workshop.sandbox.requests.count(method="PUT")
    assert (
        schema.NOTE not in workshop.sandbox.hr.row(row)
        or workshop.sandbox.hr.row(row)[schema.NOTE] != "не уйдёт"
    )


def test_a_further_round_is_silent_in_both_directions(writing: Workshop, engine: Engine) -> None:
    writing.run("participation")
    edit_one(engine, "один раз")
    writing.run("participation")
    writing.write_back()
    run = writing.run("participation")
    told = writing.materializations(run.run_id)
    changes = ("rows_inserted", "rows_updated", "rows_deleted")
    assert {told["core/participation"].metadata[name].value for name in changes} == {0}
    assert told[PLAN].metadata["rows_to_send"].value == 0
    sent = writing.materializations(writing.write_back().run_id)[SENT].metadata
    assert {sent[name].value for name in ("created", "updated", "deleted", "keyed", "pending")} == {0}


def test_pulling_alone_makes_no_plan(workshop: Workshop) -> None:
    run = workshop.run("participation", pull_only=True)
    assert run.success
    assert PLAN not in workshop.materializations(run.run_id)
