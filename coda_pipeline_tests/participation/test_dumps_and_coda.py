"""Dumps and the way back to Coda: what only a dump tells of is never planned, and never taken for lost."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from coda_pipeline.catalog import parse_catalog
from coda_pipeline.sync.conflicts import settle
from coda_pipeline.sync.dump_load import load_dump
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline.warehouse import merge
from coda_pipeline.warehouse.core import reports
from coda_pipeline_tests.participation.dumps import Dumped, catalog
from coda_pipeline_tests.participation.test_resolving import (
    ACTIVITIES,
    ENTRY,
    PEOPLE,
    is_silent,
    something_happens,
)

LINE = {"person": "Анна Белова", "activity": "Обучение", "role": "аналитик", "started_on": "2024-02-01"}
MANAGER, TRAINEE = LINE | {"role": "менеджер"}, LINE | {"role": "стажёр"}


def planned(table: Dumped, *, full: bool = False) -> list[tuple[str, str | None]]:
    """What the open plans ask for: operation and row."""
    plan_participation(table.engine, table.catalog, run_id="plan", now=table.now, full=full)
    return table.select(
        "select r.op, r.row_id from sync.plan_rows as r join sync.plans as p using (plan_id)"
        " where p.state = 'open' order by 1, 2"
    )  # type: ignore[return-value]


def test_what_only_a_dump_tells_of_is_never_planned_edited_or_not(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.column("participation", "c-k", "text")
    table.put("A", **ENTRY)
    table.dump(LINE, MANAGER, TRAINEE | {"row_id": "i-9"})
    table.sync()
    table.execute("update core.participation set share = 0.7")
    table.execute("delete from core.participation where role = 'стажёр'")
    table.sync()
    assert planned(table) == planned(table, full=True) == [("key", "A"), ("update", "A")]


def test_an_edit_that_outlives_its_line_is_kept_here_and_never_planned(
    engine: Engine, tmp_path: Path
) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE, MANAGER)
    table.sync()
    table.execute("update core.participation set share = 0.7 where role = 'менеджер'")
    table.sync()
    table.dump(LINE)
    table.sync()
    [(conflict_id,)] = table.select("select conflict_id from sync.conflicts where outcome is null")
    settle(engine, conflict_id, "warehouse", by="hr")
    table.sync()
    kept = "select source, coda_row_id, share from core.participation where role = 'менеджер'"
    assert table.select(kept) == [("dump", None, Decimal("0.7"))]
    assert planned(table, full=True) == []


def test_a_row_of_what_was_deleted_here_as_a_line_waits_for_its_deletion(
    engine: Engine, tmp_path: Path
) -> None:
    table = Dumped(engine, tmp_path)
    table.dump(LINE | {"row_id": "i-A"})
    table.sync()
    table.execute("delete from core.participation")
    table.sync()
    table.put("i-A", **ENTRY)
    table.sync()
    assert table.shown() == []
    assert planned(table) == [("delete", "i-A")]
    assert table.select("select held_by from sync.plans where state = 'open' and kind = 'changes'") == [
        ({"deletion": 1},)
    ]


def test_a_row_deleted_in_coda_while_it_was_edited_here_waits_for_a_person_dump_or_not(
    engine: Engine, tmp_path: Path
) -> None:
    table = Dumped(engine, tmp_path)
    table.put("A", **ENTRY)
    table.dump(LINE)
    table.sync()
    table.execute("update core.participation set share = 0.7")
    table.delete("A")
    table.sync()
    table.dump(LINE, LINE | {"comment": "ещё раз"})
    table.sync()
    [(conflict_id, kind)] = table.select("select conflict_id, kind from sync.conflicts where outcome is null")
    assert (kind, table.shown()[0][9:]) == ("deleted_in_coda", ("coda", "A"))
    settle(engine, conflict_id, "coda", by="hr")
    table.sync()
    assert [(row[7], row[9]) for row in table.shown()] == [(Decimal("0.7"), "dump")]


@pytest.mark.parametrize("seed", range(3))
def test_looking_at_what_changed_gives_what_looking_at_everything_gives_with_dumps_too(
    engine: Engine, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    table = Dumped(engine, tmp_path, chance.choice(["coda_wins", "warehouse_wins", "ask"]))
    for _ in range(8):
        for _ in range(chance.randint(1, 4)):
            if chance.random() < 0.3:
                table.dump(*drawn_lines(chance))
            else:
                something_happens(table, chance)
        report = table.sync()
        assert is_silent(table.sync(full=True)), report
        assert report.records == report.survivors + report.duplicates + report.twins + report.incomplete
        assert is_silent(table.sync())


def drawn_lines(chance: random.Random) -> list[dict[str, Any]]:
    """Lines of the rows and names that `something_happens` knows, some with the row's id."""
    return [
        {
            "person": chance.choice(PEOPLE[:-1])[0],
            "activity": chance.choice(ACTIVITIES[:-1])[0],
            "role": chance.choice(["аналитик", "менеджер"]),
            "started_on": chance.choice(["2024-02-01", "2024-06-01"]),
            "comment": chance.choice(["раз", "два", ""]),
            "row_id": chance.choice(["", f"r{chance.randrange(9)}"]),
        }
        for _ in range(chance.randint(1, 5))
    ]


def test_a_dump_may_come_before_coda_was_ever_read(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text("Кто;Что;Роль;С\nАнна Белова;Обучение;аналитик;2024-02-01\n")
    columns = {"person": "Кто", "activity": "Что", "role": "Роль", "started_on": "С"}
    content = catalog().model_dump(mode="json", exclude_defaults=True)
    content["participation"]["dump"] = {2024: {"files": "*.csv", "columns": columns}}
    unread = parse_catalog(content, source="test")
    load_dump(engine, unread, 2024, tmp_path, run_id="dump")
    report = resolve_participation(engine, unread, None, run_id="first")
    assert (report.participations, report.survivors) == (1, 1)
    assert is_silent(resolve_participation(engine, unread, None, run_id="second"))
    with engine.connect() as conn:
        rows, outcomes = reports.accounted_for(conn)
        assert rows == sum(outcomes.values()) == 1
    assert plan_participation(engine, unread, run_id="plan").by_op["create"] == 0


def test_a_read_of_coda_counts_its_own_rows_only(engine: Engine, tmp_path: Path) -> None:
    table = Dumped(engine, tmp_path)
    table.put("A", **ENTRY)
    table.dump(*(LINE | {"role": f"роль {n}"} for n in range(30)))
    table.sync()
    with engine.connect() as conn:
        assert merge.live_rows(conn, "participation") == 1
    assert len(table.shown()) == 31
