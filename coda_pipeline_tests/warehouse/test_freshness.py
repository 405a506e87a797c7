from sqlalchemy import Engine, text

from coda_pipeline_tests.warehouse.samples import LATER, LINK, NOW, ask, fact, learn, put_all


def test_freshness_tells_for_each_table_what_is_known_of_it(engine: Engine) -> None:
    learn(engine, [fact("c-1", "А")])
    assert ask(engine, "select table_name, as_of, live_rows, held, outcome from core.freshness") == [
        ("participation", None, 0, 0, None)
    ]
    put_all(engine, {"i-a": {}, "i-b": {}, "i-c": {}})
    with engine.begin() as conn:
        conn.execute(text("update raw.coda_participation set deleted_at = now() where row_id = 'i-c'"))
        conn.execute(
            text(
                "insert into sync.held_deletions (table_name, row_id, held_at, state) values "
                "('participation', 'i-a', :now, 'held'), ('participation', 'i-b', :now, 'ignored')"
            ),
            {"now": NOW},
        )
        conn.execute(
            text(
                "insert into sync.cursors "
                "(table_name, doc_id, table_id, as_of, last_read_at, last_full_at, last_outcome) "
                "values ('participation', 'Doc', 'grid-participation', :now, :later, :now, 'complete')"
            ),
            {"now": NOW, "later": LATER},
        )
    assert ask(engine, "select * from core.freshness") == [
        ("participation", "Участие", LINK, NOW, LATER, NOW, 2, 1, "complete")
    ]
