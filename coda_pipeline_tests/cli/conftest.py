"""The command line over a real sandbox and a real database, in this process where that will do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coda_pipeline.cli import app
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.coding.config import DEFAULT_SECRET, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline_tests import dagster_database

ROWS = 60
dagster_template, database = dagster_database.dagster_template, dagster_database.database
COMMAND_TIMEOUT_S = 180


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@dataclass
class Terminal:
    """A shell with an environment of its own: nothing of the developer's own settings is in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def here(self, *args: str) -> Answer:
        """Run a command in this process."""
        cleared = dict.fromkeys((name.upper() for name in Settings.model_fields), None)
        result = CliRunner().invoke(app, list(args), env={**cleared, **self.env})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def run(self, *args: str) -> Answer:
        """Run a command in a process of its own, as a person does."""
        done = subprocess.run(
            [sys.executable, "-m", "coda_pipeline.cli", *args],
            env=self.environment(), cwd=self.folder, check=False,
            capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

    def environment(self) -> dict[str, str]:
        """What a process that it starts finds in its environment."""
        names = {name.upper() for name in Settings.model_fields}
        return {name: value for name, value in os.environ.items() if name not in names} | self.env


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in an empty folder, without settings."""
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path, {"DAGSTER_HOME": str(tmp_path / "dagster_home")})


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A small HR doc."""
    with SandboxServer(SandboxConfig(rows=ROWS)) as server:
        server.limits.off()
        yield server


@pytest.fixture
def coding() -> Iterator[CodingSandboxServer]:
    """The demo's CODING project, at the present time."""
    with CodingSandboxServer(CodingConfig(rate=None), clock=ScaledClock()) as server:
        yield server


@pytest.fixture
def connected(terminal: Terminal, sandbox: SandboxServer, coding: CodingSandboxServer) -> Terminal:
    """A terminal that knows addresses and tokens of both sandboxes, and no database."""
    terminal.env |= {
        "CODA_BASE_URL": sandbox.base_url,
        "CODA_API_TOKEN": sandbox.token,
        "CODING_BASE_URL": coding.base_url,
        "CODING_TOKEN_DEMO_TEAM": coding.token,
        "CODING_WEBHOOK_SECRET_DEMO_TEAM": DEFAULT_SECRET,
    }
    return terminal


@pytest.fixture
def ready(connected: Terminal, database: str) -> Terminal:
    """A terminal that knows the sandbox and a migrated database."""
    connected.env["DATABASE_URL"] = database
    return connected
