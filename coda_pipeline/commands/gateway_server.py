"""The gateway as a server: its databases opened from the settings, and uvicorn around the application."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from coda_pipeline.commands.workplace import open_warehouse
from coda_pipeline.gateway.app import create_app
from coda_pipeline.gateway.gateway import Gateway
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline.warehouse.engine import APPLICATION_NAME, dagster_url

# Whoever presses waits at most as long as the answer may take (gateway.door).
LET_GO_S = 5
MAX_CONNECTIONS = 500


@contextmanager
def opened(settings: Settings) -> Iterator[Gateway]:
    """A gateway over the warehouse and Dagster's storage.

    Raises `DatabaseError` where the warehouse cannot be used, `CatalogError` for a wrong configuration.
    """
    catalog = settings.catalog()
    settings.alert_url()
    with ExitStack() as stack:
        engine = stack.enter_context(open_warehouse(settings))
        dagster = _dagster_storage(settings, engine)
        stack.callback(dagster.dispose)
        yield Gateway(
            engine=engine,
            catalog=catalog,
            dagster=dagster,
            public_url=_address(settings.coda_pipeline_public_url),
            ui_url=_address(settings.coda_pipeline_ui_url),
            alert_url=settings.alert_url(),
            webhook_secret_of=settings.coding_webhook_secret,
            coding=CodingTeams(settings, engine) if catalog.coding.teams else None,
            allow_write=settings.coda_pipeline_allow_write,
        )


def run_server(gateway: Gateway, *, host: str, port: int, public: bool) -> None:
    """Serve until a signal ends it."""
    uvicorn.run(
        create_app(gateway, public=public),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # The application itself takes a listed proxy's word (gateway.pages.proxies).
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=LET_GO_S,
        ws="none",
    )


def _dagster_storage(settings: Settings, engine: Engine) -> Engine:
    """Dagster's storage, connected at first use: whether it answers is for `/readyz` to say."""
    own = settings.dagster_storage_url()
    url = make_url(dagster_url(own)).set(drivername="postgresql+psycopg") if own else engine.url
    return create_engine(
        url,
        connect_args={"application_name": APPLICATION_NAME, "connect_timeout": 5},
        pool_size=2,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _address(url: str | None) -> str | None:
    return url.rstrip("/") if url else None
