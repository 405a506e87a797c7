"""What one resolution writes. Where the application was faster is in `test_optimistic_concurrency`."""

import traceback
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from coda_pipeline.errors import FatalError
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    ConflictKind,
    ParticipationUpdate,
    Person,
    Resolution,
    Unreadable,
)
from coda_pipeline.warehouse.core import load
from coda_pipeline_tests.core_tables.samples import (
    NOW,
    P1,
    P2,
    apply,
    bound,
    fields,
    loaded,
    participation,
    put_raw,
    record,
    run,
)

ODD_TEXTS = [
    'кавычки "и" \\обратная\\ черта',
    "строка\nвторая\tтабуляция\r",
    "null",
    "",
    "\\N",
    "a,b",
    "👩‍💻 Ёлка",
    "\x02\x1f",
    '"',
    "\\.",
    "\\n",
    "x" * 40_000,
]


def test_what_was_applied_is_what_is_loaded(engine):
    values = fields(ended_on=date(2024, 12, 31), share=Decimal("0.50"), comment="Да", role=None)
    stored = record(
        of=values | {"started_on": Unreadable("не дата")},
        sync_id=str(P1),
        deleted_at=NOW,
        reason="earlier change",
        person_key="p",
        activity_key="a",
        is_ambiguous=True,
    )
    tombstone = participation(of=values, merged_into=P2, deleted_at=NOW, deleted_by="coda", source="dump")
    key = BaseKey(P1, stored.record_id)
    conflict = Conflict(
        P1,
        stored.record_id,
        ConflictKind.FIELD,
        "share",
        Decimal(1),
        None,
        Decimal("0.8"),
        "both_changed",
        "ask",
    )
    apply(
        engine,
        Resolution(
            inserts=(tombstone,),
            records=(stored,),
            bases={key: values},
            conflicts=(conflict,),
            resolved={P1: "key"},
        ),
    )

    records, participations, bases, conflicts = loaded(engine)
    assert records == [stored]
    assert participations == [tombstone._replace(natural_key="key", resolved_version=1)]
    assert bases == {key: values}
    assert conflicts == [replace(conflict, conflict_id=1)]


@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_every_text_comes_back_to_the_letter(engine, odd):
    values = fields(comment=odd, person=Person(odd, None), activity=Activity(odd, odd))
    apply(engine, bound(**values))

    records, participations, bases, _ = loaded(engine)
    assert records[0].fields == values
    assert participations[0].fields == values
    assert list(bases.values()) == [values]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", Person("Анна", None)),
        ("person", Unreadable("список")),
        ("activity", Activity(None, "i-1")),
        ("started_on", date(1, 1, 1)),
        ("share", Decimal("1E-9")),
        ("share", Decimal("0.33333333333333333333")),
        ("comment", "текст"),
    ],
)
def test_a_conflict_keeps_all_three_values(engine, field, value):
    stored = Conflict(P1, "r", ConflictKind.FIELD, field, value, None, value, "both_changed", "ask")
    apply(engine, Resolution(conflicts=(stored,)))

    assert loaded(engine)[3] == [replace(stored, conflict_id=1)]


def test_a_conflict_about_a_deletion_has_no_values(engine):
    stored = Conflict(P1, "r", ConflictKind.DELETED_HERE, None, None, None, None, "both_changed", "ask")
    apply(engine, Resolution(conflicts=(stored,)))

    assert loaded(engine)[3] == [replace(stored, conflict_id=1)]


def test_a_settled_conflict_is_no_longer_open_and_says_who_settled_it(engine):
    stored = Conflict(P1, "r", ConflictKind.FIELD, "role", "a", "b", "c", "both_changed", "ask")
    apply(engine, Resolution(conflicts=(stored, replace(stored, field="comment", outcome="coda"))))
    apply(engine, Resolution(closed={1: "warehouse"}))

    assert loaded(engine)[3] == []
    with engine.connect() as conn:
        told = conn.execute(text("select field, outcome, closed_by from sync.conflicts order by 1")).all()
    assert told == [("comment", "coda", "sync"), ("role", "warehouse", "sync")]


