"""What the next resolve begins with: rows and participations that changed, and the mapping of the last."""

from coda_pipeline.sync.model import ParticipationUpdate, Resolution
from coda_pipeline.warehouse.core import changes
from coda_pipeline_tests.core_tables.samples import NOW, P1, SPEC, apply, bound, put_raw, record, run


def test_rows_never_resolved_changed_deleted_and_come_back_are_changed(engine):
    put_raw(engine, {"i-new": "h1", "i-same": "h1", "i-edited": "h2", "i-deleted": "h1", "i-back": "h1"})
    run(engine, "update raw.coda_participation set deleted_at = :now where row_id = 'i-deleted'", now=NOW)
    apply(
        engine,
        Resolution(
            records=(
                record("i-same"),
                record("i-edited"),
                record("i-deleted"),
                record("i-back", deleted_at=NOW, outcome=None),
            )
        ),
    )

    with engine.connect() as conn:
        assert sorted(changes.changed_rows(conn, "participation")) == [
            "i-back",
            "i-deleted",
            "i-edited",
            "i-new",
        ]


def test_a_row_of_another_source_with_the_same_id_does_not_count(engine):
    put_raw(engine, {"i-a": "h1"})
    apply(engine, Resolution(records=(record("i-a", record_id="other:i-a", source_table="other"),)))

    with engine.connect() as conn:
        assert changes.changed_rows(conn, "participation") == ["i-a"]


def test_raw_rows_are_given_as_received(engine):
    put_raw(engine, {"i-a": "h1", "i-b": "h2"})
    with engine.connect() as conn:
        chosen = list(changes.raw_rows(conn, SPEC, ["i-b"]))
        everything = list(changes.raw_rows(conn, SPEC, None))
        assert list(changes.raw_rows(conn, SPEC, [])) == []

    assert [(r.row_id, r.row_hash, r.values, r.created_at) for r in chosen] == [
        ("i-b", "h2", {"c-1": {"name": "i-b"}}, NOW)
    ]
    assert {r.row_id for r in everything} == {"i-a", "i-b"}


def test_what_was_resolved_is_not_pending_until_it_is_written_again(engine, application):
    apply(engine, bound())
    entered = application.insert(role="менеджер")
    with engine.connect() as conn:
        assert changes.pending_participations(conn) == [entered]
    apply(engine, Resolution(resolved={entered: "key"}), seen={entered: 1})
    with engine.connect() as conn:
        assert changes.pending_participations(conn) == []
    application.update(entered, comment="x")
    with engine.connect() as conn:
        assert changes.pending_participations(conn) == [entered]


def test_what_was_written_but_not_resolved_stays_pending(engine):
    apply(engine, bound())
    apply(engine, Resolution(updates=(ParticipationUpdate(P1, 1, {"comment": "x"}),)), seen={P1: 1})

    with engine.connect() as conn:
        assert changes.pending_participations(conn) == [P1]


def test_the_mapping_of_the_last_resolve_is_remembered(engine):
    with engine.begin() as conn:
        assert changes.mapping_fingerprint(conn) is None
        changes.remember_mapping(conn, "a", run_id="r1", now=NOW)
        changes.remember_mapping(conn, "b", run_id="r2", now=NOW)
        assert changes.mapping_fingerprint(conn) == "b"
