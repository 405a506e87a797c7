"""Where the application was faster: its edit stands, and nothing of a resolution that did not know of it."""

from dataclasses import replace

from coda_pipeline.sync.model import BaseKey, Conflict, ConflictKind, Outcome, ParticipationUpdate, Resolution
from coda_pipeline.warehouse.core import changes
from coda_pipeline.warehouse.core.apply import apply_resolution
from coda_pipeline_tests.core_tables.samples import NOW, P1, P2, apply, bound, fields, loaded, record


def test_an_edit_made_meanwhile_is_missed_and_nothing_of_it_is_applied(engine, application):
    apply(engine, bound())
    apply(engine, bound(P2, "i-b", role="менеджер"))
    before = loaded(engine)
    application.update(P1, comment="моё")
    late = Resolution(
        updates=(
            ParticipationUpdate(P1, 1, {"comment": "из Coda"}),
            ParticipationUpdate(P2, 1, {"comment": "из Coda"}),
        ),
        records=(
            record("i-a", row_hash="h2", outcome=Outcome.DUPLICATE),
            record("i-b", row_hash="h2", participation_id=P2),
        ),
        bases={
            BaseKey(P1, "participation:i-a"): fields(comment="из Coda"),
            BaseKey(P2, "participation:i-b"): fields(comment="из Coda"),
        },
        conflicts=(Conflict(P1, "r", ConflictKind.FIELD, "role", "a", "b", "c", "both_changed", "ask"),),
        resolved={P1: "new key", P2: "new key"},
    )

    assert apply(engine, late, seen={P1: 1, P2: 1}) == {P1}
    records, participations, bases, conflicts = loaded(engine)
    assert application.row(P1).comment == "моё"
    assert application.row(P2).comment == "из Coda"
    assert records[0] == before[0][0]
    assert records[1].row_hash == "h2"
    assert bases[BaseKey(P1, "participation:i-a")] == before[2][BaseKey(P1, "participation:i-a")]
    assert bases[BaseKey(P2, "participation:i-b")]["comment"] == "из Coda"
    assert conflicts == []
    assert {p.participation_id: p.natural_key for p in participations} == {P1: "key of i-a", P2: "new key"}
    with engine.connect() as conn:
        assert changes.pending_participations(conn) == [P1]


def test_an_edit_of_what_was_only_looked_at_is_missed_too(engine, application):
    apply(engine, bound())
    application.update(P1, comment="моё")

    assert apply(engine, Resolution(resolved={P1: "key"}), seen={P1: 1}) == {P1}
    with engine.connect() as conn:
        assert changes.pending_participations(conn) == [P1]


def test_a_conflict_of_a_missed_participation_stays_open(engine, application):
    stored = Conflict(P1, "r", ConflictKind.FIELD, "role", "a", "b", "c", "both_changed", "ask")
    apply(engine, replace(bound(), conflicts=(stored,)))
    application.update(P1, comment="моё")
    settle = Resolution(updates=(ParticipationUpdate(P1, 1, {"role": "c"}),), closed={1: "coda"})

    assert apply(engine, settle, seen={P1: 1}) == {P1}
    assert len(loaded(engine)[3]) == 1


def test_what_the_application_entered_meanwhile_is_not_entered_twice(engine, application):
    entered = application.insert()

    assert apply(engine, bound()) == {P1}
    records, participations, bases, _ = loaded(engine)
    assert [p.participation_id for p in participations] == [entered]
    assert (records, bases) == ([], {})


def test_after_such_a_miss_the_callers_transaction_goes_on(engine, application):
    application.insert()
    with engine.begin() as conn:
        apply_resolution(conn, bound(), seen={}, run_id="r", now=NOW)
        apply_resolution(conn, bound(P2, "i-b", role="менеджер"), seen={}, run_id="r", now=NOW)

    assert application.count() == 2
