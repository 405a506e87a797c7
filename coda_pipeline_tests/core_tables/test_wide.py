"""`core.participation_wide` shows a participation with the rest of its row, and only ever grows."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coda_pipeline.catalog import parse_catalog
from coda_pipeline.warehouse.core.wide import grow_wide
from coda_pipeline_tests.core_tables.samples import P1, apply, bound
from coda_pipeline_tests.warehouse.samples import fact, learn, put, spec_of

COLUMNS = [
    fact("c-person", "Сотрудник", "person"),
    fact("c-act", "Проект", "lookup"),
    fact("c-role", "Роль"),
    fact("c-start", "Дата начала", "date"),
    fact("c-dept", "Отдел"),
    fact("c-lead", "Руководитель", "person"),
    fact("c-salary", "Оклад", "currency"),
    fact("c-comment", "Comment"),
]


def catalog(*, exclude=("c-salary",)):
    return parse_catalog(
        {
            "coda": {
                "docs": [
                    {
                        "id": "Doc",
                        "tables": [{"id": "grid-participation", "name": "participation", "exclude": exclude}],
                    }
                ]
            },
            "participation": {
                "sources": [
                    {
                        "table": "participation",
                        "fields": {
                            "person": "c-person",
                            "activity": "c-act",
                            "role": "c-role",
                            "started_on": "c-start",
                        },
                    }
                ]
            },
        },
        source="test",
    )


def grow(engine, **settings):
    with engine.begin() as conn:
        return grow_wide(conn, catalog(**settings))


@pytest.fixture
def read(engine):
    """The source was read, its row is P1's."""
    learn(engine, COLUMNS, spec=spec_of(excluded=["c-salary"]))
    with engine.begin() as conn:
        put(conn, "i-a", {"c-dept": "Кадры", "c-salary": 100, "c-comment": "из Coda"})
    apply(engine, bound(comment="наш"))
    return engine


def test_a_participation_is_shown_with_the_other_columns_of_its_row(read, application):
    added = grow(read)

    assert added == ["отдел", "руководитель", "руководитель_email", "comment_2"]
    row = application.execute("select * from core.participation_wide").fetchone()
    assert (row.participation_id, row.отдел, row.comment, row.comment_2) == (P1, "Кадры", "наш", "из Coda")


def test_one_without_a_row_in_coda_is_shown_too(read, application):
    grow(read)
    entered = application.insert(role="другая")

    query = "select отдел, row_link from core.participation_wide where participation_id = %s"
    assert application.execute(query, entered).fetchone() == (None, None)


def test_before_anything_was_read_the_view_is_there(application):
    made = application.insert()

    assert application.execute("select participation_id from core.participation_wide").fetchall() == [(made,)]


def test_growing_twice_changes_nothing(read):
    grow(read)

    assert grow(read) == []


def test_a_new_column_comes_last_and_what_others_built_on_the_view_stays(read):
    grow(read)
    with read.begin() as conn:
        conn.execute(text("create view public.report as select отдел from core.participation_wide"))
    learn(read, [*COLUMNS[:4], fact("c-new", "Аа"), *COLUMNS[4:]], spec=spec_of(excluded=["c-salary"]))

    assert grow(read) == ["аа"]
    with read.connect() as conn:
        assert conn.execute(text("select отдел from public.report")).all() == [("Кадры",)]
        assert list(conn.execute(text("select * from core.participation_wide")).keys())[-1] == "аа"


def test_an_excluded_column_is_not_shown(read):
    grow(read)

    with read.connect() as conn:
        assert "оклад" not in list(conn.execute(text("select * from core.participation_wide")).keys())


def test_a_column_excluded_later_reads_nothing(read):
    grow(read)
    learn(read, COLUMNS, spec=spec_of(excluded=["c-salary", "c-dept"]))
    grow(read, exclude=("c-salary", "c-dept"))

    with read.connect() as conn:
        assert conn.execute(text("select отдел from core.participation_wide")).all() == [(None,)]


def test_a_column_says_where_it_comes_from(read):
    grow(read)
    query = """
        select col_description(attrelid, attnum) from pg_attribute
         where attrelid = 'core.participation_wide'::regclass and attname = 'отдел'"""
    with read.connect() as conn:
        assert "«Отдел» in Coda" in (conn.scalar(text(query)) or "")


def test_it_cannot_be_written(read):
    with pytest.raises(DBAPIError), read.begin() as conn:
        conn.execute(text("update core.participation_wide set role = 'x'"))
