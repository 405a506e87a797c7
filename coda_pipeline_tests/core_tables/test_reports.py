"""What checks and people are told of Участие: counts that add up, and no names."""

from uuid import UUID

import pytest
from sqlalchemy import text

from coda_pipeline.sync.model import Conflict, ConflictKind, Outcome, Person, Resolution
from coda_pipeline.warehouse.core import reports
from coda_pipeline.warehouse.core.key import drop_natural_key
from coda_pipeline.warehouse.core.masking import mask
from coda_pipeline_tests.core_tables.samples import NOW, P1, P2, apply, bound, put_raw, record


@pytest.fixture
def group(engine):
    """P1 of i-a with two duplicates, and P2 of i-d with one."""
    put_raw(engine, dict.fromkeys(["i-a", "i-b", "i-c", "i-d", "i-e"], "h1"))
    apply(engine, bound(P1, "i-a"))
    apply(engine, bound(P2, "i-d", role="менеджер"))
    duplicate = {"outcome": Outcome.DUPLICATE, "reason": "earlier change"}
    apply(
        engine,
        Resolution(
            records=(
                record("i-b", **duplicate),
                record("i-c", **duplicate),
                record("i-e", participation_id=P2, **duplicate),
            )
        ),
    )
    return engine


def test_the_outcomes_of_live_records_add_up_to_the_live_rows(group):
    apply(group, Resolution(records=(record("i-gone", deleted_at=NOW, outcome=None),)))
    with group.connect() as conn:
        assert reports.accounted_for(conn) == (5, {"duplicate": 3, "survivor": 2})


def test_a_row_that_was_lost_on_the_way_shows(group):
    put_raw(group, {"i-lost": "h1"})
    apply(group, Resolution(records=(record("i-undecided", outcome=None),)))
    with group.connect() as conn:
        rows, outcomes = reports.accounted_for(conn)

    assert rows == 6
    assert outcomes == {"duplicate": 3, "survivor": 2, reports.UNRESOLVED: 1}


def test_a_named_source_counts_even_before_it_has_records(engine):
    put_raw(engine, {"i-a": "h1"})
    with engine.connect() as conn:
        assert reports.accounted_for(conn, ["participation"]) == (1, {})


def test_the_largest_group_of_duplicates_comes_first_with_links_and_no_names(group):
    with group.connect() as conn:
        first, second = reports.duplicate_groups(conn, 10)
        assert reports.duplicate_groups(conn, 1) == [first]

    assert (first.size, second.size) == (3, 2)
    assert first.links == tuple(f"https://coda.io/d/_dDoc#_rui-{row}" for row in ("i-a", "i-b", "i-c"))
    assert first.masked_key == "А… П… · О… · а… · 2024-03-01"


def test_every_duplicate_has_its_line_with_its_survivor(group):
    with group.connect() as conn:
        lines = conn.execute(
            text(
                "select record_id, survivor_record_id, group_size, reason"
                " from core.participation_duplicates order by 1"
            )
        ).all()

    assert lines == [
        ("participation:i-b", "participation:i-a", 3, "earlier change"),
        ("participation:i-c", "participation:i-a", 3, "earlier change"),
        ("participation:i-e", "participation:i-d", 2, "earlier change"),
    ]


def test_a_duplicate_that_had_a_participation_of_its_own_belongs_to_the_survivors(group):
    with group.begin() as conn:
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        merge = "update core.participation_all set merged_into = :into where participation_id = :id"
        conn.execute(text(merge), {"into": P1, "id": P2})
    with group.connect() as conn:
        survivors = conn.execute(
            text("select distinct participation_id, group_size from core.participation_duplicates")
        ).all()

    assert survivors == [(P1, 4)]


def test_participations_that_share_a_key_are_counted(engine):
    with engine.begin() as conn:
        drop_natural_key(conn)
    for number in range(3):
        apply(engine, bound(UUID(int=10 + number), f"i-{number}"))
    apply(engine, bound(UUID(int=20), "i-x", role=None))
    apply(engine, bound(UUID(int=21), "i-y", role=None))

    with engine.connect() as conn:
        assert reports.natural_key_violations(conn) == 3


def test_nothing_to_report_is_nothing(engine):
    with engine.connect() as conn:
        assert reports.outcome_counts(conn) == {}
        assert reports.accounted_for(conn) == (0, {})
        assert reports.duplicate_groups(conn, 10) == []
        counts = (reports.live_participations, reports.ambiguous_people, reports.open_conflict_count)
        assert [count(conn) for count in (*counts, reports.natural_key_violations)] == [0, 0, 0, 0]


def test_what_waits_for_a_person_is_counted(engine, application):
    settled = Conflict(P1, "r", ConflictKind.FIELD, "role", "a", "b", "c", "both_changed", "ask", "coda")
    still_open = Conflict(P1, "r", ConflictKind.FIELD, "role", "a", "b", "c", "both_changed", "ask")
    apply(
        engine,
        Resolution(
            records=(record(is_ambiguous=True), record("i-b", is_ambiguous=True, deleted_at=NOW)),
            conflicts=(settled, still_open),
        ),
    )
    application.delete(application.insert())
    application.insert()

    with engine.connect() as conn:
        assert reports.ambiguous_people(conn) == 1
        assert reports.open_conflict_count(conn) == 1
        assert reports.live_participations(conn) == 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Иванов Иван", "И… И…"),
        ("ivan@example.org", "i…@e…"),
        ("89161234567", "…"),
        (None, "-"),
        ("  ", "-"),
        ("а б в г д е ё ж", "а… б… в… г… д… е…"),
        ("@home", "…@h…"),
    ],
)
def test_a_mask_keeps_initials_only(text, masked):
    assert mask(text) == masked


def test_a_person_known_by_e_mail_alone_is_masked_too(engine):
    apply(engine, bound(person=Person(None, "anna@example.org")))
    apply(engine, Resolution(records=(record("i-b", outcome=Outcome.DUPLICATE),)))

    with engine.connect() as conn:
        assert reports.duplicate_groups(conn, 1)[0].masked_key.startswith("a…@e… · ")
