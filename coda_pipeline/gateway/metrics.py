"""Figures for Prometheus: calls as they are answered, and the queue as it stands when asked. Internal.

No label holds anything of a call but the pattern of its address.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import text

from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.heartbeat import Heartbeat

router = APIRouter(tags=["health"])
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 50)
_STATES = ("queued", "running", "succeeded", "needs_attention", "failed")
_BY_STATE = text("""
    select state, count(*) from ops.trigger_requests
     where requested_at > clock_timestamp() - interval '1 day' or state in ('queued', 'running')
     group by state
""")
_OLDEST = text("""
    select extract(epoch from clock_timestamp() - min(requested_at))::float8 from ops.trigger_requests
     where state = 'queued'
""")
_TABLES = text("""
    select table_name, extract(epoch from clock_timestamp() - as_of)::float8 as age_s from sync.cursors
     where as_of is not null
""")


class Meters:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.calls = Counter(
            "coda_pipeline_http_requests", "Calls by answer.", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "coda_pipeline_http_seconds",
            "How long answers took.",
            ["method", "route"],
            registry=self.registry,
            buckets=_BUCKETS_S,
        )
        self.requests = Gauge(
            "coda_pipeline_trigger_requests",
            "Requests of the last day, and those still open, by state.",
            ["state"],
            registry=self.registry,
        )
        self.oldest = Gauge(
            "coda_pipeline_queue_oldest_seconds",
            "How long the oldest queued request waits.",
            registry=self.registry,
        )
        self.daemon = Gauge(
            "coda_pipeline_daemon_alive", "1 while Dagster's daemon is heard of.", registry=self.registry
        )
        self.tables = Gauge(
            "coda_pipeline_table_age_seconds",
            "How old the data of each table is.",
            ["table"],
            registry=self.registry,
        )

    def look(self, here: Gateway, heartbeat: Heartbeat) -> None:
        """Set what is only known when asked."""
        with here.transaction() as conn:
            counts = {row[0]: row[1] for row in conn.execute(_BY_STATE)}
            oldest_s = conn.scalar(_OLDEST)
            ages = {row[0]: row[1] for row in conn.execute(_TABLES)}
        for state in _STATES:
            self.requests.labels(state).set(counts.get(state, 0))
        self.oldest.set(oldest_s or 0)
        self.daemon.set(heartbeat.look().is_alive)
        for table, age_s in ages.items():
            self.tables.labels(table).set(age_s)


class Counting:
    """Counts every call that reaches the application."""

    def __init__(self, app: Callable[..., Awaitable[None]], *, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Any, send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Pass one call on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), "500"

        async def listen(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, listen)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            # Any word may come as a method; a label for each would never end.
            method = (
                scope["method"] if scope["method"] in {"GET", "POST", "PUT", "PATCH", "DELETE"} else "other"
            )
            self._meters.calls.labels(method, route, status).inc()
            self._meters.seconds.labels(method, route).observe(time.perf_counter() - began)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def read_metrics(request: Request, here: Here) -> Response:
    """The figures in Prometheus' text form."""
    meters: Meters = request.app.state.meters
    meters.look(here, request.app.state.heartbeat)
    return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)
