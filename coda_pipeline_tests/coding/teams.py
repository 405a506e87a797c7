"""A client for a sandbox, as tests make it."""

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from coda_pipeline.catalog_coding import AuthKind, TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import connect_coding
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.sandbox.coding.config import PROJECT, TEAM
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings

NO_WAIT = RetryPolicy(failure_waits_s=(0, 0), limited_waits_s=(0, 0))
ENTRY = TeamEntry(name=TEAM, projects=(PROJECT,))


def client_of(
    sandbox: CodingSandboxServer,
    *,
    token: Callable[[], SecretStr] | None = None,
    auth: AuthKind | None = None,
    **entry: Any,
) -> CodingClient:
    """A client that talks to the sandbox with its token, or another."""
    return connect_coding(
        Settings(coding_base_url=sandbox.base_url),
        ENTRY.model_copy(update={"requests_per_second": 10_000, **entry}),
        None,
        token=token or (lambda: SecretStr(sandbox.token)),
        auth=auth,
        policy=NO_WAIT,
    )
