"""`deletions`: the list, and a person's word."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import DEMO_CATALOG, load_catalog
from coda_pipeline.warehouse.held import held_rows
from coda_pipeline.warehouse.views import ensure_table
from coda_pipeline_tests.cli.conftest import Terminal

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _held(engine: Engine) -> None:
    """Three rows of Участие that vanished."""
    with engine.begin() as conn:
        ensure_table(conn, load_catalog(DEMO_CATALOG).table("participation"))
        for row_id in ("i-1", "i-2", "i-3"):
            conn.execute(
                text("""
                insert into raw.coda_participation (row_id, values, row_hash, first_seen_at, received_at)
                values (:row, '{}', '', :now, :now)
                """),
                {"row": row_id, "now": NOW},
            )
            conn.execute(
                text("""
                insert into sync.held_deletions (table_name, row_id, held_at, run_id, state)
                values ('participation', :row, :now, 'run', 'held')
                """),
                {"row": row_id, "now": NOW},
            )


def states(engine: Engine) -> dict[str, str]:
    with engine.connect() as conn:
        return {row.row_id: row.state for row in held_rows(conn)}


def deleted(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        query = "select row_id from raw.coda_participation where deleted_at is not null order by 1"
        return list(conn.scalars(text(query)))


def test_the_list_names_every_row(ready: Terminal):
    answer = ready.here("deletions", "list")
    assert answer.status == 0
    assert answer.out.splitlines() == [
        "table\trow id\tstate\theld at\tdecided by",
        *(f"participation\ti-{n}\theld\t2024-05-01 12:00\t" for n in (1, 2, 3)),
    ]


def test_confirming_deletes_exactly_the_named_rows(ready: Terminal, engine: Engine):
    answer = ready.here("deletions", "confirm", "participation", "i-1", "i-3")
    assert answer.status == 0, answer.err
    assert "2 row(s)" in answer.out
    assert deleted(engine) == ["i-1", "i-3"]
    assert states(engine) == {"i-2": "held"}


def test_confirming_all(ready: Terminal, engine: Engine):
    assert ready.here("deletions", "confirm", "participation", "--all").status == 0
    assert deleted(engine) == ["i-1", "i-2", "i-3"]


def test_ignoring_keeps_rows_alive_and_says_who_decided(ready: Terminal, engine: Engine):
    assert ready.here("deletions", "ignore", "participation", "--all").status == 0
    assert deleted(engine) == []
    assert set(states(engine).values()) == {"ignored"}
    with engine.connect() as conn:
        assert all(row.decided_by for row in held_rows(conn))


def test_a_row_that_is_not_held_stops_the_command_before_anything_is_done(ready: Terminal, engine: Engine):
    answer = ready.here("deletions", "confirm", "participation", "i-1", "i-9")
    assert answer.status == 1
    assert "i-9" in answer.err
    assert deleted(engine) == []


def test_nothing_held_is_not_a_success(ready: Terminal):
    assert ready.here("deletions", "confirm", "people", "--all").status == 1


@pytest.mark.parametrize("args", [[], ["i-1", "--all"]])
def test_rows_or_all_must_be_said(ready: Terminal, args: list[str], engine: Engine):
    assert ready.here("deletions", "confirm", "participation", *args).status == 2
    assert deleted(engine) == []
