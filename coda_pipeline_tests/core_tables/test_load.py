"""Finding what a resolve must look at: what changed, and its neighbours by each criterion."""

from uuid import UUID

import pytest
from sqlalchemy import text

from coda_pipeline.sync.model import Activity, Outcome, ParticipationUpdate, Person, Resolution
from coda_pipeline.warehouse.core import load
from coda_pipeline_tests.core_tables.samples import NOW, P1, P2, P3, SPEC, apply, bound, put_raw, record, run

ANNA, BORIS = Person("Анна Петрова", None), Person("Борис", "boris@example.org")


@pytest.fixture
def stored(engine):
    """Three participations: Анна without an e-mail, Борис with one, and another of Борис merged into it."""
    apply(engine, bound(P1, "i-a", person=ANNA, activity=Activity("Обучение", None)))
    apply(engine, bound(P2, "i-b", person=BORIS))
    apply(engine, bound(P3, "i-c", person=BORIS, role="менеджер"))
    apply(engine, Resolution(updates=(ParticipationUpdate(P3, 1, {}, {"merged_into": P2}),)), seen={P3: 1})
    return engine


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
        assert sorted(load.changed_rows(conn, "participation")) == [
            "i-back",
            "i-deleted",
            "i-edited",
            "i-new",
        ]


def test_a_row_of_another_source_with_the_same_id_does_not_count(engine):
    put_raw(engine, {"i-a": "h1"})
    apply(engine, Resolution(records=(record("i-a", record_id="other:i-a", source_table="other"),)))

    with engine.connect() as conn:
        assert load.changed_rows(conn, "participation") == ["i-a"]


def test_raw_rows_are_given_as_received(engine):
    put_raw(engine, {"i-a": "h1", "i-b": "h2"})
    with engine.connect() as conn:
        chosen = list(load.raw_rows(conn, SPEC, ["i-b"]))
        everything = list(load.raw_rows(conn, SPEC, None))
        assert list(load.raw_rows(conn, SPEC, [])) == []

    assert [(r.row_id, r.row_hash, r.values, r.created_at) for r in chosen] == [
        ("i-b", "h2", {"c-1": {"name": "i-b"}}, NOW)
    ]
    assert {r.row_id for r in everything} == {"i-a", "i-b"}


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


def test_the_e_mails_of_a_name_come_from_records_and_from_what_the_application_entered(stored, application):
    application.insert(person_name=" БОРИС", person_email="Boris2@Example.org")

    with stored.connect() as conn:
        assert load.known_people(conn) == {"борис": {"boris@example.org", "boris2@example.org"}}
        assert load.known_people(conn, ["анна петрова"]) == {}
        excluding = ["participation:i-b", "participation:i-c"]
        assert load.known_people(conn, ["борис"], excluding=excluding) == {"борис": {"boris2@example.org"}}


def test_what_was_deleted_is_not_known(stored, application):
    entered = application.insert(person_name="Виктор", person_email="viktor@example.org")
    application.delete(entered)
    run(stored, "update core.participation_records set deleted_at = now()")

    with stored.connect() as conn:
        assert load.known_people(conn) == {}
        assert load.known_activities(conn, default_doc="Doc") == {}


def test_the_rows_of_an_activity_are_known_by_doc(stored, application):
    application.insert(activity=" обучение", activity_row_id="i-2", role="другая")
    apply(stored, Resolution(records=(record("i-z", doc_id="Other", participation_id=None),)))

    with stored.connect() as conn:
        known = load.known_activities(conn, ["обучение"], default_doc="First")
    assert known == {"обучение": {("Doc", "i-training"), ("Other", "i-training"), ("First", "i-2")}}


def test_the_mapping_of_the_last_resolve_is_remembered(engine):
    with engine.begin() as conn:
        assert load.mapping_fingerprint(conn) is None
        load.remember_mapping(conn, "a", run_id="r1", now=NOW)
        load.remember_mapping(conn, "b", run_id="r2", now=NOW)
        assert load.mapping_fingerprint(conn) == "b"


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
        load.pending_participations(conn)
        load.known_people(conn, ["имя 1"])
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
