"""`discover` over a sandbox."""

from pathlib import Path

from coda_pipeline.catalog import load_catalog
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.cli.conftest import Terminal

FILE = Path("coda_pipeline.yaml")


def test_the_file_loads_and_holds_every_base_table(connected: Terminal, sandbox: SandboxServer):
    answer = connected.here("discover")
    assert answer.status == 0, answer.err
    catalog = load_catalog(FILE)
    assert [doc.id for doc in catalog.coda.docs] == [sandbox.doc_id]
    tables = {spec.table_id: spec for spec in catalog.tables}
    assert "grid-Uchastie01" in tables
    assert "table-Active0001" not in tables
    assert tables["grid-Uchastie01"].excluded == {"c-Salary0001"}
    assert tables["grid-People0001"].excluded == {"c-Phone00001"}


def test_uchastie_is_mapped(connected: Terminal):
    connected.here("discover")
    section = load_catalog(FILE).participation
    assert section is not None
    assert section.sources[0].fields.mapped["person"] == "c-Person0001"
    assert section.sources[0].fields.mapped["sync_id"] == "c-SyncId0001"


def test_a_file_that_is_there_is_left_alone(connected: Terminal):
    FILE.write_text("mine")
    answer = connected.here("discover")
    assert answer.status == 1
    assert "--force" in answer.err
    assert FILE.read_text() == "mine"


def test_force_replaces_it(connected: Terminal):
    FILE.write_text("mine")
    assert connected.here("discover", "--force").status == 0
    assert load_catalog(FILE).tables


def test_an_address_names_a_doc(connected: Terminal, sandbox: SandboxServer):
    address = f"https://coda.io/d/_d{sandbox.doc_id}"
    assert connected.here("discover", address).status == 0
    assert [doc.id for doc in load_catalog(FILE).coda.docs] == [sandbox.doc_id]


def test_standard_output_takes_the_text_alone(connected: Terminal):
    answer = connected.here("discover", "--output", "-")
    assert answer.status == 0
    Path("other.yaml").write_text(answer.out)
    assert load_catalog(Path("other.yaml")).tables
    assert not FILE.exists()


def test_a_doc_that_the_token_cannot_see_is_named_and_nothing_is_written(connected: Terminal):
    answer = connected.here("discover", "NoSuchDoc1")
    assert answer.status == 1
    assert "NoSuchDoc1" in answer.err
    assert not FILE.exists()


def test_without_a_token_the_ways_out_are_named(terminal: Terminal):
    answer = terminal.here("discover")
    assert answer.status == 1
    assert "CODA_API_TOKEN" in answer.err
    assert "coda-pipeline demo" in answer.err


def test_no_row_is_asked_for(connected: Terminal, sandbox: SandboxServer):
    connected.here("discover")
    assert sandbox.requests.count(path_contains="/columns") > 0
    assert sandbox.requests.count(path_contains="/rows") == 0