def test_an_update_writes_what_it_names_and_nothing_else(engine, application):
    apply(engine, bound())
    update = ParticipationUpdate(
        P1, 1, {"share": None, "person": Person("Анна П.", "anna@example.org")}, {"coda_row_id": "i-b"}
    )
    assert apply(engine, Resolution(updates=(update,)), seen={P1: 1}) == set()

    made = application.row(P1)
    assert (made.version, made.person_name, made.share, made.coda_row_id) == (2, "Анна П.", None, "i-b")
    assert (made.role, made.activity_row_id, made.source_table) == ("аналитик", "i-training", "participation")


def test_two_rows_swap_keys_in_one_resolution(engine, application):
    apply(engine, bound())
    apply(engine, bound(P2, "i-b", role="менеджер"))
    swap = (
        ParticipationUpdate(P1, 1, {"role": "менеджер"}),
        ParticipationUpdate(P2, 1, {"role": "аналитик"}),
    )

    assert apply(engine, Resolution(updates=swap), seen={P1: 1, P2: 1}) == set()
    assert (application.row(P1).role, application.row(P2).role) == ("менеджер", "аналитик")


def test_a_new_one_may_take_the_key_that_an_old_one_gives_up(engine, application):
    apply(engine, bound())
    moved = Resolution(
        updates=(ParticipationUpdate(P1, 1, {"role": "менеджер"}),), inserts=bound(P2, "i-b").inserts
    )

    assert apply(engine, moved, seen={P1: 1}) == set()
    assert application.count() == 2


def test_merging_unmerging_burying_and_reviving(engine, application):
    apply(engine, bound())
    apply(engine, bound(P2, "i-b", role="менеджер"))
    links = [{"merged_into": P1}, {"merged_into": None}, {"deleted_at": NOW, "deleted_by": "coda"}]
    links.append({"deleted_at": None, "deleted_by": None})
    there = []
    for version, link in enumerate(links, start=1):
        apply(engine, Resolution(updates=(ParticipationUpdate(P2, version, {}, link),)), seen={P2: version})
        there.append(application.row(P2) is not None)

    assert there == [False, True, False, True]


def test_applying_what_is_stored_already_writes_nothing(engine):
    apply(engine, bound())
    written = """
        select xmin::text from core.participation_all
         union all select xmin::text from sync.participation_state"""
    with engine.connect() as conn:
        before = conn.execute(text(written)).all()
    apply(engine, Resolution(resolved={P1: "key of i-a"}), seen={P1: 1})

    with engine.connect() as conn:
        assert conn.execute(text(written)).all() == before


def test_a_record_knows_the_link_of_its_row_and_when_it_was_first_seen(engine):
    put_raw(engine, {"i-a": "h1"})
    apply(engine, bound(), run_id="run-1")
    apply(engine, Resolution(records=(record(row_hash="h2"),)), seen={P1: 1}, run_id="run-2")

    with engine.connect() as conn:
        told = conn.execute(
            text("select browser_link, run_id, first_seen_at from core.participation_records")
        ).one()
    assert told == ("https://coda.io/d/_dDoc#_rui-i-a", "run-2", NOW)


def test_a_participation_of_a_key_of_forty_kilobytes_is_resolved(engine):
    long_text = "ж" * 40_000
    resolution = bound(role=long_text)
    apply(engine, replace(resolution, resolved={P1: long_text}))

    with engine.connect() as conn:
        assert [p.participation_id for p in load.participations(conn, natural_keys=[long_text])] == [P1]


def test_the_writer_may_not_use_the_syncs_rights_afterwards(engine, application):
    apply(engine, bound())
    with pytest.raises(Exception, match="cannot write coda_row_id"):
        run(engine, "update core.participation set coda_row_id = 'x'")


def test_what_the_database_refuses_is_told_without_names(engine):
    unfit = replace(bound(), inserts=(participation(source="nowhere"),))

    with pytest.raises(FatalError, match="participation_all_source_check") as refused:
        apply(engine, unfit)
    told = "".join(traceback.format_exception(refused.value))
    assert "Анна" not in told
    assert "anna@" not in told
