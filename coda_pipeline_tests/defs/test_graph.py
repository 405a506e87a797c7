"""The graph of the demo catalogue, in full. CODA_PIPELINE_UPDATE_GOLDEN=1 writes it anew: read the diff."""

import os
from pathlib import Path

import pytest
from dagster import Definitions

from coda_pipeline.defs.build import build_definitions
from coda_pipeline.errors import CatalogError
from coda_pipeline.settings import Settings
from coda_pipeline_tests.defs.graph import describe

GOLDEN = Path(__file__).parent / "asset_graph.txt"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of someone who has set nothing: no environment, an empty folder."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return Settings()


def test_the_graph_is_the_one_that_was_agreed_on(settings: Settings) -> None:
    found = describe(build_definitions(settings))
    if os.environ.get("CODA_PIPELINE_UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_the_definitions_are_valid_without_any_environment(settings: Settings) -> None:
    Definitions.validate_loadable(build_definitions(settings))


def test_asset_keys_are_ascii(settings: Settings) -> None:
    keys = build_definitions(settings).resolve_asset_graph().get_all_asset_keys()
    assert keys
    assert all(part.isascii() for key in keys for part in key.path)


def test_every_asset_says_what_it_is_and_whose_it_is(settings: Settings) -> None:
    graph = build_definitions(settings).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.group_name in {"extract", "backfill", "resolve", "publish", "coding"}, key
        if node.is_executable:
            assert "dagster/column_schema" in node.metadata, key
            assert "dagster/table_name" in node.metadata, key


def test_every_run_is_one_process(settings: Settings) -> None:
    definitions = build_definitions(settings)
    names = ["sync_coda", "sync_participation", "write_back", "sync_coding", "__ASSET_JOB"]
    assert {definitions.resolve_job_def(name).executor_def.name for name in names} == {"in_process"}


def test_a_catalogue_without_participation_still_reads_its_tables(settings: Settings, tmp_path: Path) -> None:
    config = tmp_path / "coda_pipeline.yaml"
    config.write_text("coda: {docs: [{id: Doc, tables: [{id: grid-1, name: people}]}]}", encoding="utf-8")
    definitions = build_definitions(settings)
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {"coda_source/people", "raw/coda_people"}
    assert [job.name for job in definitions.jobs or ()] == ["sync_coda"]


def test_an_empty_catalogue_loads(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "coda_pipeline.yaml").write_text("", encoding="utf-8")
    definitions = build_definitions(settings)
    Definitions.validate_loadable(definitions)
    assert not definitions.jobs


def test_a_wrong_catalogue_is_refused_with_every_mistake(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "coda_pipeline.yaml").write_text("coda: {doc: []}\nguard: {}", encoding="utf-8")
    with pytest.raises(CatalogError) as refused:
        build_definitions(settings)
    assert len(refused.value.problems) == 2
