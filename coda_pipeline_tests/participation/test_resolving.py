"""Resolving Участие in a real PostgreSQL: what the pure decisions promise arrives in the tables."""

import random
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from coda_pipeline.sync.resolve_report import ResolveReport
from coda_pipeline_tests.participation.table import Table

ANNA, IVAN, IVAN_2 = (
    ("Анна Белова", "anna@example.com"),
    ("Иванов", "i1@example.com"),
    ("Иванов", "i2@example.com"),
)
PEOPLE = [ANNA, ("анна белова", None), IVAN, IVAN_2, ("Иванов", None), None]
ACTIVITIES = [("Обучение", "p1"), ("Обучение", "p2"), ("Обучение", None), ("Набор", "p3"), None]
ENTRY: dict[str, Any] = {
    "person": ANNA,
    "activity": ("Обучение", "p1"),
    "role": "аналитик",
    "started_on": "2024-02-01",
}

SEND = """
    insert into sync.writes (participation_id, op, source_table, row_id, method, before, after, digest, cells,
                             sent_at)
    select participation_id, case when coda_row_id is null then 'create' else 'update' end, 'participation',
           coda_row_id, :method, '{}', '{}', 'digest', '{}', now()
      from core.participation order by participation_id limit 2
    on conflict do nothing
"""
PROVED = " where participation_id in (select participation_id from sync.writes where state = 'sent')"


def is_silent(report: ResolveReport) -> bool:
    moves = (
        report.inserted,
        report.updated,
        report.merged,
        report.unmerged,
        report.tombstoned,
        report.revived,
    )
    return not any(moves) and report.conflicts_raised == 0


