"""The sections `coda` and `participation` of the configuration: every contradiction is told, all at once."""

from pathlib import Path
from typing import Any

import pytest

from coda_pipeline.catalog import Catalog, load_catalog, parse_catalog
from coda_pipeline.errors import CatalogError

KEY = {"person": "c-1", "activity": "c-2", "role": "c-3", "started_on": "c-4"}


def table(name: str, table_id: str = "grid-1", **more: Any) -> dict[str, Any]:
    return {"name": name, "id": table_id, **more}


def catalog_of(*docs: dict[str, Any], participation: dict[str, Any] | None = None) -> Catalog:
    content = {"coda": {"docs": list(docs)}}
    return parse_catalog(content | ({"participation": participation} if participation else {}), source="test")


def told_about(*docs: dict[str, Any], participation: dict[str, Any] | None = None) -> str:
    with pytest.raises(CatalogError) as caught:
        catalog_of(*docs, participation=participation)
    return str(caught.value)


def test_a_source_needs_its_table_and_the_columns_of_the_key_and_nothing_else() -> None:
    doc = {"id": "doc", "tables": [table("participation", exclude=["c-9"])]}
    catalog = catalog_of(doc, participation={"sources": [{"table": "participation", "fields": KEY}]})
    [spec] = catalog.tables
    assert (spec.name, spec.doc_id, spec.excluded) == ("participation", "doc", {"c-9"})
    assert spec.mapped == set(KEY.values())


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ([table("a"), table("a", "grid-2")], "two tables are named 'a'; each needs its own name"),
        ([table("a"), table("b")], "coda.docs[0].tables: table 'grid-1' is listed twice"),
        ([table("a"), table("a_history", "grid-2")], "'a_history' has the name of the history view of 'a'"),
        ([table("participation_dump")], "the name 'participation_dump' is kept for the dump"),
        ([table("Участие")], "coda.docs[0].tables[0].name"),
        ([table("a", excluded=["c-1"])], "this key is not known here"),
    ],
)
def test_tables_that_cannot_be_told_apart_are_refused(tables: list[dict[str, Any]], told: str) -> None:
    assert told in told_about({"id": "doc", "tables": tables})


def test_a_doc_that_is_listed_twice_is_refused() -> None:
    doc = {"id": "doc", "tables": [table("a")]}
    other = {"id": "doc", "tables": [table("b", "grid-2")]}
    assert "doc 'doc' is listed twice; put its tables together" in told_about(doc, other)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([{"table": "other", "fields": KEY}], "no table 'other' under coda.docs; expected one of ['a', 'b']"),
        (
            [{"table": "a", "fields": {**KEY, "share": "c-9"}}],
            "fields.share: column 'c-9' is excluded from table 'a'; map or exclude it, not both",
        ),
        ([{"table": "a", "fields": {**KEY, "comment": "c-1"}}], "column 'c-1' is mapped to two fields"),
        (
            [{"table": "a", "fields": {"person": "c-1", "activity": "c-2", "started_on": "c-4"}}],
            "fields.role: missing; it is part of the natural key",
        ),
        ([{"table": "a", "fields": KEY}, {"table": "b", "fields": KEY}], "doc 'doc' has two sources"),
        ([], "participation.sources"),
    ],
)
def test_a_source_that_contradicts_its_table_is_refused(sources: list[dict[str, Any]], told: str) -> None:
    doc = {"id": "doc", "tables": [table("a", exclude=["c-9"]), table("b", "grid-2")]}
    assert told in told_about(doc, participation={"sources": sources})


@pytest.mark.parametrize("key", [[], ["person", "person"]])
def test_a_natural_key_is_of_different_fields(key: list[str]) -> None:
    doc = {"id": "doc", "tables": [table("a")]}
    participation = {"sources": [{"table": "a", "fields": KEY}], "natural_key": key}
    told = told_about(doc, participation=participation)
    assert "participation.natural_key: expected one or more different fields" in told


def test_all_mistakes_are_told_at_once() -> None:
    doc = {"id": "doc", "tables": [table("a"), table("a")]}
    told = told_about(doc, participation={"sources": [{"table": "b", "fields": KEY}]})
    assert "two tables are named 'a'" in told
    assert "'grid-1' is listed twice" in told
    assert "no table 'b'" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), (b"\xff\xfe\x00", "cannot be read"), (b"coda: [", "is not YAML")],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "coda_pipeline.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogError, match=told) as caught:
        load_catalog(path)
    assert str(path) in str(caught.value)


def test_an_empty_file_is_an_empty_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "coda_pipeline.yaml"
    path.write_text("", encoding="utf-8")
    assert load_catalog(path).tables == ()
