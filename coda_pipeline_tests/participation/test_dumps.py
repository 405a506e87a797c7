"""Dumps in a real PostgreSQL: lines join what is live, by row id, by key, or by a name that only one has."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from coda_pipeline.warehouse.core import reports
from coda_pipeline_tests.conftest import TestServer
from coda_pipeline_tests.participation.dumps import Dumped, catalog
from coda_pipeline_tests.participation.test_resolving import ANNA, ENTRY, is_silent

LINE = {"person": "Анна Белова", "activity": "Обучение", "role": "аналитик", "started_on": "2024-02-01"}


def test_a_line_that_says_what_a_row_says_is_its_twin(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.put("A", **ENTRY)
    table.dump(LINE)
    report = table.sync()
    assert (report.records, report.survivors, report.twins, report.duplicates) == (2, 1, 1, 0)
    assert [(row[9], row[10]) for row in table.shown()] == [("coda", "A")]
    with engine.connect() as conn:
        rows, outcomes = reports.accounted_for(conn)
    assert rows == sum(outcomes.values()) == 2


def test_a_blank_in_coda_stays_blank_whatever_the_dump_says(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE | {"share": "0,4"})
    table.sync()
    assert table.shown()[0][7:10] == (Decimal("0.4"), None, "dump")
    table.put("A", **ENTRY)
    report = table.sync()
    assert table.shown()[0][7:] == (None, None, "coda", "A")
    assert report.conflicts_open == report.conflicts_raised == 0
    assert table.scalar("select count(*) from sync.conflicts") == 0


def test_lines_that_nothing_live_tells_of_are_participations_and_duplicates_among_them(
    engine: Engine, tmp_path: Path
) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE, LINE | {"comment": "полнее"}, LINE | {"role": "менеджер"})
    report = table.sync()
    assert (report.participations, report.survivors, report.duplicates) == (2, 2, 1)
    assert {(row[4], row[8], row[9]) for row in table.shown()} == {
        ("аналитик", "полнее", "dump"),
        ("менеджер", None, "dump"),
    }
    assert is_silent(table.sync())


def test_a_row_id_joins_only_where_the_dumps_doc_is_the_live_doc(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.put("i-A", **ENTRY)
    table.sync()
    table.dump(LINE | {"role": "стажёр", "row_id": "i-A"})
    assert (table.sync().participations, list(table.lines().values())) == (1, ["twin"])
    table.catalog = catalog(doc="another-doc")
    table.dump(LINE | {"role": "стажёр", "row_id": "i-A"})
    assert table.sync().participations == 2


def test_what_was_deleted_in_coda_stays_as_history_and_is_listed(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.put("A", **ENTRY, share=0.8)
    table.sync()
    pid = table.live()["A"]
    table.delete("A")
    table.sync()
    assert table.shown() == []
    table.dump(LINE | {"share": "0,4"})
    table.sync()
    assert table.select("select participation_id, share, source from core.participation") == [
        (pid, Decimal("0.8"), "dump")
    ]
    assert table.select("select participation_id, record_id from core.participation_deleted_in_coda") == [
        (pid, "participation:A")
    ]
    table.put("A", **ENTRY, share=0.9)
    table.sync()
    assert table.select("select participation_id, share, source from core.participation") == [
        (pid, Decimal("0.9"), "coda")
    ]


def test_what_was_deleted_here_is_gone_whatever_dump_comes(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.put("A", **ENTRY)
    table.dump(LINE)
    table.sync()
    table.execute("delete from core.participation")
    table.delete("A")
    table.sync()
    table.dump(LINE, LINE | {"comment": "ещё раз"})
    table.sync()
    assert table.shown() == []
    assert set(table.lines().values()) == {"twin"}


def test_an_edit_here_survives_a_dump_and_is_a_conflict_with_a_row_that_comes(
    engine: Engine, tmp_path: Path
) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE | {"share": "0,4"})
    table.sync()
    table.execute("update core.participation set share = 0.5")
    table.sync()
    table.dump(LINE | {"share": "0,4"})
    table.sync()
    assert table.shown()[0][7] == Decimal("0.5")
    table.put("A", **ENTRY, share=0.8)
    table.sync()
    assert table.shown()[0][7] == Decimal("0.8")
    assert table.select("select base_value, warehouse_value, coda_value, outcome from sync.conflicts") == [
        ("0.4", "0.5", "0.8", "coda")
    ]


def test_names_are_matched_against_live_tables_where_exactly_one_fits(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.name("projects", "p7", "Аудит, безопасность и риски")
    table.name("projects", "p8", "Школа")
    table.name("projects", "p9", "Школа")
    table.name("people", "h1", "Пётр Орлов", "petr@example.com")
    table.dump(
        LINE | {"person": "пётр орлов", "activity": "Аудит, безопасность и риски"},
        LINE | {"person": "Никто Неизвестный", "activity": "Школа"},
    )
    table.sync()
    assert [row[:4] for row in table.shown()] == [
        ("Никто Неизвестный", None, "Школа", None),
        ("пётр орлов", "petr@example.com", "Аудит, безопасность и риски", "p7"),
    ]
    listed = (
        "select person_name, is_person_unmatched, is_activity_unmatched, is_ambiguous"
        " from core.participation_unmatched"
    )
    assert table.select(listed) == [("Никто Неизвестный", True, True, True)]
    table.execute("update raw.coda_projects set deleted_at = now() where row_id = 'p9'")
    table.sync()
    assert table.shown()[0][3] == "p8"


def test_a_cell_is_a_list_only_where_every_part_is_known(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE | {"activity": "Набор, Школа"}, LINE | {"activity": "Набор, Склад"})
    table.sync()
    assert [row[2] for row in table.shown()] == ["Набор, Склад", "Набор, Школа"]
    table.name("projects", "p1", "Набор")
    table.name("projects", "p2", "Школа")
    table.sync()
    reasons = "select reason from core.participation_records where outcome = 'incomplete'"
    assert table.select(reasons) == [("activity: several values in one cell",)]


def test_a_dump_that_is_withdrawn_takes_its_participations_along(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE, LINE | {"role": "менеджер"})
    table.sync()
    table.dump(LINE)
    table.sync()
    assert [row[4] for row in table.shown()] == ["аналитик"]
    assert table.select(
        "select role, deleted_by from core.participation_all where deleted_at is not null"
    ) == [("менеджер", "dump")]
    table.dump(LINE, LINE | {"role": "менеджер"})
    table.sync()
    assert [row[4] for row in table.shown()] == ["аналитик", "менеджер"]


def drawn(dice: random.Random) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Rows and lines that often mean the same."""
    people = [ANNA, ("анна белова", None), ("Иванов", "i1@example.com"), ("Новый", None)]
    activities = [("Обучение", "p1"), ("Обучение", None), ("Набор", "p3")]
    roles, days, shares = ["аналитик", "Аналитик ", "менеджер"], ["2024-02-01", "2024-06-01"], [0.5, None]

    def cells(blank: float) -> dict[str, Any]:
        found = {
            "person": dice.choice(people),
            "activity": dice.choice(activities),
            "role": dice.choice(roles),
            "started_on": dice.choice(days),
            "share": dice.choice(shares),
        }
        return {name: value for name, value in found.items() if dice.random() > blank}

    rows = {f"i-{n}": cells(0.1) for n in range(6)}
    lines = []
    for _ in range(8):
        told = {n: v[0] if isinstance(v, tuple) else v for n, v in cells(0).items() if v is not None}
        lines.append(told | ({"row_id": f"i-{dice.randrange(9)}"} if dice.random() < 0.4 else {}))
    return rows, lines


@pytest.mark.parametrize("seed", range(4))
def test_a_backfill_before_or_after_the_first_live_sync_ends_in_the_same_tables(
    server: TestServer, tmp_path: Path, seed: int
) -> None:
    from coda_pipeline.warehouse.engine import warehouse_engine  # noqa: PLC0415

    rows, lines = drawn(random.Random(seed))  # noqa: S311
    found = []
    for order in ("live first", "dump first", "full"):
        with server.database() as url:
            engine = warehouse_engine(url)
            table = Dumped(engine, tmp_path)
            if order == "dump first":
                table.dump(*lines)
                table.sync()
            for row_id, values in rows.items():
                table.put(row_id, **values)
            if order == "live first":
                table.sync()
            table.dump(*lines)
            table.sync(full=order == "full")
            assert is_silent(table.sync())
            found.append((table.shown(), table.lines()))
            engine.dispose()
    assert found[0] == found[1] == found[2]
