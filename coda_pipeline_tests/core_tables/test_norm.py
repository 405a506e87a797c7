"""`core.norm` and `sync.normalize.norm` are twins."""

import unicodedata

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coda_pipeline.sync.normalize import norm

# Python and PostgreSQL know different versions of Unicode; what both know folds alike for ever.
ASSIGNED = st.characters(exclude_categories=("Cn", "Cs"), exclude_characters="\0")
SPACES = "".join(c for c in map(chr, range(1, 0x10000)) if c.isspace())
TEXTS = st.one_of(
    st.text(ASSIGNED),
    st.text("АЕЁаеё йИ\u0306\u0308 IİıßẞςΣσ№ﬁ½Å«»-'\"", max_size=12),
    st.text(SPACES + "аb", max_size=12),
)


@pytest.fixture
def conn(database):
    with psycopg.connect(database, autocommit=True) as found:
        yield found


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_the_twins_are_equal(conn, texts):
    rows = conn.execute(
        "select core.norm(t) from unnest(%s::text[]) with ordinality as u (t, n) order by n", [texts]
    )

    assert [row[0] for row in rows] == [norm(t) for t in texts]


def test_the_twins_are_equal_on_every_character(conn):
    characters = [c for c in map(chr, range(1, 0x110000)) if unicodedata.category(c) not in ("Cn", "Cs")]
    rows = conn.execute("select t, core.norm('x' || t || 'y') from unnest(%s::text[]) as u (t)", [characters])

    differ = [hex(ord(c)) for c, normed in rows if normed != norm(f"x{c}y")]
    assert differ == []


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Алёна  Ёлкина ", "алена елкина"),
        ("\tИванов\u00a0Иван\r\n", "иванов иван"),
        ("ﬁnance №5", "finance no5"),
        ("STRASSE straße", "strasse strasse"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_what_counts_as_the_same_spelling(conn, typed, compared):
    assert conn.execute("select core.norm(%s)", [typed]).fetchone() == (compared,)
    assert norm(typed) == compared


def test_no_text_stays_no_text(conn):
    assert conn.execute("select core.norm(null)").fetchone() == (None,)


def test_a_server_whose_locale_knows_no_russian_compares_alike(database):
    query = "select core.norm('ЁЛКИНА Алёна'), core.norm('İ ΑΣ ÉCOLE I')"
    with psycopg.connect(database) as conn:
        here = conn.execute(query).fetchone()
        for function in ("core.norm", "core.norm_thoroughly"):
            body = conn.execute(f"select pg_get_functiondef('{function}(text)'::regprocedure)").fetchone()[0]
            conn.execute(
                body.replace('COLLATE "default"', 'COLLATE "C"').replace('collate "default"', 'collate "C"')
            )
        assert conn.execute("select lower('Я' collate \"C\")").fetchone() == ("Я",)
        assert conn.execute(query).fetchone() == here
