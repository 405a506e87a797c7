"""`doctor` and a team that is connected by the button: what has to be set, and that somebody presses it."""

from typing import Any

from cryptography.fernet import Fernet

from coda_pipeline.catalog import parse_catalog
from coda_pipeline.commands.examine_coding import examine_coding
from coda_pipeline.sandbox.coding.config import CLIENT_ID, CLIENT_SECRET
from coda_pipeline.settings import Settings


def test_doctor_names_what_is_missing_before_a_team_can_be_connected(database: str):
    team = {"name": "demo-team", "projects": ["demo-project"], "auth": "oauth"}
    catalog = parse_catalog({"coding": {"teams": [team]}}, source="test")
    given: dict[str, Any] = {"database_url": database}
    application = {"coding_oauth_client_id": CLIENT_ID, "coding_oauth_client_secret": CLIENT_SECRET}
    for missing, then_set in (
        ("CODING_OAUTH_CLIENT_ID", application),
        ("CODA_PIPELINE_SECRET_KEY", {"coda_pipeline_secret_key": Fernet.generate_key().decode()}),
        ("Connect it by the button on the gateway's page /coding/demo-team", {}),
    ):
        (finding,) = examine_coding(Settings(**given), catalog)
        assert (finding.what, finding.is_fine) == ("grant of demo-team", False)
        assert missing in finding.text
        given |= then_set
