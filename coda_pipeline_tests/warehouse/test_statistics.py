"""A table that was just filled is joined as a filled one, not as the empty one that it was a moment ago."""

from sqlalchemy import Engine, text

from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.statistics import MANY_ROWS, note_written
from coda_pipeline_tests.participation.table import Table

FILL = """
    insert into raw.coda_participation
           (row_id, values, row_hash, coda_created_at, coda_updated_at, first_seen_at, received_at, run_id)
    select 'i-' || n, jsonb_build_object('c-p', 'Анна ' || n, 'c-a', 'Обучение', 'c-r', 'Аналитик',
                                         'c-s', '2024-03-01T00:00:00.000+03:00'),
           'h' || n, now(), now(), now(), now(), 'test'
      from generate_series(1, :rows) as n
"""
FILLED = (
    "core.participation_all",
    "core.participation_records",
    "sync.participation_base",
    "sync.participation_state",
)


def known_rows(engine: Engine, table: str) -> int:
    with engine.connect() as conn:
        return int(fetch(conn, "select reltuples from pg_class where oid = to_regclass(%s)", [table])[0][0])


def test_the_planner_knows_the_rows_of_a_first_sync_as_soon_as_it_has_ended(engine: Engine):
    table = Table(engine)
    for name in FILLED:
        table.execute(f"alter table {name} set (autovacuum_enabled = off)")
    table.execute(FILL, rows=MANY_ROWS)
    table.sync()
    assert {known_rows(engine, name) for name in FILLED} == {MANY_ROWS}


def test_statistics_are_gathered_again_only_when_a_tenth_is_new(engine: Engine):
    Table(engine).execute("alter table raw.coda_participation set (autovacuum_enabled = off)")
    with engine.begin() as conn:
        conn.execute(text(FILL), {"rows": 10 * MANY_ROWS})
        note_written(conn, "raw.coda_participation", 10 * MANY_ROWS)
    for written, known in ((MANY_ROWS - 1, 10 * MANY_ROWS), (MANY_ROWS, 1)):
        with engine.begin() as conn:
            conn.execute(text("delete from raw.coda_participation where row_id <> 'i-1'"))
            note_written(conn, "raw.coda_participation", written)
        assert known_rows(engine, "raw.coda_participation") == known
