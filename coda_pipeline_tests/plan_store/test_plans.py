"""Plans in the database: one open plan per source and kind, and what people said about its rows."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.plan_model import Hold, HoldCode, Op, Plan, PlanKind
from coda_pipeline.warehouse.write_back.decisions import decide, decisions_of, decisions_on, last_decision
from coda_pipeline.warehouse.write_back.mappings import approve_mapping, approved_mapping, note_first_mapping
from coda_pipeline.warehouse.write_back.plan_heads import list_plans, plan_head
from coda_pipeline.warehouse.write_back.plans import load_plan, open_plans, plans_to_send, store_plan
from coda_pipeline.warehouse.write_back.rejected import reject
from coda_pipeline_tests.plan_store.samples import (
    DELETION,
    FULL_ROW,
    NOW,
    P1,
    P2,
    P3,
    UNKNOWN,
    marks,
    plan,
    row,
    select,
    write,
)

MAPPING = Hold(HoldCode.MAPPING, "the mapping changed")
TABLES = ("sync.plans", "sync.plan_rows", "sync.plan_decisions", "sync.approved_mappings")


def store(engine: Engine, new: Plan) -> int:
    with engine.begin() as conn:
        return store_plan(conn, new, run_id="run", now=NOW)


def loaded(engine: Engine, plan_id: int) -> Plan:
    with engine.connect() as conn:
        return load_plan(conn, plan_id)


def to_send(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        return [found.digest for one in plans_to_send(conn) for found in one.rows]


def say(engine: Engine, plan_id: int, *digests: str, is_approved: bool = True) -> int:
    with engine.begin() as conn:
        return decide(conn, plan_id, digests or None, is_approved=is_approved, by="anna", now=NOW)


def test_a_plan_comes_back_as_it_was_stored(engine: Engine) -> None:
    new = plan(row(), FULL_ROW, blocked_by=("complete: the last read failed",))
    plan_id = store(engine, new)
    assert loaded(engine, plan_id) == replace(new, plan_id=plan_id, made_at=NOW)


def test_an_equal_plan_writes_nothing_and_is_the_same_plan(engine: Engine) -> None:
    new = plan(row(), FULL_ROW)
    plan_id = store(engine, new)
    before = marks(engine, *TABLES)
    assert store(engine, plan(*reversed(new.rows))) == plan_id
    assert marks(engine, *TABLES) == before


@pytest.mark.parametrize(
    "other",
    [
        plan(row(after="другой")),
        plan(row(P1, Op.UPDATE, DELETION)),
        plan(row(cells={"c-n": "иначе"})),
        plan(row(), mapping="m2"),
        plan(row(), blocked_by=("x",)),
        plan(),
    ],
    ids=["values", "holds", "cells", "mapping", "verdict", "nothing"],
)
def test_a_plan_that_says_anything_else_replaces_the_open_one(engine: Engine, other: Plan) -> None:
    first = store(engine, plan(row()))
    second = store(engine, other)
    assert second != first
    with engine.connect() as conn:
        assert [found.plan_id for found in open_plans(conn)] == [second]
        assert [(head.plan_id, head.state) for head in list_plans(conn)] == [
            (second, "open"),
            (first, "replaced"),
        ]
        assert plan_head(conn, first).updates == 1
    assert select(engine, "select distinct plan_id from sync.plan_rows") == [(second,)] * bool(other.rows)


def test_sources_and_kinds_have_their_own_plans(engine: Engine) -> None:
    plans = [plan(row()), plan(row(P2, Op.KEY), kind=PlanKind.KEYS), plan(source_table="other")]
    assert len({store(engine, one) for one in plans}) == 3
    with engine.connect() as conn:
        assert len(open_plans(conn)) == 3


def test_a_plan_is_counted_by_what_it_does_and_why_it_waits(engine: Engine) -> None:
    plan_id = store(
        engine, plan(row(P1, Op.DELETE, DELETION, UNKNOWN), row(P2, Op.DELETE, DELETION), row(P3))
    )
    with engine.connect() as conn:
        head = plan_head(conn, plan_id)
    assert (head.creates, head.updates, head.deletes, head.keys, head.held) == (0, 1, 2, 0, 2)
    assert head.held_by == {"deletion": 2, "person_unknown": 1}


def test_an_approval_frees_a_row_of_what_waits_for_a_person_and_of_nothing_else(engine: Engine) -> None:
    plan_id = store(
        engine, plan(row(P1, Op.DELETE, DELETION), row(P2, Op.DELETE, DELETION, UNKNOWN), row(P3))
    )
    assert to_send(engine) == [row(P3).digest]
    assert say(engine, plan_id) == 3
    assert [r.holds for r in loaded(engine, plan_id).rows] == [(), (UNKNOWN,), ()]
    assert to_send(engine) == [row(P1, Op.DELETE).digest, row(P3).digest]


def test_an_approval_of_one_row_leaves_the_others_waiting(engine: Engine) -> None:
    rows = row(P1, Op.DELETE, DELETION), row(P2, Op.DELETE, DELETION)
    plan_id = store(engine, plan(*rows))
    assert say(engine, plan_id, rows[0].digest) == 1
    assert [bool(r.holds) for r in loaded(engine, plan_id).rows] == [False, True]


def test_an_approval_survives_the_plan_and_lapses_with_the_values(engine: Engine) -> None:
    held = row(P1, Op.DELETE, DELETION)
    say(engine, store(engine, plan(held)))
    again = loaded(engine, store(engine, plan(held, row(P2))))
    assert again.rows[0].holds == ()
    changed = row(P1, Op.DELETE, DELETION, after="ещё новее")
    assert loaded(engine, store(engine, plan(changed))).rows == (changed,)


def test_a_discarded_row_stays_out_until_it_changes_or_is_approved(engine: Engine) -> None:
    plan_id = store(engine, plan(row()))
    say(engine, plan_id, is_approved=False)
    assert [hold.code for hold in loaded(engine, plan_id).rows[0].holds] == [HoldCode.DISCARDED]
    assert to_send(engine) == []
    say(engine, plan_id)
    assert to_send(engine) == [row().digest]


def test_the_last_word_names_who_said_it(engine: Engine) -> None:
    plan_id = store(engine, plan(row()))
    say(engine, plan_id, is_approved=False)
    say(engine, plan_id)
    with engine.connect() as conn:
        by_digest, by_participation = decisions_of(conn, [row().digest]), decisions_on(conn, [P1])
    assert by_digest == by_participation
    word = by_digest[row().digest]
    assert (word.is_approved, word.by, word.at) == (True, "anna", NOW)


def test_a_word_on_a_replaced_plan_is_refused(engine: Engine) -> None:
    first = store(engine, plan(row()))
    store(engine, plan(row(after="другой")))
    with pytest.raises(ConfigurationError, match="newer one may have replaced it"):
        say(engine, first)
    with pytest.raises(ConfigurationError, match="plans list"):
        loaded(engine, first)


def test_a_blocked_plan_sends_nothing(engine: Engine) -> None:
    store(engine, plan(row(), blocked_by=("complete: the last read failed",)))
    assert to_send(engine) == []


def test_what_was_rejected_after_the_plan_was_made_is_not_sent_from_it(engine: Engine) -> None:
    store(engine, plan(row()))
    with engine.begin() as conn:
        reject(conn, write(), ["comment"], "refused", digest=row().digest, run_id=None, now=NOW)
    assert to_send(engine) == []


def test_the_first_mapping_is_noted_by_itself_and_a_changed_one_is_approved_once(engine: Engine) -> None:
    with engine.begin() as conn:
        note_first_mapping(conn, "participation", "m1", now=NOW)
        assert approved_mapping(conn, "participation") == "m1"
        note_first_mapping(conn, "participation", "m2", now=NOW)
        assert approved_mapping(conn, "participation") == "m1"
        assert approved_mapping(conn, "participation") == "m1"
    plan_id = store(engine, plan(row(P1, Op.UPDATE, MAPPING), mapping="m2"))
    assert to_send(engine) == []
    with engine.begin() as conn:
        assert approve_mapping(conn, "participation", "m2", by="anna", now=NOW)
        assert not approve_mapping(conn, "participation", "m2", by="anna", now=NOW)
    assert loaded(engine, plan_id).rows[0].holds == ()
    assert to_send(engine) == [row().digest]


def test_every_word_of_a_person_moves_the_number_that_a_sensor_looks_at(engine: Engine) -> None:
    numbers = []

    def look() -> None:
        with engine.connect() as conn:
            numbers.append(last_decision(conn))

    look()
    plan_id = store(engine, plan(row()))
    look()
    say(engine, plan_id)
    look()
    with engine.begin() as conn:
        approve_mapping(conn, "participation", "m1", by="anna", now=NOW)
    look()
    assert numbers[0] == numbers[1] == 0
    assert 0 < numbers[2] < numbers[3]