def test_two_equal_rows_are_one_participation(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.put("B", **ENTRY, comment="новая")
    report = table.sync()
    assert (report.records, report.survivors, report.duplicates, report.participations) == (2, 1, 1, 1)
    assert set(table.live()) == {"B"}
    outcomes = table.select("select row_id, outcome, reason from core.participation_records order by 1")
    assert outcomes == [("A", "duplicate", "earlier change than the survivor"), ("B", "survivor", None)]


def test_a_second_sync_without_edits_writes_nothing(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.put("B", person=ANNA)
    table.sync()
    before = table.select("select xmin::text, version from core.participation_all order by 2")
    records = table.select("select record_id, xmin::text from core.participation_records order by 1")
    assert is_silent(table.sync())
    assert is_silent(table.sync(full=True))
    assert table.select("select xmin::text, version from core.participation_all order by 2") == before
    assert table.select("select record_id, xmin::text from core.participation_records order by 1") == records


def test_the_applications_edit_survives_a_sync_and_hrs_edit_arrives(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY, share=1)
    table.sync()
    table.execute("update core.participation set share = 0.5")
    table.put("A", **ENTRY, share=1, comment="от HR")
    table.sync()
    assert table.select("select share, comment from core.participation") == [(Decimal("0.5"), "от HR")]
    assert table.select("select * from sync.conflicts") == []


def test_a_conflict_records_all_three_values(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY, share=1)
    table.sync()
    table.execute("update core.participation set share = 0.5")
    table.put("A", **ENTRY, share=0.8)
    assert table.sync().conflicts_raised == 1
    found = table.select("select field, base_value, warehouse_value, coda_value, outcome from sync.conflicts")
    assert found == [("share", "1", "0.5", "0.8", "coda")]
    assert table.select("select share from core.participation") == [(Decimal("0.8"),)]


def test_the_application_adds_what_hr_adds_too(engine: Engine) -> None:
    table = Table(engine)
    insert = """insert into core.participation
                (person_name, person_email, activity, activity_row_id, role, started_on)
                values ('Анна Белова', 'anna@example.com', 'Обучение', 'p1', 'аналитик', '2024-02-01')"""
    table.execute(insert)
    table.put("A", **ENTRY, comment="от HR")
    table.sync()
    assert len(table.live()) == 1
    assert table.select("select coda_row_id, comment, source from core.participation") == [
        ("A", "от HR", "warehouse")
    ]


def test_a_second_equal_insert_is_refused_with_the_id_of_the_first(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.sync()
    first = table.live()["A"]
    insert = """insert into core.participation
                (person_name, person_email, activity, activity_row_id, role, started_on)
                values ('Анна', 'ANNA@example.com', 'Обучение', 'p1', 'Аналитик ', '2024-02-01')"""
    with pytest.raises(DBAPIError) as refused:
        table.execute(insert)
    assert str(first) in str(refused.value.orig)


def test_two_rows_may_swap_their_roles(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.put("B", **{**ENTRY, "role": "менеджер"})
    table.sync()
    before = table.live()
    table.put("A", **{**ENTRY, "role": "менеджер"})
    table.put("B", **ENTRY)
    report = table.sync()
    assert table.live() == before
    assert report.duplicates == 0
    assert table.select("select coda_row_id, role from core.participation order by 1") == [
        ("A", "менеджер"),
        ("B", "аналитик"),
    ]


def test_a_deleted_row_leaves_a_tombstone_and_coming_back_revives_it(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.sync()
    before = table.live()
    table.delete("A")
    assert table.sync().tombstoned == 1
    assert table.live() == {}
    table.put("A", **ENTRY)
    assert table.sync().revived == 1
    assert table.live() == before


def test_a_change_of_the_natural_key_merges_and_keeps_the_constraint(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.put("B", **{**ENTRY, "started_on": "2024-06-01"})
    table.sync()
    assert len(table.live()) == 2
    section = table.catalog.participation
    assert section is not None
    shorter = section.model_copy(update={"natural_key": ("person", "activity", "role")})
    table.catalog = table.catalog.model_copy(update={"participation": shorter})
    assert table.sync().merged == 1
    assert len(table.live()) == 1
    assert is_silent(table.sync())


def test_a_name_typed_today_takes_the_email_known_since_yesterday(engine: Engine) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.sync()
    table.put("B", **{**ENTRY, "person": ("анна белова", None)})
    report = table.sync()
    assert (report.duplicates, report.participations) == (1, 1)


@pytest.mark.parametrize("seed", range(6))
def test_looking_at_what_changed_gives_what_looking_at_everything_gives(engine: Engine, seed: int) -> None:
    """Random histories, rows on their way to Coda among them; after each incremental sync a full one finds
    nothing left to do.
    """
    chance = random.Random(seed)  # noqa: S311
    table = Table(engine, policy=chance.choice(["coda_wins", "warehouse_wins", "ask"]))
    for _ in range(12):
        for _ in range(chance.randint(1, 4)):
            something_happens(table, chance)
        report = table.sync()
        again = table.sync(full=True)
        assert is_silent(again), (report, again)
        assert report.records == report.survivors + report.duplicates + report.twins + report.incomplete


def something_happens(table: Table, chance: random.Random) -> None:
    """Someone, on either side, does something with a row or a participation; or a row is sent or proved."""
    row = f"r{chance.randrange(9)}"
    kind = chance.choice(["row", "row", "row", "half", "delete", "edit", "insert", "remove", "send", "prove"])
    entry = {
        "person": chance.choice(PEOPLE[:-1]),
        "activity": chance.choice(ACTIVITIES[:-1]),
        "role": chance.choice(["аналитик", "менеджер"]),
        "started_on": chance.choice(["2024-02-01", "2024-06-01"]),
        "comment": chance.choice(["раз", "два", None]),
        "sync_id": chance.choice([None, None, *table.live().values()]),
    }
    if kind == "row":
        table.put(row, **entry)
    elif kind == "half":
        table.put(row, **{**entry, chance.choice(["person", "activity", "role"]): None})
    elif kind == "delete":
        table.delete(row)
    elif kind == "send":
        table.execute(SEND, method=chance.choice(["put", "upsert"]))
    elif kind == "prove":
        table.execute("update sync.participation_state set resolved_version = null" + PROVED)
        state = chance.choice(["verified", "superseded"])
        table.execute(f"update sync.writes set state = '{state}' where state = 'sent'")
    else:
        _the_application_acts(table, chance, kind, entry)


def _the_application_acts(table: Table, chance: random.Random, kind: str, entry: dict[str, Any]) -> None:
    ids = sorted(table.live().values())
    if kind == "insert":
        (person, email), (activity, row_id) = entry["person"], entry["activity"]
        statement = """
            insert into core.participation
                   (person_name, person_email, activity, activity_row_id, role, started_on, comment)
            values (:person, :email, :activity, :row_id, :role, :started_on, :comment)"""
        plain = {k: entry[k] for k in ("role", "started_on", "comment")}
        parameters = {"person": person, "email": email, "activity": activity, "row_id": row_id, **plain}
    elif not ids:
        return
    elif kind == "remove":
        statement, parameters = (
            "delete from core.participation where participation_id = :id",
            {"id": chance.choice(ids)},
        )
    else:
        statement = (
            "update core.participation set role = :role, comment = :comment where participation_id = :id"
        )
        parameters = {"id": chance.choice(ids), "role": entry["role"], "comment": entry["comment"]}
    # The database refuses what the application may not do: an equal participation, a blank key.
    with suppress(DBAPIError):
        table.execute(statement, **parameters)
