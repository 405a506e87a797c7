"""The section `coding` of the configuration, and the variables that go with it."""

from pathlib import Path

import pytest

from coda_pipeline.catalog import parse_catalog
from coda_pipeline.catalog_coding import variable_of
from coda_pipeline.errors import CatalogError, ConfigurationError, TokenError
from coda_pipeline.settings import Settings


def catalog_of(*teams: dict[str, object]):
    return parse_catalog({"coding": {"teams": list(teams)}}, source="test")


def test_a_team_needs_a_name_and_projects_and_nothing_else():
    team = catalog_of({"name": "demo-team", "projects": ["demo-project"]}).coding.team("demo-team")
    assert (team.incremental, team.auth, team.requests_per_second) == ("polling", "token", 30)
    assert (team.webhook.signature_header, team.webhook.algorithm) == ("X-Coding-Signature", "sha1")


@pytest.mark.parametrize(
    ("team", "path"),
    [
        ({"name": "demo team", "projects": ["p"]}, "coding.teams[0].name"),
        ({"name": "demo", "projects": []}, "coding.teams[0].projects"),
        ({"name": "demo", "projects": ["a/b"]}, "coding.teams[0].projects[0]"),
        ({"name": "demo", "projects": ["p"], "incremental": "push"}, "coding.teams[0].incremental"),
        ({"name": "demo", "projects": ["p"], "webhook": {"algorithm": "md5"}}, "webhook.algorithm"),
        ({"name": "demo", "projects": ["p"], "polling": {"page_rows": 501}}, "polling.page_rows"),
        ({"name": "demo", "projects": ["p", "p"]}, "coding.teams[0].projects: 'p' is listed twice"),
        ({"name": "demo", "projects": ["p"], "token": "x"}, "not known here"),
    ],
)
def test_a_mistake_is_told_with_its_path(team: dict[str, object], path: str):
    with pytest.raises(CatalogError) as caught:
        catalog_of(team)
    assert path in str(caught.value)


def test_two_teams_of_one_name_or_one_variable_are_refused():
    with pytest.raises(CatalogError, match="listed twice"):
        catalog_of({"name": "a", "projects": ["p"]}, {"name": "a", "projects": ["q"]})
    with pytest.raises(CatalogError, match="CODING_TOKEN_A_B"):
        catalog_of({"name": "a-b", "projects": ["p"]}, {"name": "a_b", "projects": ["p"]})


def test_a_team_is_spelled_in_capitals_in_variables():
    assert variable_of("demo-team2") == "DEMO_TEAM2"


def test_each_team_has_its_own_token_and_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CODING_TOKEN_DEMO_TEAM", "token-1")
    monkeypatch.setenv("CODING_WEBHOOK_SECRET_DEMO_TEAM", "secret-2")
    settings = Settings()
    secret = settings.coding_webhook_secret("demo-team")
    assert settings.coding_token("demo-team").get_secret_value() == "token-1"
    assert secret is not None
    assert secret.get_secret_value() == "secret-2"
    assert settings.coding_webhook_secret("other") is None
    shown = f"{settings!r} {settings.__dict__} {settings.__pydantic_private__}"
    assert "token-1" not in shown
    assert "secret-2" not in shown


def test_a_team_without_a_token_is_told_the_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CODING_TOKEN_OTHER", "")
    for team, variable in (("demo-team", "CODING_TOKEN_DEMO_TEAM"), ("other", "CODING_TOKEN_OTHER")):
        with pytest.raises(TokenError, match=variable):
            Settings().coding_token(team)


def test_a_secret_in_a_file_is_read_again_on_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "token"
    monkeypatch.setenv("CODING_TOKEN_DEMO_TEAM_FILE", str(file))
    settings = Settings()
    for token in ("first", "second"):
        file.write_text(f"{token}\n", encoding="utf-8")
        assert settings.coding_token("demo-team").get_secret_value() == token
    file.unlink()
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        settings.coding_token("demo-team")


def test_the_address_of_a_team_holds_its_name(monkeypatch: pytest.MonkeyPatch):
    assert Settings().coding_url("demo-team") == "https://demo-team.coding.net"
    monkeypatch.setenv("CODING_BASE_URL", "http://127.0.0.1:8000")
    assert Settings().coding_url("demo-team") == "http://127.0.0.1:8000"
