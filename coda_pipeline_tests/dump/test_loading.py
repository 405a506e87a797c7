"""A load replaces exactly one year, in one transaction, and leaves everything as it was where it fails."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.errors import CatalogError, ConfigurationError, DumpError
from coda_pipeline.sync.dump_load import load_dump, years_of
from coda_pipeline_tests.dump.files import COLUMNS, LINE, csv_text, line, save

YEARS = {year: {"files": f"uchastie-{year}*", "columns": COLUMNS} for year in (2023, 2024)}
FIELDS = {"person": "c-p", "activity": "c-a", "role": "c-r", "started_on": "c-s"}


def content(dump: dict[int, Any] | None = None, **section: Any) -> dict[str, Any]:
    tables = [{"id": "grid-1", "name": "participation"}]
    source = {"table": "participation", "fields": FIELDS}
    return {
        "coda": {"docs": [{"id": "doc1", "tables": tables}]},
        "participation": {"sources": [source], "dump": dump or YEARS, **section},
    }


@pytest.fixture
def catalog() -> Catalog:
    return parse_catalog(content(), source="test")


def stored(engine: Engine, columns: str = "year, person_name, line_number, run_id") -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        query = f"select {columns} from raw.participation_dump order by year, line_number"
        return [tuple(row) for row in conn.execute(text(query))]


def test_lines_go_to_the_year_of_their_start_and_those_of_other_years_are_counted(
    engine: Engine, catalog: Catalog, folder: Path
) -> None:
    save(folder, csv_text(LINE, line(started_on="01.02.2023"), line(started_on="01.02.2025")))
    report = load_dump(engine, catalog, 2024, folder, run_id="one")
    assert (report.input_lines, report.loaded, report.other_years, report.rejected) == (3, 1, 2, 0)
    assert stored(engine) == [(2024, LINE[0], 2, "one")]


def test_loading_again_replaces_exactly_that_year(engine: Engine, catalog: Catalog, folder: Path) -> None:
    save(folder, csv_text(line(started_on="01.02.2023")), "uchastie-2023.csv")
    save(folder, csv_text(LINE, line(person="Иванов Иван")))
    for year in (2023, 2024):
        load_dump(engine, catalog, year, folder, run_id="first")
    save(folder, csv_text(line(person="Петров Пётр")))
    report = load_dump(engine, catalog, 2024, folder, run_id="second")
    assert (report.loaded, report.replaced) == (1, 2)
    assert stored(engine) == [(2023, LINE[0], 2, "first"), (2024, "Петров Пётр", 2, "second")]


def test_a_dump_without_a_line_of_the_year_leaves_the_year_alone(
    engine: Engine, catalog: Catalog, folder: Path
) -> None:
    save(folder, csv_text(LINE))
    load_dump(engine, catalog, 2024, folder, run_id="first")
    save(folder, csv_text(line(started_on="01.02.2025")))
    with pytest.raises(
        DumpError, match=r"None of the 1 lines of uchastie-2024\.csv is of 2024: they are of 2025"
    ):
        load_dump(engine, catalog, 2024, folder, run_id="second")
    assert stored(engine) == [(2024, LINE[0], 2, "first")]


def test_a_load_that_breaks_halfway_changes_nothing(engine: Engine, catalog: Catalog, folder: Path) -> None:
    save(folder, csv_text(LINE))
    load_dump(engine, catalog, 2024, folder, run_id="first")
    save(folder, csv_text(*[line(person=f"Человек {n}") for n in range(20_000)]))

    def break_off(done: int, _total: int | None) -> None:
        if done >= 10_000:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        load_dump(engine, catalog, 2024, folder, run_id="second", on_progress=break_off)
    assert stored(engine) == [(2024, LINE[0], 2, "first")]


def test_equal_lines_keep_their_ids_in_whatever_order_they_stand(
    engine: Engine, catalog: Catalog, folder: Path
) -> None:
    lines = [LINE, line(comment="раз"), line(comment="два"), line(person="АННА  БЕЛОВА", comment="три")]
    found = []
    for order in (lines, lines[::-1]):
        save(folder, csv_text(*order))
        load_dump(engine, catalog, 2024, folder, run_id="test")
        found.append(sorted(stored(engine, "line_id, comment")))
    assert found[0] == found[1]
    assert len({line_id for line_id, _ in found[0]}) == 4
    assert len({line_id.rpartition("-")[0] for line_id, _ in found[0]}) == 1


def test_progress_is_told_to_the_last_line(engine: Engine, catalog: Catalog, folder: Path) -> None:
    save(folder, csv_text(*[line(person=f"Человек {n}") for n in range(1500)]))
    told: list[tuple[int, int | None]] = []
    load_dump(engine, catalog, 2024, folder, run_id="test", on_progress=lambda *said: told.append(said))
    assert (500, None) in told
    assert (500, 1500) in told
    assert told[-1] == (1500, 1500)


def test_only_mapped_columns_are_kept(engine: Engine, catalog: Catalog, folder: Path) -> None:
    text_with_pay = (
        csv_text(LINE).replace("Комментарий", "Комментарий;Оклад").replace(LINE[6], f"{LINE[6]};777000")
    )
    save(folder, text_with_pay)
    load_dump(engine, catalog, 2024, folder, run_id="test")
    ((row,),) = stored(engine, "to_jsonb(participation_dump)::text")
    assert LINE[6] in row
    assert "777000" not in row


def test_a_year_that_is_not_configured_is_refused_with_those_that_are(
    engine: Engine, catalog: Catalog, folder: Path
) -> None:
    with pytest.raises(ConfigurationError, match="2022 is not configured; there are 2023, 2024"):
        load_dump(engine, catalog, 2022, folder, run_id="test")


def test_a_path_goes_to_the_years_whose_pattern_fits_it(catalog: Catalog) -> None:
    assert years_of(catalog, Path("/x/uchastie-2023 (1).csv")) == [2023]
    assert years_of(catalog, Path("/x/dump.zip")) == [2023, 2024]


def test_mistakes_in_the_configuration_are_told_all_at_once() -> None:
    dump = {2023: {"files": "../x*", "columns": {"person": "Роль", "role": "Роль"}, "encoding": "cp-russian"}}
    with pytest.raises(CatalogError) as error:
        parse_catalog(content(dump), source="test")
    told = "\n".join(error.value.problems)
    for path in ("columns.activity", "columns.started_on", "columns: header 'Роль'", "files", "encoding"):
        assert f"participation.dump.2023.{path}" in told
