"""What each check says of what was found, in sentences and numbers, and how it fails."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dagster import AssetCheckResult, AssetCheckSeverity

from coda_pipeline.catalog import TableSpec
from coda_pipeline.defs.checks import read_checks
from coda_pipeline.defs.names import raw_key
from coda_pipeline.defs.participation_checks import Findings, participation_checks, record_checks
from coda_pipeline.sync.read_report import ReadReport
from coda_pipeline.warehouse.column_changes import ColumnChange, ColumnChanges
from coda_pipeline.warehouse.core.reports import DuplicateGroup

SPEC = TableSpec(name="people", doc_id="Doc", table_id="grid-1", excluded=frozenset({"c-salary"}))
READ = ReadReport(
    table="people",
    mode="full",
    as_of=datetime(2026, 3, 1, tzinfo=UTC),
    read=10,
    inserted=0,
    updated=0,
    unchanged=10,
    deleted=0,
    held=0,
    ignored=0,
    newly_held=0,
    requests=4,
    seconds=0.5,
    row_count=10,
    live_rows=10,
    count_difference=0,
    moved_under_read=False,
    short=False,
    column_changes=ColumnChanges(),
    unfit_cells=0,
    why_full=None,
)
FOUND = Findings(
    key_violations=0,
    conflicts=0,
    source_rows=10,
    outcomes={"survivor": 10},
    groups=(),
    ambiguous_people=0,
)


def of_read(name: str, **found: object) -> AssetCheckResult:
    results = read_checks(raw_key("people"), SPEC, replace(READ, **found), [], None)
    return next(result for result in results if result.check_name == name)


def of_participation(name: str, **found: object) -> AssetCheckResult:
    findings = replace(FOUND, **found)
    results = [*participation_checks(findings), *record_checks(findings)]
    return next(result for result in results if result.check_name == name)


def details(result: AssetCheckResult) -> str:
    return str(result.metadata["details"].value)


def test_a_table_that_moved_warns_and_says_that_nothing_was_deleted() -> None:
    result = of_read("moved_under_read", moved_under_read=True)
    assert not result.passed
    assert result.severity is AssetCheckSeverity.WARN
    assert "nothing was deleted" in (result.description or "")
    assert of_read("complete", moved_under_read=True).passed


def test_a_table_that_came_short_twice_warns_with_the_difference() -> None:
    result = of_read("moved_under_read", short=True, row_count=12, count_difference=-2)
    assert not result.passed
    assert result.metadata["count_difference"].value == -2
    assert "trust_row_count: false" in (result.description or "")


def test_nothing_is_told_of_an_excluded_column_but_its_id() -> None:
    salary = ColumnChange("c-salary", "Оклад")
    changes = ColumnChanges(added=(salary,), gone=(salary,), newly_excluded=(salary,))
    result = of_read("columns_changed", column_changes=changes)
    assert not result.passed
    assert "c-salary is excluded; what was stored of it is removed" in details(result)
    assert "Оклад" not in details(result)


def test_an_excluded_column_that_never_was_one_is_warned_of() -> None:
    result = of_read("columns_changed")
    assert not result.passed
    assert details(result) == "- c-salary under exclude was never a column of this table: check its id"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("natural_key_unique", {"key_violations": 2}),
        ("accounted_for", {"source_rows": 11}),
        ("accounted_for", {"outcomes": {"survivor": 9, "unresolved": 1}}),
    ],
)
def test_what_must_never_be_fails_as_an_error(name: str, found: dict[str, object]) -> None:
    assert of_participation(name).passed
    result = of_participation(name, **found)
    assert not result.passed
    assert result.severity is AssetCheckSeverity.ERROR


@pytest.mark.parametrize(
    ("name", "found", "way_out"),
    [
        ("conflicts_open", {"conflicts": 3}, "coda-pipeline conflicts list"),
        ("incomplete", {"outcomes": {"incomplete": 3}}, "core.participation_records"),
        ("ambiguous_people", {"ambiguous_people": 3}, "add the e-mail in Coda"),
        ("duplicates", {"outcomes": {"duplicate": 3}}, "core.participation_duplicates"),
    ],
)
def test_what_waits_for_a_person_is_warned_of_with_the_number_and_the_way_out(
    name: str, found: dict[str, object], way_out: str
) -> None:
    assert of_participation(name).passed
    result = of_participation(name, **found)
    assert not result.passed
    assert result.severity is AssetCheckSeverity.WARN
    assert (result.description or "").startswith("3 ")
    assert way_out in (result.description or "")


def test_a_group_of_duplicates_is_one_line_with_its_links() -> None:
    group = DuplicateGroup("И… И… · Р… · А… · 2025-02-01", 2, ("https://one", "https://two"))
    result = of_participation("duplicates", outcomes={"duplicate": 1}, groups=[group])
    assert details(result) == "- И… И… · Р… · А… · 2025-02-01: 2 rows [1](https://one) [2](https://two)"
