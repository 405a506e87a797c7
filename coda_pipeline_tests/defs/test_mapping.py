"""Which columns can hold which field: an impossible one is told with its name and what to do."""

from datetime import UTC, datetime

import pytest

from coda_pipeline.catalog_participation import ParticipationFields, ParticipationSource
from coda_pipeline.defs.mapping import IMPOSSIBLE, mapping_problems
from coda_pipeline.warehouse.column_changes import KnownColumn

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def column(kind: str, *, gone_at: datetime | None = None) -> KnownColumn:
    return KnownColumn(
        column_id="c-1",
        name="Колонка",
        type=kind,
        is_array=False,
        calculated=False,
        excluded=False,
        accepted_name="Колонка",
        accepted_type=kind,
        accepted_is_array=False,
        first_seen_at=NOW,
        last_seen_at=NOW,
        gone_at=gone_at,
    )


def problems(field: str, *columns: KnownColumn) -> list[str]:
    mapping = ParticipationFields.model_validate({field: "c-1"})
    return mapping_problems(ParticipationSource(table="participation", fields=mapping), columns)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("person", "person"),
        ("person", "text"),
        ("person", "lookup"),
        ("activity", "lookup"),
        ("activity", "text"),
        ("role", "select"),
        ("started_on", "date"),
        ("started_on", "dateTime"),
        ("started_on", "text"),
        ("share", "percent"),
        ("share", "slider"),
        ("comment", "text"),
        ("sync_id", "text"),
        ("role", "a type that comes later"),
    ],
)
def test_a_column_that_can_hold_its_field_is_fine(field: str, kind: str) -> None:
    assert problems(field, column(kind)) == []


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("person", "number"),
        ("activity", "date"),
        ("role", "checkbox"),
        ("started_on", "checkbox"),
        ("ended_on", "person"),
        ("share", "date"),
        ("comment", "button"),
        ("sync_id", "number"),
    ],
)
def test_a_column_that_cannot_is_named_with_its_type_and_the_ways_out(field: str, kind: str) -> None:
    [problem] = problems(field, column(kind))
    assert problem.startswith(f"{field}: column c-1 «Колонка» is of type {kind} in Coda")
    assert "Give the column its former type back" in problem


def test_a_column_that_is_gone_is_named() -> None:
    [problem] = problems("role", column("text", gone_at=NOW))
    assert problem.startswith("role: column c-1 «Колонка» is no longer in the table. Bring it back in Coda")


def test_an_id_that_never_was_a_column_is_told_apart_from_one_that_is_gone() -> None:
    [problem] = problems("role")
    assert problem.startswith("role: the table has no column c-1. Correct its id")


def test_every_field_is_known() -> None:
    assert set(IMPOSSIBLE) == set(ParticipationFields.model_fields)
