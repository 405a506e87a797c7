"""`load-dump` and `sandbox --dump`: what a person sees who has a dump and a terminal."""

from pathlib import Path

import psycopg
import pytest

from coda_pipeline_tests.cli.conftest import ROWS, Terminal


@pytest.fixture
def dumps(terminal: Terminal) -> Path:
    """Dumps as the sandbox writes them: a folder for each form."""
    folder = terminal.folder / "forms"
    answer = terminal.here("sandbox", "--rows", str(ROWS), "--dump", str(folder))
    assert answer.status == 0, answer.err
    return folder


def test_the_sandbox_writes_dumps_of_its_doc_in_every_form(terminal: Terminal) -> None:
    answer = terminal.here("sandbox", "--rows", str(ROWS), "--dump", "forms")
    assert answer.status == 0
    header, *lines = answer.out.splitlines()
    assert header == "form\tyear\tfile\tlines\tof the year\tunreadable"
    assert len(lines) == 12
    assert all(Path(line.split("\t")[2]).exists() for line in lines)
    assert "CODA_DUMP_DIR" in answer.err


def test_a_folder_of_dumps_is_loaded_and_accounted_for_without_coda_dump_dir(
    ready: Terminal, dumps: Path, database: str
) -> None:
    answer = ready.run("load-dump", str(dumps / "excel"))
    assert answer.status == 0, answer.err
    assert "CODA_DUMP_DIR" not in ready.env
    assert "Loading 2023, 2024 from" in answer.err
    assert "dump of 2023: " in answer.err
    with psycopg.connect(database) as conn:
        loads = conn.execute(
            "select year, input_lines, loaded, other_years, rejected from sync.dump_loads order by year"
        ).fetchall()
        live = conn.execute("select source, count(*) from core.participation group by 1").fetchall()
    for year, read, loaded, others, rejected in loads:
        assert read == loaded + others + rejected
        assert (
            f"{year}: {read} lines read = {loaded} loaded + {others} of other years + {rejected} rejected; "
            "0 replaced (csv, cp1251, semicolon)"
        ) in answer.out
    assert [load[0] for load in loads] == [2023, 2024]
    assert [source for source, _ in live] == ["dump"]
    assert f"Участие: {live[0][1]} participations of" in answer.out
    assert "rows_rejected" in answer.err


def test_a_dump_that_cannot_be_read_is_no_success(ready: Terminal, dumps: Path, database: str) -> None:
    path = dumps / "csv" / "uchastie-2023.csv"
    path.write_text("Название,Бюджет\nСклад,1\n", encoding="utf-8")
    answer = ready.run("load-dump", str(path))
    assert answer.status == 1
    assert "Loading 2023 from" in answer.err
    assert "may be another table" in answer.err
    assert "a year that is not listed above is as it was" in answer.err
    assert "Traceback" not in answer.err
    assert not answer.out
    with psycopg.connect(database) as conn:
        assert conn.execute("select year from sync.dump_loads").fetchall() == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere.csv"], "there is no nowhere.csv"),
        (["notes.md"], "expected a CSV, JSON or XLSX file, or a folder or ZIP of these"),
        (["uchastie-2023.csv", "--year", "1999"], "The year 1999 is not configured; there are 2023, 2024"),
    ],
)
def test_what_cannot_be_loaded_is_told_at_once(ready: Terminal, args: list[str], says: str) -> None:
    (ready.folder / "notes.md").write_text("Участие", encoding="utf-8")
    (ready.folder / "uchastie-2023.csv").write_text("Сотрудник\n", encoding="utf-8")
    answer = ready.here("load-dump", *args)
    assert answer.status == 1
    assert says in answer.err
    assert not (ready.folder / "dagster_home" / "dagster.yaml").exists(), "no run was started"


def test_without_a_configured_year_the_way_is_told(ready: Terminal) -> None:
    (ready.folder / "coda_pipeline.yaml").write_text("coda: {docs: []}\n", encoding="utf-8")
    answer = ready.here("load-dump", "uchastie-2023.csv")
    assert answer.status == 1
    assert "participation.dump, see docs/backfill.md" in answer.err
