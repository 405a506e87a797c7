"""Runs of sync_participation: from Coda to participations without duplicates, with every check."""

import pytest
from dagster import AssetCheckSeverity
from sqlalchemy import Engine, text

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.defs.personal import personal_texts, readable
from coda_pipeline_tests.defs.workshop import Workshop

RAW = "raw/coda_participation"
CORE = "core/participation"
RECORDS = "core/participation_records"
PLAN = "sync/participation_plan"
BLOCKING = {
    (RAW, "complete"),
    (RAW, "columns_as_mapped"),
    (CORE, "natural_key_unique"),
    (RECORDS, "accounted_for"),
}


def test_participation_goes_from_coda_to_core_in_one_run(workshop: Workshop, engine: Engine) -> None:
    run = workshop.run("participation")
    assert run.success
    assert workshop.job_name(run.run_id) == "sync_participation"
    made = workshop.materializations(run.run_id)
    assert set(made) == {RAW, CORE, RECORDS, PLAN}
    checks = workshop.checks(run.run_id)
    assert {key for key, check in checks.items() if check.blocking} == BLOCKING
    assert all(checks[key].passed for key in BLOCKING)
    assert all(
        check.severity is AssetCheckSeverity.WARN for key, check in checks.items() if key not in BLOCKING
    )
    with engine.connect() as conn:
        live = conn.scalar(text("select count(*) from core.participation"))
    told = made[CORE].metadata
    assert told["dagster/row_count"].value == told["rows_inserted"].value == live
    records = made[RECORDS].metadata
    outcomes = [records[name].value for name in ("survivors", "duplicates", "twins", "incomplete")]
    assert (
        sum(outcomes) == records["dagster/row_count"].value == made[RAW].metadata["dagster/row_count"].value
    )
    assert told["as_of"].value == records["as_of"].value == made[RAW].metadata["as_of"].value


def test_lineage_leads_from_each_field_to_the_columns_in_coda(workshop: Workshop) -> None:
    run = workshop.run("participation")
    lineage = workshop.materializations(run.run_id)[CORE].metadata["dagster/column_lineage"].value
    found = {
        column: {(dep.asset_key.to_user_string(), dep.column_name) for dep in deps}
        for column, deps in lineage.deps_by_column.items()
    }
    assert found["person_name"] == {(RAW, "сотрудник"), (RAW, "сотрудник_email")}
    assert found["started_on"] == {(RAW, "дата_начала")}
    shown = workshop.materializations(run.run_id)[RAW].metadata["dagster/column_schema"].value
    columns = {column.name for column in shown.columns}
    assert {name for deps in found.values() for _, name in deps} <= columns


def test_duplicates_are_shown_masked_with_links_to_their_rows(workshop: Workshop) -> None:
    hr = workshop.sandbox.hr
    first = hr.add_participation(
        "Верещагина Аполлинария",
        "vereschagina@example.com",
        project="Ревизия",
        role="Аналитик",
        started_on="2025-02-01",
    )
    copies = [hr.copy_row(first) for _ in range(8)]
    workshop.sandbox.settle()
    run = workshop.run("participation")
    assert run.success
    warned = workshop.checks(run.run_id)[RECORDS, "duplicates"]
    assert not warned.passed
    assert not warned.blocking
    worst = str(warned.metadata["details"].value).splitlines()[0]
    assert worst.startswith("- В… А… · Р… · А… · 2025-02-01: 9 rows")
    assert all(f"#_tugrid-Uchastie01/_ru{row}" in worst for row in [first, *copies])
    assert "Верещагина" not in readable(workshop.everything_stored(run.run_id))


def test_a_second_run_finds_nothing_to_do(workshop: Workshop) -> None:
    workshop.run("participation")
    run = workshop.run("participation")
    assert run.success
    told = workshop.materializations(run.run_id)[CORE].metadata
    changes = ("rows_read", "rows_inserted", "rows_updated", "rows_deleted", "merged", "requests")
    assert {told[name].value for name in changes} == {0}
    assert told["rows_unchanged"].value == told["dagster/row_count"].value > 0


@pytest.mark.parametrize(("column", "field"), [(schema.START, "started_on"), (schema.PERSON, "person")])
def test_a_mapped_column_that_is_gone_stops_core_and_says_what_to_do(
    workshop: Workshop, engine: Engine, column: str, field: str
) -> None:
    assert workshop.run("participation").success
    with engine.connect() as conn:
        before = conn.execute(text("select * from core.participation order by 1")).all()
    workshop.sandbox.hr.remove_column(column)
    workshop.sandbox.settle()
    run = workshop.run("participation", full=True)
    assert not run.success
    assert set(workshop.materializations(run.run_id)) == {RAW}
    failed = workshop.checks(run.run_id)[RAW, "columns_as_mapped"]
    assert not failed.passed
    assert failed.severity is AssetCheckSeverity.ERROR
    assert f"{field}: column {column} «" in (failed.description or "")
    assert "is no longer in the table. Bring it back in Coda" in (failed.description or "")
    with engine.connect() as conn:
        assert conn.execute(text("select * from core.participation order by 1")).all() == before


def test_a_mapped_column_that_became_a_checkbox_stops_core(workshop: Workshop) -> None:
    workshop.sandbox.hr.retype_column(schema.START, "checkbox")
    workshop.sandbox.settle()
    run = workshop.run("participation")
    assert not run.success
    assert set(workshop.materializations(run.run_id)) == {RAW}
    failed = workshop.checks(run.run_id)[RAW, "columns_as_mapped"]
    assert "«Дата начала» is of type checkbox in Coda and cannot hold it" in (failed.description or "")


def test_the_whole_sync_stores_no_personal_data_in_dagster(workshop: Workshop) -> None:
    people = personal_texts(workshop.sandbox)
    assert len(people) > 20
    run = workshop.run()
    assert run.success
    assert len(workshop.materializations(run.run_id)) == 7
    assert workshop.job_name(run.run_id) == "sync_coda"
    stored = readable(workshop.everything_stored(run.run_id))
    assert "«Сотрудник» in Coda" in stored
    assert not {text for text in people if text in stored}


def test_a_resolve_that_fails_on_a_row_tells_dagster_nothing_of_it(
    workshop: Workshop, engine: Engine
) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "create function public.refuse() returns trigger language plpgsql as "
            "$$ begin raise exception 'refused %%', new; end $$"
        )
        conn.exec_driver_sql(
            "create trigger a_refusal before insert on core.participation_all "
            "for each row execute function public.refuse()"
        )
    run = workshop.run("participation")
    assert not run.success
    stored = readable(workshop.everything_stored(run.run_id))
    assert "SQLSTATE P0001" in stored
    assert not {text for text in personal_texts(workshop.sandbox) if text in stored}
