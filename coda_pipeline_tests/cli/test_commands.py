"""What all commands share: quick to start, one clear message, an exit status that tells the truth."""

import subprocess
import sys
from pathlib import Path

import pytest

from coda_pipeline_tests.cli.conftest import Terminal

NEEDS_A_DATABASE = [
    ["start"],
    ["sync"],
    ["columns", "list"],
    ["deletions", "list"],
    ["conflicts", "list"],
    ["history", "9b2e5f36-6a5e-4d5c-8a52-0d3c1f3a7a11"],
    ["grants", "--analysts", "somebody"],
    ["migrate"],
]


def test_the_command_starts_without_loading_what_only_some_commands_need():
    heavy = ("dagster", "sqlalchemy", "fastapi", "uvicorn", "yaml", "pydantic", "requests", "rich.progress")
    program = f"import coda_pipeline.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("args", NEEDS_A_DATABASE, ids=lambda args: args[0])
def test_without_a_database_both_ways_are_named(terminal: Terminal, args: list[str]):
    terminal.env["CODA_API_TOKEN"] = "any"
    answer = terminal.here(*args)
    assert answer.status == 1
    assert "DATABASE_URL is not set" in answer.err
    assert "postgresql://" in answer.err
    assert "embedded" in answer.err
    assert answer.out == ""


def test_sync_without_a_token_names_the_ways_out(terminal: Terminal):
    answer = terminal.here("sync")
    assert answer.status == 1
    assert "CODA_API_TOKEN" in answer.err
    assert "coda-pipeline discover" in answer.err


def test_a_wrong_environment_is_told_all_at_once_without_the_values(terminal: Terminal):
    terminal.env |= {"CODA_PIPELINE_UI_PORT": "http"}
    answer = terminal.here("doctor")
    assert answer.status == 1
    assert "CODA_PIPELINE_UI_PORT: input should be a valid integer" in answer.err
    assert "Traceback" not in answer.err


def test_a_configuration_with_mistakes_stops_a_sync_before_anything_is_asked(terminal: Terminal):
    Path("coda_pipeline.yaml").write_text("coda: {doc: []}\nguards: {lost: {rows: -1}}\n")
    answer = terminal.here("sync")
    assert answer.status == 1
    assert "coda.doc" in answer.err
    assert "guards.lost.rows" in answer.err


def test_a_secret_file_that_is_not_there_is_named(terminal: Terminal):
    terminal.env["CODA_API_TOKEN_FILE"] = "/nowhere/token"
    answer = terminal.here("discover")
    assert answer.status == 1
    assert "/nowhere/token" in answer.err


def test_a_secret_may_come_from_a_file(connected: Terminal, tmp_path: Path):
    secret = tmp_path / "token"
    secret.write_text(connected.env.pop("CODA_API_TOKEN") + "\n")
    connected.env["CODA_API_TOKEN_FILE"] = str(secret)
    assert connected.here("discover").status == 0


def test_a_database_that_does_not_answer_is_told_without_traceback_and_password(terminal: Terminal):
    terminal.env["DATABASE_URL"] = "postgresql://hr:top-secret@127.0.0.1:1/warehouse"
    answer = terminal.here("deletions", "list")
    assert answer.status == 1
    assert "Cannot use the database hr@127.0.0.1" in answer.err
    assert "top-secret" not in answer.err


@pytest.mark.parametrize("args", [["sink"], ["sync", "--fast"], ["history", "not-an-id"], ["grants"], []])
def test_a_wrong_command_line_ends_with_status_two(terminal: Terminal, args: list[str]):
    assert terminal.here(*args).status == 2
