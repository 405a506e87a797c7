"""What the gateway itself reports, since Dagster then cannot: a dead daemon, an old queue, a refused token.

A look every half minute. What is found is told once per change of state, to CODA_PIPELINE_ALERT_URL (see
`notice`) and to the log. `findings` decides and is pure.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from coda_pipeline.gateway.gateway import Gateway
from coda_pipeline.gateway.heartbeat import Heartbeat, Pulse
from coda_pipeline.gateway.words import token_owner
from coda_pipeline.warehouse.notice import tell_change

LOOK_EVERY_S = 30.0
DAEMON, QUEUE, TOKEN = "gateway:daemon", "gateway:queue", "gateway:coda_token"
logger = logging.getLogger(__name__)

_FACTS = text("""
    select (select extract(epoch from clock_timestamp() - min(requested_at))::float8 from ops.trigger_requests
             where state = 'queued') as oldest_s,
           latest.error_kind, latest.error
      from (select 1) as one left join lateral (
            select state, error_kind, error from ops.trigger_requests
             where finished_at is not null order by finished_at desc limit 1) as latest on true
""")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the queue looks like: how long the oldest waits, and how the latest read ended."""

    oldest_s: float | None = None
    error_kind: str | None = None
    error: str | None = None


def findings(facts: Facts, pulse: Pulse, *, old_queue_s: float) -> Mapping[str, str | None]:
    """Subject -> what is wrong with it, None where it is fine."""
    oldest_s = facts.oldest_s or 0.0
    owner = token_owner(facts.error)
    whose = f" of {owner}" if owner else ""
    return {
        DAEMON: None
        if pulse.is_alive
        else "Dagster's daemon is not heard of: nothing runs by itself. Start `coda-pipeline start`.",
        QUEUE: f"A request waits for {oldest_s:.0f} s to start. Look at the runs and the daemon."
        if oldest_s > old_queue_s
        else None,
        TOKEN: f"Coda refuses the token{whose}: no read works. Make a new one and set CODA_API_TOKEN."
        if facts.error_kind == "TokenError"
        else None,
    }


def look_and_tell(here: Gateway, heartbeat: Heartbeat) -> None:
    """One look; tell what changed since the last."""
    with here.transaction() as conn:
        facts = Facts(*conn.execute(_FACTS).one())
    found = findings(facts, heartbeat.look(), old_queue_s=here.catalog.gateway.old_queue_s)
    for subject, wrong in found.items():
        tell_change(here.engine, here.alert_url, subject, wrong, link=here.ui_url)


@asynccontextmanager
async def watching(here: Gateway, heartbeat: Heartbeat) -> AsyncIterator[None]:
    """Look now and then for as long as the block runs."""
    task = asyncio.create_task(_keep_looking(here, heartbeat))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_looking(here: Gateway, heartbeat: Heartbeat) -> None:
    while True:
        # Not at once: the daemon starts beside the gateway.
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await run_in_threadpool(look_and_tell, here, heartbeat)
        except SQLAlchemyError as error:
            logger.warning("Looking at the queue failed: %s", type(error).__name__)
