"""Backfilling dumps in Dagster: partitions, checks, metadata, and the one run over Участие that follows."""

import re
import time
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterRun,
    DagsterRunStatus,
    ExecuteInProcessResult,
    SensorResult,
)
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from sqlalchemy import Engine, text

from coda_pipeline.defs.landed import Decision, Landing, decision
from coda_pipeline.defs.launch import load_dump_here
from coda_pipeline.defs.names import BACKFILL_JOB, DUMP_LANDED, RESOLVE_JOB
from coda_pipeline.sandbox.demo_doc import DocContent, demo_content
from coda_pipeline.sandbox.dump_files import write_dump
from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline_tests.defs.personal import readable
from coda_pipeline_tests.defs.workshop import Workshop

DUMP = "raw/participation_dump"
CORE = "core/participation"
DETECTED = ("encoding", "delimiter", "date_order")
BOTH_DAY_FIRST = "started_on: day first, ended_on: day first"


@pytest.fixture
def doc(workshop: Workshop) -> DocContent:
    """The doc that the sandbox serves, as a dump of it sees it."""
    config, clock = workshop.sandbox.config, workshop.sandbox.clock
    return demo_content(config.content, config.rows, config.seed, clock.now().date().replace(day=1))


@pytest.fixture
def backfilled(workshop: Workshop, doc: DocContent, tmp_path: Path) -> Workshop:
    """A workshop whose CODA_DUMP_DIR holds a dump of both years."""
    folder = tmp_path / "dumps"
    write_dump(doc, folder, "excel", name="uchastie-2023", year=2023)
    write_dump(doc, folder, "zip", name="uchastie-2024", year=2024)
    settings = workshop.settings.model_copy(update={"coda_dump_dir": folder})
    return Workshop(settings, workshop.sandbox, workshop.instance)


def load(workshop: Workshop, *years: str) -> ExecuteInProcessResult:
    """One run over these years, as the UI starts it."""
    job = workshop.definitions.resolve_job_def(BACKFILL_JOB)
    if len(years) == 1:
        return job.execute_in_process(
            instance=workshop.instance, partition_key=years[0], raise_on_error=False
        )
    tags = {
        "dagster/asset_partition_range_start": years[0],
        "dagster/asset_partition_range_end": years[-1],
    }
    return job.execute_in_process(instance=workshop.instance, tags=tags, raise_on_error=False)


