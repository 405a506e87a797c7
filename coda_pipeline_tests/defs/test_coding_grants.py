"""Runs of a team that is connected by the button: without a grant they say so, with one they read."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from dagster import DagsterInstance
from pydantic import SecretStr
from sqlalchemy import Engine

from coda_pipeline.defs.coding_launch import run_coding_here
from coda_pipeline.sandbox.clock import ScaledClock
from coda_pipeline.sandbox.coding.config import CLIENT_ID, CLIENT_SECRET, PROJECT, TEAM, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline_tests.coding_sync.test_granting import granted
from coda_pipeline_tests.defs.workshop import Workshop


@pytest.fixture
def coding() -> Iterator[CodingSandboxServer]:
    with CodingSandboxServer(CodingConfig(rate=None), clock=ScaledClock()) as found:
        yield found


@pytest.fixture
def workshop(database: str, coding: CodingSandboxServer, instance: DagsterInstance, tmp_path) -> Workshop:
    """Everything that a run needs, but that nobody has connected the team."""
    config = tmp_path / "coda_pipeline.yaml"
    config.write_text(f"coding: {{teams: [{{name: {TEAM}, projects: [{PROJECT}], auth: oauth}}]}}")
    settings = Settings(
        database_url=SecretStr(database),
        coding_base_url=coding.base_url,
        coding_oauth_client_id=CLIENT_ID,
        coding_oauth_client_secret=SecretStr(CLIENT_SECRET),
        coda_pipeline_secret_key=SecretStr(Fernet.generate_key().decode()),
        coda_pipeline_config=config,
        dagster_home=tmp_path / "dagster_home",
    )
    return Workshop(settings, coding, instance)  # type: ignore[arg-type]


def test_a_run_says_to_connect_and_reads_once_somebody_has(
    workshop: Workshop, coding: CodingSandboxServer, engine: Engine
):
    def run():
        return run_coding_here(workshop.definitions, workshop.instance, tables=["iterations"])

    failed = run()
    assert not failed.success
    said = workshop.checks(failed.run_id)["raw/coding_iterations", "complete"].metadata["details"].value
    assert f"Connect it by the button on the gateway's page /coding/{TEAM}" in str(said)
    CodingTeams(workshop.settings, engine).grant(TEAM).keep(granted(coding), by="Анна")
    assert run().success
    coding.people.expire_tokens()
    coding.requests.clear()
    again = run()
    assert again.success
    assert coding.requests.count(path_contains="access_token") == 1
