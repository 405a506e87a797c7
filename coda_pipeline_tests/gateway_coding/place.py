"""A gateway, the CODING that it asks, and a person at its pages."""

from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.sandbox.coding.config import PROJECT, TEAM
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.gateway.serving import Served
from coda_pipeline_tests.gateway_pages.scene import Browser, token_of

PAGE, CONNECT = f"/coding/{TEAM}", f"/connect/coding/{TEAM}"
CALLBACK = "/connect/coding/callback"
SECRET, KEY = "the-hook-secret-of-the-settings", Fernet.generate_key().decode()
OUTSIDE = "https://sync.example.org"


@dataclass
class Place:
    """A gateway, the CODING that it asks, and a person who is signed in."""

    served: Served
    sandbox: CodingSandboxServer
    person: Browser
    engine: Engine

    def select(self, statement: str) -> list[Any]:
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]


def catalog_of(**team: Any) -> Catalog:
    entry = {"name": TEAM, "projects": [PROJECT], "incremental": "both", **team}
    return parse_catalog({"coding": {"teams": [entry]}}, source="test")


def browser(served: Served, name: str = "Анна") -> Browser:
    found = Browser(served.base_url, **{"Accept-Language": "ru"})
    found.sign_in(token_of(served.gateway.engine, "approve", name=name))
    return found