def made_by(workshop: Workshop, run: ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    """What Dagster stored of each partition that a run loaded."""
    logs = workshop.instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
    events = [entry.dagster_event for entry in logs if entry.dagster_event]
    found = [event.step_materialization_data.materialization for event in events]
    return {
        made.partition: {name: value.value for name, value in made.metadata.items()}
        for made in found
        if made.partition
    }


def queries_of_the_docs() -> list[str]:
    """Every query in docs/backfill.md."""
    page = (PROJECT_DIR / "docs" / "backfill.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    return [query.strip() for block in blocks for query in block.split(";") if query.strip()]


def lines(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        query = text(
            "select year, line_id, row_hash, file_name, line_number from raw.participation_dump order by 1, 2"
        )
        return [tuple(row) for row in conn.execute(query)]


def test_one_run_over_all_years_and_one_run_a_year_end_the_same(backfilled: Workshop, engine: Engine) -> None:
    whole = load(backfilled, "2023", "2024")
    assert whole.success
    at_once = lines(engine)
    assert {row[0] for row in at_once} == {2023, 2024}
    assert all(load(backfilled, year).success for year in ("2023", "2024"))
    assert lines(engine) == at_once


def test_a_backfill_tells_what_became_of_every_line_and_names_nobody(
    backfilled: Workshop, doc: DocContent
) -> None:
    run = load(backfilled, "2023", "2024")
    checks = backfilled.checks(run.run_id)
    accounted = checks[DUMP, "accounted_for"]
    assert accounted.passed
    assert accounted.blocking
    numbers = {name: value.value for name, value in accounted.metadata.items()}
    assert numbers["lines"] == numbers["loaded"] + numbers["other_years"] + numbers["rejected"]
    assert numbers["rejected"] > 8
    assert not checks[DUMP, "rows_rejected"].passed
    assert not checks[DUMP, "rows_rejected"].blocking
    of_2023, of_2024 = (metadata for _, metadata in sorted(made_by(backfilled, run).items()))
    assert [of_2023[name] for name in DETECTED] == ["cp1251", "semicolon", BOTH_DAY_FIRST]
    assert [of_2024[name] for name in DETECTED] == ["utf-8", "comma", BOTH_DAY_FIRST]
    assert re.search(r"uchastie-2023\.csv: [\d,]+ bytes, SHA-256 [0-9a-f]{64}$", str(of_2023["files"]))
    assert of_2023["decimal_mark"] in {"comma", "point"}
    stored = readable(backfilled.everything_stored(run.run_id))
    assert "dump of 2024: begins" in stored
    assert f"2024: {of_2024['rows_read']} lines = {of_2024['rows_loaded']} loaded" in stored
    assert not {person.name for person in doc.people if person.name in stored}
    assert "Уволенный" not in stored


def test_a_year_that_cannot_be_read_stays_as_it_was_and_fails_the_run_but_not_the_other_year(
    backfilled: Workshop, engine: Engine
) -> None:
    load(backfilled, "2023")
    before = lines(engine)
    folder = backfilled.settings.dump_dir()
    (folder / "uchastie-2023.csv").write_text("Название,Бюджет\nСклад,1\n", encoding="utf-8")
    run = load(backfilled, "2023", "2024")
    assert not run.success
    assert "may be another table" in readable(backfilled.everything_stored(run.run_id))
    after = lines(engine)
    assert [line for line in after if line[0] == 2023] == before
    assert made_by(backfilled, run)["2024"]["rows_loaded"] == len(after) - len(before) > 0
    assert "2023" not in made_by(backfilled, run)
    assert look(backfilled).run_requests, "what was loaded is brought to Участие"


def test_a_file_given_by_path_is_loaded_and_resolved(backfilled: Workshop, engine: Engine) -> None:
    path = backfilled.settings.dump_dir() / "uchastie-2023.csv"
    runs = load_dump_here(backfilled.definitions, backfilled.instance, path, [2023])
    assert [run.success for run in runs] == [True, True]
    made = backfilled.materializations(runs[1].run_id)
    assert CORE in made
    with engine.connect() as conn:
        sources = dict(conn.execute(text("select source, count(*) from core.participation group by 1")).all())
        assert set(sources) == {"dump"}
        found = [conn.execute(text(query)).all() for query in queries_of_the_docs()]
    assert [bool(rows) for rows in found] == [True] * 5, "what docs/backfill.md tells to ask is answered"


def test_the_sum_of_records_holds_with_twins_and_lines(backfilled: Workshop) -> None:
    backfilled.run()
    load(backfilled, "2023", "2024")
    run = backfilled.run("participation")
    checks = backfilled.checks(run.run_id)
    assert checks["core/participation_records", "accounted_for"].passed
    numbers = {n: v.value for n, v in checks["core/participation_records", "accounted_for"].metadata.items()}
    assert numbers["twin"] > 20
    assert checks[CORE, "deleted_in_coda"].passed


# --- the run that follows


def look(workshop: Workshop, cursor: str | None = None) -> SensorResult:
    """One tick of the sensor."""
    return workshop.evaluate(DUMP_LANDED, cursor=cursor)


def test_one_run_over_participation_follows_a_backfill(backfilled: Workshop) -> None:
    assert not look(backfilled).run_requests
    load(backfilled, "2023", "2024")
    first = look(backfilled)
    assert len(first.run_requests or ()) == 1
    assert not look(backfilled, first.cursor).run_requests
    job = backfilled.definitions.resolve_job_def(RESOLVE_JOB)
    assert job.execute_in_process(instance=backfilled.instance).success
    assert not look(backfilled).run_requests


def test_the_run_over_participation_waits_for_backfills_and_runs_that_load(backfilled: Workshop) -> None:
    load(backfilled, "2024")
    instance, dump = backfilled.instance, AssetKey(DUMP.split("/"))
    requested = PartitionBackfill(
        backfill_id="everything",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=time.time(),
        asset_selection=[dump],
    )
    instance.add_backfill(requested)
    loading = DagsterRun("__ASSET_JOB", status=DagsterRunStatus.STARTED, asset_selection=frozenset({dump}))
    instance.add_run(loading)
    told = look(backfilled)
    assert not told.run_requests
    assert told.skip_reason is not None
    reason = told.skip_reason.skip_message or ""
    assert "backfill everything" in reason
    assert f"run {loading.run_id[:8]}" in reason
    instance.update_backfill(requested.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    assert not look(backfilled).run_requests
    instance.report_run_canceled(loading)
    assert len(look(backfilled).run_requests or ()) == 1


@pytest.mark.parametrize(
    ("newest", "seen", "in_flight", "resolved_from", "is_due"),
    [
        (None, None, [], None, False),
        (Landing(5, 100.0), None, [], None, True),
        (Landing(5, 100.0), 5, [], None, False),
        (Landing(5, 100.0), None, ["run 1"], None, False),
        (Landing(5, 100.0), 4, [], 90.0, True),
        (Landing(5, 100.0), 4, [], 110.0, False),
    ],
)
def test_a_run_is_due_once_no_dump_run_is_in_flight(
    newest: Landing | None, seen: int | None, in_flight: list[str], resolved_from: float | None, is_due: bool
) -> None:
    decided = decision(newest, seen=seen, in_flight=in_flight, resolved_from=resolved_from)
    assert (decided.why_not is None) is is_due
    assert decided == Decision(5) or decided.why_not
