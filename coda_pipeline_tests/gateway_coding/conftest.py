"""A gateway that reads a team of the CODING sandbox, and a person who is signed in on its pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.sandbox.coding.config import CLIENT_ID, CLIENT_SECRET, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline_tests.gateway.serving import gateway_on, serving
from coda_pipeline_tests.gateway_coding.place import KEY, OUTSIDE, SECRET, Place, browser, catalog_of


@pytest.fixture
def sandbox() -> Iterator[CodingSandboxServer]:
    with CodingSandboxServer(CodingConfig(rate=None, content="empty")) as found:
        yield found


@pytest.fixture
def at(
    engine: Engine, sandbox: CodingSandboxServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Place]]:
    """A gateway for a catalogue; settings are those of a complete installation unless told otherwise."""

    stack = ExitStack()

    def place(catalog: Catalog, *, public_url: str | None = None, **more: Any) -> Place:
        monkeypatch.setenv("CODING_TOKEN_DEMO_TEAM", sandbox.token)
        monkeypatch.setenv("CODING_WEBHOOK_SECRET_DEMO_TEAM", SECRET)
        given: dict[str, Any] = {
            "coding_base_url": sandbox.base_url,
            "coding_oauth_client_id": CLIENT_ID,
            "coding_oauth_client_secret": CLIENT_SECRET,
            "coda_pipeline_secret_key": KEY,
        }
        settings = Settings(**given | more)
        gateway = gateway_on(
            engine, catalog, coding=CodingTeams(settings, engine), public_url=public_url,
            webhook_secret_of=settings.coding_webhook_secret,
        )  # fmt: skip
        served = stack.enter_context(serving(gateway))
        person = browser(served)
        stack.callback(person.close)
        return Place(served, sandbox, person, engine)

    with stack:
        yield place


@pytest.fixture
def by_token(at: Callable[..., Place]) -> Place:
    return at(catalog_of(), public_url=OUTSIDE)


@pytest.fixture
def by_button(at: Callable[..., Place]) -> Place:
    return at(catalog_of(auth="oauth"))
