"""The button without a public door: a row in Coda is a press, and its answer is written into it."""

import pytest
from dagster import RunRequest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import DEMO_CATALOG
from coda_pipeline.defs.names import REQUEST_TABLE, TRIGGER_REQUESTS
from coda_pipeline.sandbox import schema
from coda_pipeline_tests.defs.test_requests import let_pass
from coda_pipeline_tests.defs.workshop import Workshop

SECTION = f"""
gateway:
  time_zone: Europe/Moscow
  request_table:
    {{doc: HrDemoDoc1, table: {schema.PEOPLE}, answer: {schema.PHONE}, requested_by: {schema.FULL_NAME}}}
"""


@pytest.fixture
def asking(workshop: Workshop, tmp_path) -> Workshop:
    """A workshop whose people table plays the request table: a press is a person without a telephone."""
    for row_id in workshop.sandbox.hr.row_ids(schema.PEOPLE):
        workshop.sandbox.hr.edit_row(row_id, {schema.PHONE: "давно отвечено"}, schema.PEOPLE)
    workshop.sandbox.settle()
    config = tmp_path / "coda_pipeline.yaml"
    config.write_text(DEMO_CATALOG.read_text(encoding="utf-8") + SECTION, encoding="utf-8")
    settings = workshop.settings.model_copy(
        update={"coda_pipeline_config": config, "coda_pipeline_allow_write": True}
    )
    return Workshop(settings, workshop.sandbox, workshop.instance)


def press_in_coda(workshop: Workshop) -> str:
    row_id = workshop.sandbox.hr.add_row({schema.FULL_NAME: "Кадровик 🎄 <b>"}, schema.PEOPLE)
    workshop.sandbox.settle()
    return row_id


def answer_in(workshop: Workshop, row_id: str) -> str:
    workshop.sandbox.settle()
    return str(workshop.sandbox.hr.row(row_id, schema.PEOPLE).get(schema.PHONE, ""))


def launched(workshop: Workshop) -> list[RunRequest]:
    return list(workshop.evaluate(TRIGGER_REQUESTS).run_requests or ())


def test_a_row_starts_a_sync_and_finds_its_answer(asking: Workshop, engine: Engine) -> None:
    first = asking.evaluate(REQUEST_TABLE)
    row_id = press_in_coda(asking)
    second = asking.evaluate(REQUEST_TABLE, cursor=first.cursor)
    assert answer_in(asking, row_id) == ""
    with engine.connect() as conn:
        presses = conn.execute(text("select requested_by, doc_id, row_url from ops.trigger_presses")).all()
    assert [press[:2] for press in presses] == [("Кадровик 🎄 <b>", "HrDemoDoc1")]
    assert row_id in presses[0].row_url

    asking.answer(launched(asking)[0])
    third = asking.evaluate(REQUEST_TABLE, cursor=second.cursor)
    assert answer_in(asking, row_id).endswith("Правки последней минуты ещё могут прийти.")
    let_pass(engine, 200)
    asking.answer(launched(asking)[0])
    fourth = asking.evaluate(REQUEST_TABLE, cursor=third.cursor)
    final = answer_in(asking, row_id)
    assert final.startswith("Готово, данные на ")
    assert "ещё могут прийти" not in final
    asking.evaluate(REQUEST_TABLE, cursor=fourth.cursor)
    assert asking.sandbox.requests.count("PUT") == 2


def test_rows_that_were_answered_before_and_rows_seen_twice_start_nothing(
    asking: Workshop, engine: Engine
) -> None:
    press_in_coda(asking)
    for _ in range(3):
        asking.evaluate(REQUEST_TABLE)
    with engine.connect() as conn:
        assert conn.scalar(text("select count(*) from ops.trigger_presses")) == 1


def test_without_permission_to_write_rows_start_syncs_and_nothing_is_written(
    asking: Workshop, engine: Engine
) -> None:
    silent = Workshop(
        asking.settings.model_copy(update={"coda_pipeline_allow_write": False}),
        asking.sandbox,
        asking.instance,
    )
    row_id = press_in_coda(silent)
    silent.evaluate(REQUEST_TABLE)
    silent.answer(launched(silent)[0])
    silent.evaluate(REQUEST_TABLE)
    assert answer_in(silent, row_id) == ""
    assert silent.sandbox.requests.count("PUT") == 0


def test_a_row_that_hr_deleted_is_not_waited_for(asking: Workshop, engine: Engine) -> None:
    row_id = press_in_coda(asking)
    asking.evaluate(REQUEST_TABLE)
    asking.sandbox.hr.delete_rows(row_id, schema.PEOPLE)
    asking.sandbox.settle()
    asking.answer(launched(asking)[0])
    asking.evaluate(REQUEST_TABLE)
    with engine.connect() as conn:
        assert conn.scalar(text("select is_final from ops.request_rows"))
