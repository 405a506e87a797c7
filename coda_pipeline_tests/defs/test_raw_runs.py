"""Runs that read Coda: what they store, what stops them, what they never tell."""

from dagster import AssetCheckSeverity
from sqlalchemy import Engine, text

from coda_pipeline.defs.names import PROCESS_TAG
from coda_pipeline.sandbox import schema
from coda_pipeline.warehouse.run_lock import living_runs
from coda_pipeline_tests.defs.personal import personal_texts, readable
from coda_pipeline_tests.defs.workshop import Workshop

PEOPLE = "raw/coda_people"


def test_a_read_tells_counts_times_links_and_columns(workshop: Workshop, engine: Engine) -> None:
    run = workshop.run("people")
    assert run.success
    made = workshop.materializations(run.run_id)[PEOPLE].metadata
    rows = len(workshop.sandbox.hr.row_ids(schema.PEOPLE))
    assert made["rows_inserted"].value == rows
    assert made["rows_read"].value == made["dagster/row_count"].value == rows
    for count in ("rows_updated", "rows_unchanged", "rows_deleted", "rows_held", "unfit_cells"):
        assert made[count].value == 0
    assert made["requests"].value > 0
    assert made["coda"].value == "https://coda.io/d/_dHrDemoDoc1#_tugrid-People0001"
    assert made["as_of"].value > 0
    assert made["mode"].value == "full (first_read)"
    columns = {column.name: column.type for column in made["dagster/column_schema"].value.columns}
    assert columns["фио"] == "text"
    assert "телефон" not in columns
    checks = workshop.checks(run.run_id)
    assert {name: check.passed for (_, name), check in checks.items()} == {
        "complete": True,
        "columns_as_mapped": True,
        "moved_under_read": True,
        "columns_changed": True,
        "deletions_held": True,
    }
    stored = workshop.instance.get_run_by_id(run.run_id)
    assert stored is not None
    assert " on " in stored.tags[PROCESS_TAG]
    assert living_runs(engine, [run.run_id]) == set()


def test_the_second_read_is_a_delta_and_the_tag_makes_it_full(workshop: Workshop) -> None:
    workshop.run("people")
    modes = [
        workshop.materializations(workshop.run("people", full=full).run_id)[PEOPLE].metadata["mode"].value
        for full in (False, True)
    ]
    assert modes == ["incremental", "full (asked)"]


def test_an_incomplete_read_is_a_failed_check_and_a_failed_run(workshop: Workshop, engine: Engine) -> None:
    hr, faults = workshop.sandbox.hr, workshop.sandbox.faults

    def one_goes_one_comes() -> None:
        hr.delete_rows(hr.row_ids(schema.PEOPLE)[0], schema.PEOPLE)
        hr.add_employee("Новая Сотрудница")
        workshop.sandbox.settle()

    faults.inject("row_count_off", path=f"tables/{schema.PEOPLE}$", times=None, by=3)
    faults.inject("act", path=f"{schema.PEOPLE}/rows$", skip=1, act=one_goes_one_comes)
    run = workshop.run("people")
    assert not run.success
    checks = workshop.checks(run.run_id)
    assert set(checks) == {(PEOPLE, "complete")}
    failed = checks[PEOPLE, "complete"]
    assert not failed.passed
    assert failed.blocking
    assert failed.severity is AssetCheckSeverity.ERROR
    assert failed.description
    assert workshop.materializations(run.run_id) == {}
    with engine.connect() as conn:
        there = conn.execute(text("select to_regclass('raw.coda_people')")).scalar()
        assert there is None or conn.execute(text("select count(*) from raw.coda_people")).scalar() == 0


def test_a_column_that_came_and_one_that_was_renamed_are_warned_of(workshop: Workshop) -> None:
    workshop.run("projects")
    workshop.sandbox.hr.add_column("Заказчик", table=schema.PROJECTS)
    workshop.sandbox.hr.rename_column(schema.TITLE, "Название проекта", schema.PROJECTS)
    workshop.sandbox.settle()
    run = workshop.run("projects", full=True)
    assert run.success
    warned = workshop.checks(run.run_id)["raw/coda_projects", "columns_changed"]
    assert not warned.passed
    assert not warned.blocking
    assert warned.severity is AssetCheckSeverity.WARN
    said = str(warned.metadata["details"].value)
    assert "«Заказчик» came" in said
    assert "«Название» is now named «Название проекта»" in said
    again = workshop.checks(workshop.run("projects", full=True).run_id)
    assert "came" not in str(again["raw/coda_projects", "columns_changed"].metadata["details"].value)


def test_held_deletions_are_warned_of_until_a_person_decides(workshop: Workshop) -> None:
    workshop.run("people")
    workshop.sandbox.hr.clear_table(schema.PEOPLE)
    workshop.sandbox.settle()
    run = workshop.run("people", full=True)
    assert run.success
    held = workshop.checks(run.run_id)[PEOPLE, "deletions_held"]
    made = workshop.materializations(run.run_id)[PEOPLE].metadata
    assert not held.passed
    assert "coda-pipeline deletions list" in (held.description or "")
    assert held.metadata["held"].value == made["rows_held"].value == made["dagster/row_count"].value > 0


def test_one_table_that_fails_does_not_keep_the_others_from_being_read(workshop: Workshop) -> None:
    workshop.sandbox.hr.remove_table(schema.ROLES)
    workshop.sandbox.settle()
    run = workshop.run("people", "projects", "roles")
    assert not run.success
    assert set(workshop.materializations(run.run_id)) == {PEOPLE, "raw/coda_projects"}


def test_a_database_error_that_quotes_a_row_tells_dagster_nothing_of_it(
    workshop: Workshop, engine: Engine
) -> None:
    workshop.run("people")
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "create function public.refuse() returns trigger language plpgsql as "
            "$$ begin raise exception 'refused %%', new.values; end $$"
        )
        conn.exec_driver_sql(
            "create trigger refuse before insert or update on raw.coda_people "
            "for each row execute function public.refuse()"
        )
    workshop.sandbox.hr.add_employee("Подставная Клавдия", "klavdia@example.com")
    workshop.sandbox.settle()
    run = workshop.run("people")
    assert not run.success
    stored = readable(workshop.everything_stored(run.run_id))
    assert "SQLSTATE P0001" in stored
    assert not {text for text in personal_texts(workshop.sandbox) if text in stored}


def test_reading_stores_no_personal_data_in_dagster(workshop: Workshop) -> None:
    people = personal_texts(workshop.sandbox)
    assert len(people) > 20
    run = workshop.run("people", full=True)
    assert run.success
    stored = readable(workshop.everything_stored(run.run_id))
    assert "«ФИО» in Coda" in stored
    assert workshop.sandbox.token not in stored
    assert not {text for text in people if text in stored}


def test_a_run_without_a_token_names_the_ways_out(workshop: Workshop) -> None:
    settings = workshop.settings.model_copy(update={"coda_api_token": None})
    run = Workshop(settings, workshop.sandbox, workshop.instance).run("people")
    assert not run.success
    stored = readable(workshop.everything_stored(run.run_id))
    assert "CODA_API_TOKEN" in stored
    assert "coda-pipeline demo" in stored


def test_a_run_without_a_database_names_both_ways(workshop: Workshop) -> None:
    settings = workshop.settings.model_copy(update={"database_url": None})
    run = Workshop(settings, workshop.sandbox, workshop.instance).run("people")
    assert not run.success
    stored = readable(workshop.everything_stored(run.run_id))
    assert "DATABASE_URL is not set" in stored
    assert "`embedded`" in stored
