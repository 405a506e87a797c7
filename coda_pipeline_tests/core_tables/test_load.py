"""Finding whom a change can touch: its neighbours by each criterion."""

from uuid import UUID

import pytest
from sqlalchemy import text

from coda_pipeline.sync.model import Outcome, ParticipationUpdate, Person, Resolution
from coda_pipeline.warehouse.core import changes, identities, load
from coda_pipeline_tests.core_tables.samples import P1, P2, P3, apply, bound, record, run


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"record_ids": ["participation:i-a"]}, {"i-a"}),
        ({"natural_keys": ["key of i-b"]}, {"i-b"}),
        ({"participation_ids": [P1, P3]}, {"i-a", "i-c"}),
        ({"names": ["анна петрова", "борис"]}, {"i-a"}),
        ({"activities": ["обучение"]}, {"i-a", "i-b", "i-c"}),
        ({"activities": ["обучение"], "with_rows": False}, {"i-a"}),
        ({"record_ids": ["participation:i-a"], "natural_keys": ["key of i-b"]}, {"i-a", "i-b"}),
        ({"record_ids": [], "names": []}, set()),
        ({}, {"i-a", "i-b", "i-c"}),
    ],
)
def test_records_are_found_by_each_criterion(stored, criteria, found):
    with stored.connect() as conn:
        assert sorted(r.row_id for r in load.records(conn, **criteria)) == sorted(found)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"ids": [P1]}, {P1}),
        ({"ids": [P2]}, {P2, P3}),
        ({"natural_keys": ["key of i-a"]}, {P1}),
        ({"rows": ["participation:i-b", "participation:i-x", "other:i-a"]}, {P2}),
        ({"names": ["анна петрова", "борис"]}, {P1}),
        ({"activities": ["обучение"]}, {P1}),
        ({"ids": [P2], "names": ["анна петрова"]}, {P1, P2, P3}),
        ({"ids": [], "rows": []}, set()),
        ({}, {P1, P2, P3}),
    ],
)
def test_participations_are_found_by_each_criterion(stored, criteria, found):
    with stored.connect() as conn:
        assert sorted(p.participation_id for p in load.participations(conn, **criteria)) == sorted(found)


def test_a_participation_is_found_by_the_name_the_application_just_gave_it(stored, application):
    application.update(P1, person_name="ВИКТОР")
    entered = application.insert(person_name="виктор", person_email=None, role="другая")

    with stored.connect() as conn:
        found = load.participations(conn, names=["виктор"])
        assert {p.participation_id for p in found} == {P1, entered}
        assert load.participations(conn, names=["анна петрова"]) == []


def test_a_participation_is_found_by_the_name_the_sync_just_gave_it(stored):
    apply(
        stored, Resolution(updates=(ParticipationUpdate(P1, 1, {"person": Person("Виктор")}),)), seen={P1: 1}
    )

    with stored.connect() as conn:
        assert [p.participation_id for p in load.participations(conn, names=["виктор"])] == [P1]


def test_bases_are_given_of_all_or_of_some(stored):
    with stored.connect() as conn:
        assert {key.participation_id for key in load.bases(conn)} == {P1, P2, P3}
        assert {key.participation_id for key in load.bases(conn, [P1])} == {P1}
        assert load.bases(conn, []) == {}


def test_no_neighbourhood_reads_a_whole_table(engine):
    """Each criterion has an index that the planner takes as soon as there are many rows."""
    resolutions = [
        bound(UUID(int=n), f"i-{n}", role=f"роль {n}", person=Person(f"Имя {n}")) for n in range(2000)
    ]
    parts = Resolution(
        inserts=tuple(p for r in resolutions for p in r.inserts),
        records=tuple(p for r in resolutions for p in r.records),
        resolved={key: value for r in resolutions for key, value in r.resolved.items()},
    )
    apply(engine, parts)
    run(engine, "analyze")
    with engine.connect() as conn:
        conn.execute(text("set local track_activities = on"))
        before = _sequential_scans(conn)
        load.records(
            conn,
            record_ids=["participation:i-1"],
            natural_keys=["key of i-1"],
            participation_ids=[UUID(int=1)],
            names=["имя 1"],
        )
        load.participations(
            conn,
            ids=[UUID(int=1)],
            natural_keys=["key of i-1"],
            rows=["participation:i-1"],
            names=["имя 1"],
        )
        changes.pending_participations(conn)
        identities.known_people(conn, ["имя 1"])
        load.bases(conn, [UUID(int=1)])
        assert _sequential_scans(conn) == before


def _sequential_scans(conn) -> list[tuple]:
    scans = """
        select relname, seq_scan from pg_stat_xact_user_tables
         where relname in ('participation_all', 'participation_records', 'participation_state') order by 1"""
    return [tuple(row) for row in conn.execute(text(scans))]


def test_an_outcome_is_one_of_the_four(engine):
    apply(engine, Resolution(records=tuple(record(f"i-{o}", outcome=o) for o in Outcome)))

    with engine.connect() as conn:
        assert {r.outcome for r in load.records(conn)} == set(Outcome)
