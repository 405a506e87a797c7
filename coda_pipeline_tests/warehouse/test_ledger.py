"""What becomes of a column that changes in Coda: what others built on goes on working, a person accepts."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.warehouse.ledger import accept
from coda_pipeline_tests.warehouse.samples import (
    LATER,
    ask,
    columns_of,
    fact,
    learn,
    put,
    put_all,
    typed_columns_of,
)


def test_a_rename_and_a_new_type_leave_the_views_of_others_working(engine: Engine) -> None:
    learn(engine, [fact("c-h", "Часы", "number"), fact("c-role", "Роль", "select")])
    put_all(engine, {"i-a": {"c-h": 8, "c-role": "```аналитик```"}})
    with engine.begin() as conn:
        conn.execute(text("create schema mine"))
        conn.execute(
            text("create view mine.report as select роль, sum(часы) from coda.participation group by 1")
        )
    changes = learn(engine, [fact("c-h", "Часы", "text"), fact("c-role", "Должность", "select")], now=LATER)
    assert [(c.before, c.after) for c in changes.renamed] == [("Роль", "Должность")]
    assert [(c.before, c.after) for c in changes.retyped] == [("number", "text")]
    assert typed_columns_of(engine) == ["часы", "роль", "часы_text"]
    with engine.begin() as conn:
        put(conn, "i-b", {"c-h": "```8 ч```"})
    assert ask(engine, "select роль, часы, часы_text from coda.participation order by row_id") == [
        ("аналитик", Decimal(8), "8"),
        (None, None, "8 ч"),
    ]
    assert ask(engine, "select * from mine.report order by 1") == [("аналитик", Decimal(8)), (None, None)]


def test_accepting_renames_and_drops_nothing(engine: Engine) -> None:
    learn(engine, [fact("c-h", "Часы", "number"), fact("c-role", "Роль", "select")])
    with engine.begin() as conn:
        conn.execute(text("create schema mine"))
        conn.execute(text("create view mine.report as select роль, часы from coda.participation"))
    learn(engine, [fact("c-h", "Часы", "text"), fact("c-role", "Должность", "select")], now=LATER)
    put_all(engine, {"i-a": {"c-h": "```8 ч```", "c-role": "```аналитик```"}, "i-b": {"c-h": 8}})
    with engine.begin() as conn:
        renamed = accept(conn, "participation", None)
    assert {(r.before, r.after) for r in renamed} == {
        ("роль", "должность"),
        ("часы", "часы_number"),
        ("часы_text", "часы"),
    }
    query = "select должность, часы, часы_number from coda.participation order by row_id"
    assert ask(engine, query) == [("аналитик", "8 ч", None), (None, "8", Decimal(8))]
    assert ask(engine, "select роль, часы from mine.report order by 1") == [
        ("аналитик", None),
        (None, Decimal(8)),
    ]
    # and the next reads leave it so, back and forth
    learn(engine, [fact("c-h", "Часы", "number"), fact("c-role", "Должность", "select")], now=LATER)
    assert typed_columns_of(engine) == ["часы_number", "должность", "часы"]
    with engine.begin() as conn:
        accept(conn, "participation", "c-h")
    assert typed_columns_of(engine) == ["часы", "должность", "часы_text"]
    assert columns_of(engine, "coda.participation_history")[6:] == ["часы", "должность", "часы_text"]


def test_two_columns_that_change_names_can_both_be_accepted(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А"), fact("c-2", "Б")])
    learn(engine, [fact("c-1", "Б"), fact("c-2", "А")], now=LATER)
    with engine.begin() as conn:
        accept(conn, "participation", None)
    assert len(set(typed_columns_of(engine))) == 2


def test_accepting_what_the_ledger_does_not_know_is_refused(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    with engine.begin() as conn, pytest.raises(ConfigurationError, match="c-none"):
        accept(conn, "participation", "c-none")


def test_grants_survive_growth_and_acceptance(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    with engine.begin() as conn:
        conn.execute(text("grant select on coda.participation, coda.participation_history to pg_monitor"))
    learn(engine, [fact("c-1", "Б"), fact("c-2", "В", "number")], now=LATER)
    with engine.begin() as conn:
        accept(conn, "participation", None)
    for view in ("participation", "participation_history"):
        assert ask(engine, f"select has_table_privilege('pg_monitor', 'coda.{view}', 'select')") == [(True,)]


def test_a_column_that_goes_leaves_its_view_column_and_may_return(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А"), fact("c-2", "Б")])
    gone = learn(engine, [fact("c-1", "А")], now=LATER)
    assert [c.column_id for c in gone.gone] == ["c-2"]
    assert typed_columns_of(engine) == ["а", "б"]
    assert not learn(engine, [fact("c-1", "А")], now=LATER)
    back = learn(engine, [fact("c-1", "А"), fact("c-2", "Б")], now=LATER)
    assert [c.column_id for c in back.returned] == ["c-2"]


def test_the_first_sight_of_a_table_is_no_change_and_a_new_column_is(engine: Engine) -> None:
    assert not learn(engine, [fact("c-1", "А")])
    assert [c.column_id for c in learn(engine, [fact("c-0", "Я"), fact("c-1", "А")]).added] == ["c-0"]
    assert typed_columns_of(engine) == ["а", "я"]
