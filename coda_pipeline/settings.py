"""Every environment variable, named and explained once.

Nothing else in the project reads the environment. A secret may also be given as a file, `<NAME>_FILE`, which
is read again on every use, so a rotated secret needs no restart.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from coda_pipeline.catalog import DEMO_CATALOG, Catalog, load_catalog
from coda_pipeline.catalog_coding import variable_of
from coda_pipeline.errors import CatalogError, ConfigurationError, DatabaseError, TokenError

EMBEDDED = "embedded"
# Each team has its own: CODING_TOKEN_DEMO_TEAM is that of the team demo-team.
TEAM_VARIABLES = ("CODING_TOKEN_", "CODING_WEBHOOK_SECRET_")
PROJECT_DIR = Path(__file__).resolve().parent.parent


def _team_variables() -> Mapping[str, SecretStr]:
    """The variables whose names end in a team's, which no field can stand for."""
    found = {name.upper(): value for name, value in EnvSettingsSource(Settings).env_vars.items() if value}
    return {name: SecretStr(value) for name, value in found.items() if name.startswith(TEAM_VARIABLES)}


class Settings(BaseSettings):
    """The environment of one process."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(
        default=None, description="The warehouse: postgresql://user:password@host/database, or `embedded`."
    )
    database_url_file: Path | None = Field(default=None, description="A file that holds DATABASE_URL.")
    dagster_database_url: SecretStr | None = Field(
        default=None, description="Dagster's own storage; the warehouse's database where it is not set."
    )
    dagster_database_url_file: Path | None = Field(
        default=None, description="A file that holds DAGSTER_DATABASE_URL."
    )
    dagster_home: Path = Field(
        default=PROJECT_DIR / "dagster_home",
        description="Dagster's folder: its settings, the logs, and the data of the embedded server.",
    )
    coda_pipeline_config: Path = Field(
        default=Path("coda_pipeline.yaml"),
        description="The configuration file: docs, tables, columns, guards.",
    )
    coda_api_token: SecretStr | None = Field(
        default=None, description="Token of the Coda user whose docs are read."
    )
    coda_api_token_file: Path | None = Field(default=None, description="A file that holds CODA_API_TOKEN.")
    coda_write_token: SecretStr | None = Field(
        default=None, description="Token of the Coda user under whose name edits are sent; CODA_API_TOKEN's."
    )
    coda_write_token_file: Path | None = Field(
        default=None, description="A file that holds CODA_WRITE_TOKEN."
    )
    coda_base_url: str = Field(
        default="https://coda.io/apis/v1", description="Coda's API, or the sandbox's address."
    )
    coda_dump_dir: Path | None = Field(
        default=None,
        description="The folder that holds dumps of the Coda file, for backfills; see docs/backfill.md.",
    )
    coda_pipeline_allow_write: bool = Field(
        default=False, description="1: send edits to Coda. Unset: they are planned and shown, never sent."
    )
    coding_base_url: str = Field(
        default="https://{team}.coding.net",
        description="CODING's address, `{team}` for the team's name, or the sandbox's address.",
    )
    coding_oauth_client_id: str | None = Field(
        default=None, description="The OAuth application that `/connect/coding/{team}` acts for."
    )
    coding_oauth_client_secret: SecretStr | None = Field(
        default=None, description="Secret of that OAuth application."
    )
    coding_oauth_client_secret_file: Path | None = Field(
        default=None, description="A file that holds CODING_OAUTH_CLIENT_SECRET."
    )
    coda_pipeline_secret_key: SecretStr | None = Field(
        default=None,
        description="Encrypts the grants of CODING teams: 32 bytes as base64; after a comma, older keys.",
    )
    coda_pipeline_secret_key_file: Path | None = Field(
        default=None, description="A file that holds CODA_PIPELINE_SECRET_KEY."
    )
    coda_pipeline_ui_url: str | None = Field(
        default=None, description="Where people open the Dagster UI; used in links."
    )
    coda_pipeline_ui_port: int | None = Field(
        default=None, description="Port of the Dagster UI; 3000, or a free one."
    )
    coda_pipeline_gateway_port: int | None = Field(
        default=None, description="Port of the gateway; 3080, or a free one."
    )
    coda_pipeline_public_url: str | None = Field(
        default=None, description="Where the gateway is reached from outside; used in links."
    )
    coda_pipeline_alert_url: SecretStr | None = Field(
        default=None, description="Where alerts are posted: the address of a chat's incoming webhook."
    )
    coda_pipeline_alert_url_file: Path | None = Field(
        default=None, description="A file that holds CODA_PIPELINE_ALERT_URL."
    )

    _of_teams: Mapping[str, SecretStr] = PrivateAttr(default_factory=_team_variables)

    def catalog(self) -> Catalog:
        """The configuration file, or the demo catalogue where the default file does not exist.

        Raises `CatalogError`, also where a file named by CODA_PIPELINE_CONFIG is missing.
        """
        if self.coda_pipeline_config.exists():
            return load_catalog(self.coda_pipeline_config)
        if "coda_pipeline_config" in self.model_fields_set:
            raise CatalogError(
                str(self.coda_pipeline_config), ["no such file; CODA_PIPELINE_CONFIG names it"]
            )
        return load_catalog(DEMO_CATALOG)

    @property
    def has_own_catalog(self) -> bool:
        """Whether there is a configuration file; without one the demo catalogue is used."""
        return "coda_pipeline_config" in self.model_fields_set or self.coda_pipeline_config.exists()

    def coda_token(self) -> SecretStr:
        """The token for reading. Raises `TokenError` where none is set, naming the ways out."""
        token = _secret(self.coda_api_token, self.coda_api_token_file)
        if token is None:
            message = (
                "No token for Coda: CODA_API_TOKEN (or CODA_API_TOKEN_FILE) is not set. Make one in Coda "
                "under Account settings > API settings, or try `coda-pipeline demo`, which needs none; "
                "`coda-pipeline discover` then writes a first configuration."
            )
            raise TokenError(message)
        return token

    @property
    def has_own_write_token(self) -> bool:
        """Whether edits are sent under another token than that for reading."""
        return self.coda_write_token is not None or self.coda_write_token_file is not None

    def coda_token_for_writing(self) -> SecretStr:
        """The token for writing, that for reading where none is set. Raises `TokenError` as that does."""
        return _secret(self.coda_write_token, self.coda_write_token_file) or self.coda_token()

    def coding_url(self, team: str) -> str:
        """Where a team's CODING is."""
        return self.coding_base_url.replace("{team}", team)

    def coding_token(self, team: str) -> SecretStr:
        """The token for a CODING team. Raises `TokenError` where none is set, naming the variable."""
        token = self._of_team("CODING_TOKEN_", team)
        if token is None:
            name = f"CODING_TOKEN_{variable_of(team)}"
            message = (
                f"No token for the CODING team {team}: {name} (or {name}_FILE) is not set. Make one in "
                "CODING under personal settings > access tokens, or connect the team on the gateway's page."
            )
            raise TokenError(message)
        return token

    def coding_webhook_secret(self, team: str) -> SecretStr | None:
        """What hooks of a CODING team are signed with; None where it is not set: then none is accepted."""
        return self._of_team("CODING_WEBHOOK_SECRET_", team)

    def coding_oauth_client(self) -> tuple[str, SecretStr]:
        """Id and secret of the OAuth application. Raises `ConfigurationError` where one is not set."""
        secret = _secret(self.coding_oauth_client_secret, self.coding_oauth_client_secret_file)
        if self.coding_oauth_client_id is None or secret is None:
            message = (
                "No OAuth application for CODING: set CODING_OAUTH_CLIENT_ID and CODING_OAUTH_CLIENT_SECRET "
                "(or CODING_OAUTH_CLIENT_SECRET_FILE), or use a personal token in CODING_TOKEN_<TEAM>."
            )
            raise ConfigurationError(message)
        return self.coding_oauth_client_id, secret

    def secret_keys(self) -> SecretStr | None:
        """What grants are encrypted with, as given; None where it is not set. See `warehouse.sealing`."""
        return _secret(self.coda_pipeline_secret_key, self.coda_pipeline_secret_key_file)

    def _of_team(self, prefix: str, team: str) -> SecretStr | None:
        name = f"{prefix}{variable_of(team)}"
        path = self._of_teams.get(f"{name}_FILE")
        return _secret(self._of_teams.get(name), Path(path.get_secret_value()) if path else None)

    def dump_dir(self) -> Path:
        """The folder of the dumps. Raises `ConfigurationError` where none is set, naming the ways out."""
        if self.coda_dump_dir is None:
            message = (
                "No dump to read: CODA_DUMP_DIR is not set. Set it to the folder that holds the files named "
                "under participation.dump, or give the path to `coda-pipeline load-dump PATH`."
            )
            raise ConfigurationError(message)
        return self.coda_dump_dir

    def warehouse_url(self) -> str:
        """DATABASE_URL as given, `embedded` included. Raises `DatabaseError` where it is not set."""
        url = _secret(self.database_url, self.database_url_file)
        if url is None:
            message = (
                "No database: DATABASE_URL is not set. Set it to postgresql://user:password@host/database, "
                "or to `embedded` for a PostgreSQL server of this project's own under dagster_home/postgres."
            )
            raise DatabaseError(message)
        return url.get_secret_value()

    def alert_url(self) -> str | None:
        """Where alerts go, None where nobody asked for them. The address itself lets anyone post there."""
        url = _secret(self.coda_pipeline_alert_url, self.coda_pipeline_alert_url_file)
        return url.get_secret_value() if url else None

    def dagster_storage_url(self) -> str | None:
        """DAGSTER_DATABASE_URL as given, None where it is not set: then it is the warehouse's database."""
        url = _secret(self.dagster_database_url, self.dagster_database_url_file)
        return url.get_secret_value() if url else None


def _secret(value: SecretStr | None, path: Path | None) -> SecretStr | None:
    if value is not None and value.get_secret_value():
        return value
    if path is None:
        return None
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        # Not the error's own text: a decoding error would quote the secret.
        message = (
            f"Reading a secret from {path} (an environment variable that ends in _FILE names it) failed: "
        )
        raise ConfigurationError(message + type(error).__name__) from None
