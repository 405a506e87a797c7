"""The gateway as an application: which endpoints there are, and which of them are public.

What each does is in `*_endpoints`. The public door serves only what the button and webhooks need; to it, the
rest does not exist.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import APIRouter, FastAPI

from coda_pipeline.gateway import (
    changes_endpoints,
    health_endpoints,
    metrics,
    participation_endpoints,
    trigger_endpoints,
)
from coda_pipeline.gateway.coding_hooks import coding_hooks
from coda_pipeline.gateway.door import Door
from coda_pipeline.gateway.gateway import Gateway
from coda_pipeline.gateway.heartbeat import Heartbeat
from coda_pipeline.gateway.pages import coding_callback
from coda_pipeline.gateway.pages.mount import CODING_PAGES, PAGES
from coda_pipeline.gateway.pages.proxies import ListedProxies
from coda_pipeline.gateway.problems import install_problems
from coda_pipeline.gateway.watch import watching

# Not more than the engine's pool has connections (5, and 10 at times).
THREADS = 14
PUBLIC: tuple[APIRouter, ...] = (trigger_endpoints.router,)
# The feed goes first: its address looks like that of a participation.
INTERNAL: tuple[APIRouter, ...] = (
    changes_endpoints.router,
    participation_endpoints.router,
    health_endpoints.router,
    metrics.router,
    *PAGES,
)


def create_app(gateway: Gateway, *, public: bool = False) -> FastAPI:
    """The application around one gateway. `public` serves only the endpoints that are for outside."""
    app = FastAPI(
        title="coda_pipeline gateway",
        summary="Starts a sync of Участие, tells how it went, and lets applications read and write it.",
        version="1",
        openapi_url=None if public else "/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.gateway = gateway
    app.state.heartbeat = Heartbeat(gateway.dagster)
    app.state.meters = metrics.Meters()
    install_problems(app)
    app.add_middleware(metrics.Counting, meters=app.state.meters)
    app.add_middleware(Door, is_https=(gateway.public_url or "").startswith("https://"))
    app.add_middleware(ListedProxies, trusted=gateway.catalog.gateway.trusted_proxies)
    for router in (*PUBLIC, *(() if public else INTERNAL)):
        app.include_router(router)
    if gateway.coding is not None:
        for router in (coding_callback.router,) if public else CODING_PAGES:
            app.include_router(router)
    if gateway.catalog.coding.teams:
        app.include_router(coding_hooks(gateway.catalog.coding, gateway.webhook_secret_of, gateway.engine))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    async with watching(app.state.gateway, app.state.heartbeat):
        yield
