"""`doctor`: a line each, and status 1 as soon as one of them is wrong."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from sqlalchemy.engine import make_url

from coda_pipeline.catalog import DEMO_CATALOG, Catalog, load_catalog, parse_catalog
from coda_pipeline.commands.examine_coda import examine_coda
from coda_pipeline.commands.examine_machine import examine_rights
from coda_pipeline.commands.findings import Finding
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.warehouse.engine import plain_url, warehouse_engine
from coda_pipeline_tests.cli.conftest import Answer, Terminal

PARTICIPATION = {"id": "grid-Uchastie01", "name": "participation"}


def wrong_lines(answer: Answer) -> list[str]:
    return [line for line in answer.out.splitlines() if line.startswith("WRONG")]


def wrong(sandbox: SandboxServer, catalog: Catalog) -> dict[str, str]:
    settings = Settings.model_validate({"coda_base_url": sandbox.base_url, "coda_api_token": sandbox.token})
    found: list[Finding] = list(examine_coda(settings, catalog))
    return {finding.what: finding.text for finding in found if not finding.is_fine}


def catalog_of(table: dict[str, object], fields: dict[str, str] | None = None) -> Catalog:
    content: dict[str, object] = {"coda": {"docs": [{"id": "HrDemoDoc1", "tables": [table]}]}}
    if fields is not None:
        source = {"table": table["name"], "fields": fields}
        content["participation"] = {"sources": [source], "natural_key": ["person"]}
    return parse_catalog(content, source="test")


def test_everything_is_tried_and_fine(ready: Terminal):
    answer = ready.run("doctor")
    assert answer.status == 0, answer.out + answer.err
    assert wrong_lines(answer) == []
    for what in (
        "configuration:",
        "database DATABASE_URL:",
        "schema:",
        "rights:",
        "dagster DAGSTER_HOME:",
        "token CODA_API_TOKEN: acts as hr.sync@example.com",
        "doc HrDemoDoc1:",
        "table participation: «Участие», 60 rows",
        "guard lost, participation:",
        "mapping participation.person: «Сотрудник»",
    ):
        assert f"fine   {what}" in answer.out


def test_where_writing_is_on_the_name_the_automations_and_the_key_column_are_told(
    ready: Terminal, tmp_path: Path
):
    config = tmp_path / "writing.yaml"
    content = yaml.safe_load(DEMO_CATALOG.read_text(encoding="utf-8"))
    content["participation"]["write_back"] = {"enabled": True}
    content["participation"]["sources"][0]["fields"].pop("sync_id", None)
    config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    ready.env |= {"CODA_PIPELINE_CONFIG": str(config), "CODA_PIPELINE_ALLOW_WRITE": "1"}
    answer = ready.run("doctor")
    assert "fine   token CODA_WRITE_TOKEN: edits appear in Coda under the name of" in answer.out
    assert "Coda's automations on these tables will see them" in answer.out
    copied, keyless = wrong_lines(answer)
    assert "coda-pipeline adopt" in copied
    assert "map it as sync_id" in keyless


def test_what_is_missing_is_told_all_at_once(terminal: Terminal):
    answer = terminal.here("doctor")
    assert answer.status == 1
    assert [line.split(":")[0] for line in wrong_lines(answer)] == [
        "WRONG  database DATABASE_URL",
        "WRONG  token CODA_API_TOKEN",
        "WRONG  token CODING_TOKEN_DEMO_TEAM",
        "WRONG  webhook CODING_WEBHOOK_SECRET_DEMO_TEAM",
    ]
    assert "embedded" in answer.out
    assert "coda-pipeline demo" in answer.out


def test_a_database_without_schema_asks_for_migrate(connected: Terminal, empty_database: str):
    connected.env["DATABASE_URL"] = empty_database
    answer = connected.run("doctor")
    assert answer.status == 1
    assert wrong_lines(answer) == [
        "WRONG  schema: The warehouse has no schema yet: run `coda-pipeline migrate`."
    ]


def test_all_mistakes_of_the_file_are_told(connected: Terminal):
    Path("coda_pipeline.yaml").write_text(
        "coda: {docs: [{id: A, tables: [{id: grid-1, name: Имя}], lag: 3}]}\nguard: {}\n"
    )
    answer = connected.here("doctor")
    assert answer.status == 1
    for key in ("coda.docs[0].tables[0].name", "coda.docs[0].lag", "guard"):
        assert key in answer.out


def test_a_refused_token_is_told_without_showing_it(sandbox: SandboxServer):
    settings = Settings.model_validate(
        {"coda_base_url": sandbox.base_url, "coda_api_token": "of-somebody-else"}
    )
    (finding,) = examine_coda(settings, load_catalog(DEMO_CATALOG))
    assert finding.what == "token CODA_API_TOKEN"
    assert not finding.is_fine
    assert "401" in finding.text
    assert "of-somebody-else" not in finding.text


def test_the_demo_s_own_configuration_is_fine(sandbox: SandboxServer):
    assert wrong(sandbox, load_catalog(DEMO_CATALOG)) == {}


def test_an_unknown_table_is_told(sandbox: SandboxServer):
    problems = wrong(sandbox, catalog_of({"id": "grid-Nowhere01", "name": "nowhere"}))
    assert list(problems) == ["table nowhere"]


def test_an_unknown_doc_is_told(sandbox: SandboxServer):
    tables = [{"id": "grid-1", "name": "one"}]
    catalog = parse_catalog({"coda": {"docs": [{"id": "Nowhere", "tables": tables}]}}, source="test")
    assert list(wrong(sandbox, catalog)) == ["doc Nowhere"]


def test_a_view_is_told_with_its_base_table(sandbox: SandboxServer):
    problems = wrong(sandbox, catalog_of({"id": "table-Active0001", "name": "active"}))
    assert "grid-Uchastie01" in problems["table active"]


def test_excluding_a_column_that_is_not_there_is_told(sandbox: SandboxServer):
    problems = wrong(sandbox, catalog_of({**PARTICIPATION, "exclude": ["c-Salary0002"]}))
    assert list(problems) == ["exclude participation.c-Salary0002"]


def test_a_mapping_to_a_column_that_is_not_there_names_those_that_would_fit(sandbox: SandboxServer):
    problems = wrong(sandbox, catalog_of(PARTICIPATION, {"person": "c-Gone"}))
    assert "c-Person0001 «Сотрудник»" in problems["mapping participation.person"]


def test_a_mapping_to_a_column_of_another_kind_is_told(sandbox: SandboxServer):
    fields = {"person": "c-Person0001", "started_on": "c-Salary0001"}
    problems = wrong(sandbox, catalog_of(PARTICIPATION, fields))
    assert list(problems) == ["mapping participation.started_on"]
    assert "currency" in problems["mapping participation.started_on"]


def test_a_doc_over_the_limit_of_the_api_is_told(sandbox: SandboxServer):
    sandbox.world.main.over_size = True
    assert list(wrong(sandbox, load_catalog(DEMO_CATALOG))) == ["doc HrDemoDoc1"]


@pytest.fixture
def newcomer(database: str) -> Iterator[str]:
    """The address of `database` for a user that may create in `raw` and nothing else."""
    name = f"newcomer_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(f"create role {name} login")
        conn.execute(f"grant usage, create on schema raw to {name}")
        yield plain_url(make_url(database).set(username=name).render_as_string(hide_password=False))
        conn.execute(f"drop owned by {name}")
        conn.execute(f"drop role {name}")


def test_missing_rights_are_told_with_the_statement_that_gives_them(newcomer: str):
    engine = warehouse_engine(newcomer)
    problems = {finding.what: finding.text for finding in examine_rights(engine) if not finding.is_fine}
    engine.dispose()
    assert "right on raw" not in problems
    assert "grant usage, create on schema coda to newcomer_" in problems["right on coda"]
    assert "grant all on sync.cursors to newcomer_" in problems["right on sync.cursors"]
