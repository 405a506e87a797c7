from sqlalchemy import Engine, text

from coda_pipeline.warehouse.views import ensure_table
from coda_pipeline_tests.warehouse.samples import (
    LATER,
    NOW,
    ask,
    fact,
    learn,
    put_all,
    spec_of,
    typed_columns_of,
)

COLUMNS = [fact("c-note", "Комментарий"), fact("c-salary", "Оклад", "currency")]
EXCLUDED = spec_of(excluded=["c-salary"])
SECRET = "123456.78"


def test_an_excluded_column_never_becomes_a_view_column_nor_shows_its_options(engine: Engine) -> None:
    learn(engine, COLUMNS, spec=EXCLUDED)
    assert typed_columns_of(engine) == ["комментарий"]
    assert ask(engine, "select format from sync.columns where column_id = 'c-salary'") == [({},)]


def test_values_of_a_newly_excluded_column_leave_rows_history_and_views(engine: Engine) -> None:
    learn(engine, COLUMNS)
    put_all(engine, {"i-a": {"c-note": "x", "c-salary": SECRET}})
    with engine.begin() as conn:
        conn.execute(
            text(
                "insert into raw.row_history "
                "(table_name, row_id, values, row_hash, valid_from, valid_to, ended_as) "
                "select 'participation', row_id, values, row_hash, :then, :now, 'replaced' "
                "from raw.coda_participation"
            ),
            {"then": NOW, "now": LATER},
        )
    changes = learn(engine, COLUMNS, spec=EXCLUDED)
    assert [c.column_id for c in changes.newly_excluded] == ["c-salary"]
    assert ask(
        engine, "select values from raw.coda_participation union all select values from raw.row_history"
    ) == [
        ({"c-note": "x"},),
        ({"c-note": "x"},),
    ]
    assert ask(engine, "select комментарий, оклад from coda.participation") == [("x", None)]
    assert ask(engine, "select col_description('coda.participation'::regclass, 6)") == [
        ("«Оклад» in Coda (c-salary, currency), excluded: reads NULL",)
    ]


def test_a_read_that_fails_later_has_already_removed_them(engine: Engine) -> None:
    learn(engine, COLUMNS)
    put_all(engine, {"i-a": {"c-note": "x", "c-salary": SECRET}})
    with engine.begin() as conn:
        ensure_table(conn, EXCLUDED)
    assert ask(engine, "select values from raw.coda_participation") == [({"c-note": "x"},)]


def test_a_stray_value_of_an_excluded_column_is_not_shown(engine: Engine) -> None:
    learn(engine, COLUMNS)
    learn(engine, COLUMNS, spec=EXCLUDED)
    put_all(engine, {"i-a": {"c-salary": SECRET}})
    assert ask(engine, "select оклад from coda.participation") == [(None,)]


def test_a_column_that_is_included_again_is_reported_and_keeps_its_name(engine: Engine) -> None:
    learn(engine, COLUMNS)
    learn(engine, COLUMNS, spec=EXCLUDED)
    changes = learn(engine, COLUMNS)
    assert [c.column_id for c in changes.reincluded] == ["c-salary"]
    assert typed_columns_of(engine) == ["комментарий", "оклад"]
