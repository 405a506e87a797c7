"""One user's token reads, another's writes: each does only what it may."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pydantic import SecretStr

from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.coda.client import CodaClient, connect_coda, connect_coda_for_writing
from coda_pipeline.errors import TokenError
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig, Scope, TokenSpec
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline_tests.write_back.office import Office

READS, WRITES = "token-that-reads", "token-that-writes"


def scope(operation) -> tuple[Scope, ...]:
    return (Scope(schema.HR_DOC_ID, operations=frozenset({operation})),)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Neither token may do what the other is for."""
    tokens = (
        TokenSpec(READS, login="reader@example.com", scopes=scope("read")),
        TokenSpec(WRITES, login="writer@example.com", scopes=scope("write")),
    )
    with SandboxServer(SandboxConfig(content="empty", rates=None, tokens=tokens)) as found:
        yield found


def settings_for(sandbox: SandboxServer, write_token: str | None) -> Settings:
    return Settings(
        coda_base_url=sandbox.base_url,
        coda_api_token=SecretStr(READS),
        coda_write_token=SecretStr(write_token) if write_token else None,
    )


@pytest.fixture
def office(sandbox: SandboxServer, engine) -> Iterator[Office]:
    with connect_coda(settings_for(sandbox, None), RateLimits(), None) as client:
        yield Office(sandbox, engine, client)


@pytest.fixture
def writer(sandbox: SandboxServer) -> Iterator[CodaClient]:
    with connect_coda_for_writing(settings_for(sandbox, WRITES), RateLimits(), None) as client:
        yield client


def edited(office: Office) -> str:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    return row


def test_edits_are_sent_with_the_one_and_proved_with_the_other(office: Office, writer: CodaClient) -> None:
    row = edited(office)
    assert office.sync(write_client=writer).verified == 1
    assert office.there(row, schema.SHARE) == 0.5


def test_a_token_that_may_not_write_is_named_and_the_next_run_finishes(
    office: Office, sandbox: SandboxServer, writer: CodaClient
) -> None:
    row = edited(office)
    with (
        connect_coda_for_writing(settings_for(sandbox, None), RateLimits(), None) as reader,
        pytest.raises(TokenError, match=r"reader@example\.com \(CODA_API_TOKEN\) may not do this"),
    ):
        office.sync(write_client=reader)
    office.wait(60)
    assert office.sync(write_client=writer).pending == 0
    assert office.there(row, schema.SHARE) == 0.5
    assert office.is_all_proved()


def test_a_refused_token_for_writing_is_named_by_its_own_setting(sandbox: SandboxServer) -> None:
    with pytest.raises(TokenError, match="CODA_WRITE_TOKEN"):
        connect_coda_for_writing(settings_for(sandbox, "wrong"), RateLimits(), None)
