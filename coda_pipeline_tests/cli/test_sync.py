"""`sync` and `migrate` in processes of their own, over a real database and a real Dagster instance."""

import json
from pathlib import Path

import psycopg

from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.cli.conftest import ROWS, Terminal


def runs(database: str) -> list[tuple[str, str]]:
    """Job and status of every run that Dagster has on record."""
    with psycopg.connect(database) as conn:
        return conn.execute("select pipeline_name, status from runs order by id").fetchall()


def test_from_an_empty_database_to_deduplicated_participations_and_no_person_is_in_the_log(
    connected: Terminal, empty_database: str, sandbox: SandboxServer, tmp_path: Path
):
    connected.env["DATABASE_URL"] = empty_database
    refused = connected.run("sync")
    assert refused.status == 1
    assert "coda-pipeline migrate" in refused.err

    migrated = connected.run("migrate")
    assert migrated.status == 0, migrated.err

    answer = connected.run("sync")
    assert answer.status == 0, answer.err
    assert f"participation\t{ROWS}\t{ROWS}\t0\t0\t0\t0\t" in answer.out
    assert f"of {ROWS} records" in answer.out
    assert f"participation: {ROWS} of {ROWS} rows" in answer.err
    assert runs(empty_database)[-3:] == [
        ("sync_coda", "SUCCESS"),
        ("write_back", "SUCCESS"),
        ("sync_coding", "SUCCESS"),
    ]
    assert "Nothing was sent to Coda: CODA_PIPELINE_ALLOW_WRITE is not set to 1." in answer.out
    with psycopg.connect(empty_database) as conn:
        people = conn.execute("select person_name, person_email from core.participation").fetchall()
    assert 10 < len(people) < ROWS
    log = (tmp_path / "dagster_home" / "logs" / "sync.log").read_text()
    assert "RUN_SUCCESS" in log
    assert [text for person in people for text in person if text and text in log] == []
    assert connected.env["CODA_API_TOKEN"] not in log

    before = len(sandbox.requests)
    again = connected.run("sync", "participation")
    assert again.status == 0, again.err
    assert "participation\t0\t0\t0\t0\t0\t0\t2\t" in again.out
    assert "people" not in again.out
    assert runs(empty_database)[-2:] == [("sync_participation", "SUCCESS"), ("write_back", "SUCCESS")]
    # Two for the table, and in each of the two runs one to learn whose budget it is.
    assert len(sandbox.requests) - before <= 4


def test_a_failed_sync_says_why_and_does_not_end_well(ready: Terminal, database: str, sandbox: SandboxServer):
    config = {
        "coda": {"docs": [{"id": sandbox.doc_id, "tables": [{"id": "grid-Gone000001", "name": "gone"}]}]}
    }
    Path("coda_pipeline.yaml").write_text(json.dumps(config))
    answer = ready.run("sync")
    assert answer.status == 1
    assert "grid-Gone000001" in answer.err
    assert "Traceback" not in answer.err
    assert runs(database)[-1][1] == "FAILURE"


def test_a_refused_token_is_told_once_and_not_shown(ready: Terminal):
    ready.env["CODA_API_TOKEN"] = "of-somebody-else"
    answer = ready.run("sync", "roles")
    assert answer.status == 1
    assert answer.err.count("(401)") == 1
    assert "of-somebody-else" not in answer.err + answer.out


def test_an_unknown_table_is_told_with_those_there_are(ready: Terminal):
    answer = ready.run("sync", "particpation")
    assert answer.status == 1
    assert "particpation" in answer.err
    assert "participation, people" in answer.err
