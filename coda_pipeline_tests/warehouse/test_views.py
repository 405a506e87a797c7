"""What an analyst reads in schema `coda`: every type of cell, current rows and history, and what stays put.

Columns that change in Coda are in `test_ledger`, how columns are named in `test_view_columns`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.errors import ConfigurationError, DatabaseError
from coda_pipeline.warehouse.views import ensure_table, unfit_cells
from coda_pipeline_tests.warehouse.samples import (
    LATER,
    LINK,
    NOW,
    ask,
    fact,
    learn,
    person,
    put_all,
    relation,
    spec_of,
    typed_columns_of,
)

FULL = [
    fact("c-emp", "Сотрудник", "person"),
    fact("c-proj", "Проект", "lookup"),
    fact("c-start", "Дата начала", "date"),
    fact("c-load", "Доля", "percent"),
    fact("c-note", "Комментарий"),
    fact("c-pay", "Оклад", "currency"),
    fact("c-ok", "Подтверждено", "checkbox"),
    fact("c-tags", "Метки", "select", is_array=True),
    fact("c-team", "Команда", "person", is_array=True),
    fact("c-at", "Изменено в", "dateTime"),
    fact("c-photo", "Фото", "image"),
    fact("c-new", "Новое", "somethingNew"),
]
ROW = {
    "c-emp": person("Ёлкина Алёна", "alena@example.com"),
    "c-proj": relation("Обучение", "i-1"),
    "c-start": "2026-03-02T00:00:00.000-05:00",
    "c-load": 0.5,
    "c-note": "```она сказала: «да», 100%```",
    "c-pay": {"@type": "MonetaryAmount", "currency": "RUB", "amount": "42.50"},
    "c-ok": False,
    "c-tags": ["```удалённо```", "```а, б```"],
    "c-team": [person("А", "a@example.com"), person("Б")],
    "c-at": "2026-03-02T01:30:00.250+03:00",
    "c-photo": [{"@type": "ImageObject", "name": "p.png", "url": "https://example.com/p.png"}],
    "c-new": {"@type": "Unheard", "name": "что-то"},
}


def test_a_view_reads_as_an_analyst_writes_it_without_quotes(engine: Engine) -> None:
    learn(engine, FULL)
    put_all(engine, {"i-a": ROW})
    assert ask(
        engine,
        "select сотрудник, сотрудник_email, проект, проект_row_id, дата_начала from coda.participation",
    ) == [("Ёлкина Алёна", "alena@example.com", "Обучение", "i-1", date(2026, 3, 2))]


def test_every_kind_of_column_has_its_own_type(engine: Engine) -> None:
    learn(engine, FULL)
    put_all(engine, {"i-a": ROW})
    query = (
        "select доля, комментарий, оклад, подтверждено, метки, команда, команда_email, изменено_в, "
        "фото, новое "
        "from coda.participation"
    )
    assert ask(engine, query) == [
        (
            Decimal("0.5"),
            "она сказала: «да», 100%",
            Decimal("42.50"),
            False,
            ["удалённо", "а, б"],
            ["А", "Б"],
            ["a@example.com", None],
            datetime(2026, 3, 1, 22, 30, 0, 250_000, tzinfo=UTC),
            "https://example.com/p.png",
            "что-то",
        )
    ]


def test_a_blank_cell_reads_null_whatever_its_type(engine: Engine) -> None:
    learn(engine, FULL)
    blank = {f.id: [] if f.is_array else "" for f in FULL}
    put_all(engine, {"i-a": blank, "i-b": {}, "i-c": dict.fromkeys(blank, "``````")})
    for row in ask(engine, f"select {', '.join(typed_columns_of(engine))} from coda.participation"):
        assert set(row) == {None}
    with engine.connect() as conn:
        assert unfit_cells(conn, spec_of()) == {}


MISFITS = [
    "```после обеда```",
    True,
    7,
    {"@type": "Unheard"},
    ["a", ["b"]],
    "2026-02-30",
    "2026-13-01T25:00:00Z",
    "1e999999",
]


@pytest.mark.parametrize("cell", MISFITS)
def test_no_cell_of_any_type_makes_a_view_fail(engine: Engine, cell: object) -> None:
    learn(engine, FULL)
    put_all(engine, {"i-a": {f.id: cell for f in FULL}})
    assert len(ask(engine, "select * from coda.participation")) == 1
    assert len(ask(engine, "select * from coda.participation_history")) == 1


def test_a_cell_that_does_not_fit_reads_null_stays_in_values_and_is_counted(engine: Engine) -> None:
    learn(engine, FULL)
    put_all(
        engine,
        {
            "i-a": {"c-load": "```половина```", "c-start": "```2026-02-30```", "c-proj": "```нет такого```"},
            "i-b": {"c-load": "```0.25```", "c-start": "2024-02-29", "c-emp": "```кто-то```"},
            "i-c": {
                "c-team": [person("А"), "```кто-то```"],
                "c-at": "2026-03-02",
                "c-ok": "```может быть```",
            },
        },
    )
    assert ask(
        engine, "select доля, дата_начала, проект, сотрудник from coda.participation order by row_id"
    ) == [
        (None, None, "нет такого", None),
        (Decimal("0.25"), date(2024, 2, 29), None, "кто-то"),
        (None, None, None, None),
    ]
    assert ask(engine, "select values ->> 'c-load' from raw.coda_participation where row_id = 'i-a'") == [
        ("```половина```",)
    ]
    with engine.connect() as conn:
        assert unfit_cells(conn, spec_of()) == {
            "доля": 1,
            "дата_начала": 1,
            "проект_row_id": 1,
            "сотрудник_email": 1,
            "команда_email": 1,
            "изменено_в": 1,
            "подтверждено": 1,
        }


def test_only_current_rows_are_in_the_view_and_all_versions_in_the_history(engine: Engine) -> None:
    learn(engine, [fact("c-note", "Комментарий")])
    put_all(engine, {"i-a": {"c-note": "новый"}, "i-b": {"c-note": "удалён"}})
    with engine.begin() as conn:
        conn.execute(text("update raw.coda_participation set deleted_at = now() where row_id = 'i-b'"))
        conn.execute(
            text(
                "insert into raw.row_history "
                "(table_name, row_id, values, row_hash, valid_from, valid_to, ended_as) "
                "select t, id, jsonb_build_object('c-note', note), 'h', '2026-01-01Z', :now, ended_as "
                "from (values ('participation', 'i-a', 'старый', 'replaced'), "
                "('participation', 'i-b', 'удалён', 'deleted'), "
                "('people', 'i-a', 'чужой', 'replaced')) as x (t, id, note, ended_as)"
            ),
            {"now": NOW},
        )
    assert ask(engine, "select комментарий from coda.participation") == [("новый",)]
    what = "row_id, комментарий, valid_to, ended_as"
    query = f"select {what} from coda.participation_history order by row_id, valid_from"
    assert ask(engine, query) == [
        ("i-a", "старый", NOW, "replaced"),
        ("i-a", "новый", None, None),
        ("i-b", "удалён", NOW, "deleted"),
    ]


def test_views_and_columns_are_described_by_their_name_and_link_in_coda(engine: Engine) -> None:
    learn(engine, [fact("c-1", "Дата начала", "date")])
    assert ask(engine, "select obj_description('coda.participation'::regclass)") == [
        (f"Current rows of «Участие» in Coda: {LINK}",)
    ]
    assert ask(engine, "select col_description('coda.participation'::regclass, 5)") == [
        ("«Дата начала» in Coda (c-1, date)",)
    ]


def test_a_view_that_is_as_it_should_be_is_not_replaced(engine: Engine) -> None:
    learn(engine, FULL)
    before = ask(engine, "select xmin from pg_class where relname = 'participation'")
    learn(engine, FULL, now=LATER)
    assert ask(engine, "select xmin from pg_class where relname = 'participation'") == before


def test_a_view_that_somebody_dropped_is_made_again(engine: Engine) -> None:
    learn(engine, FULL)
    with engine.begin() as conn:
        conn.execute(text("drop view coda.participation"))
    learn(engine, FULL)
    assert ask(engine, "select * from coda.participation") == []


def test_a_view_changed_by_hand_is_named_in_the_error(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    with engine.begin() as conn:
        conn.execute(text("alter view coda.participation rename column а to моя"))
    with pytest.raises(DatabaseError, match=r"coda\.participation or its history was changed by hand"):
        learn(engine, [fact("c-1", "А"), fact("c-2", "Б")])


def test_the_name_of_a_table_may_be_a_word_of_sql(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")], spec=spec_of("select"))
    assert ask(engine, 'select а from coda."select"') == []


def test_a_name_cannot_change_to_another_coda_table(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    other = spec_of().model_copy(update={"table_id": "grid-other"})
    with (
        engine.begin() as conn,
        pytest.raises(ConfigurationError, match=r"grid-participation .* Choose another name"),
    ):
        ensure_table(conn, other)


def test_a_table_cannot_be_named_like_the_history_of_another(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    with engine.begin() as conn, pytest.raises(ConfigurationError, match="history of table 'participation'"):
        ensure_table(conn, spec_of("participation_history"))
