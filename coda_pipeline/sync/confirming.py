"""Asking Coda how far a write has come. It never says that one failed: only reading back tells.

An unknown request is a write that is not known yet, or no longer (reference/coda-api.md section 4): both are
proved by reading alone.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from coda_pipeline.coda.client import CodaClient
from coda_pipeline.errors import NotFoundError
from coda_pipeline.sync.plan_model import Write, WriteState
from coda_pipeline.warehouse.write_back import writes as store

# A read proves what it shows without any question, so more than this would only use the budget up.
MAX_QUESTIONS = 40


def confirm(
    engine: Engine, client: CodaClient, open_writes: Sequence[Write], *, now: Callable[[], datetime]
) -> int:
    """Note which requests Coda says it has applied, asking for the oldest first; how many rows that are."""
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for write in open_writes:
        if write.state is WriteState.SENT and write.request_id is not None and write.write_id is not None:
            waiting[write.request_id].append(write.write_id)
    confirmed = 0
    for request_id in list(waiting)[:MAX_QUESTIONS]:
        if _is_applied(client, request_id):
            with engine.begin() as conn:
                store.set_confirmed(conn, waiting[request_id], now())
            confirmed += len(waiting[request_id])
    return confirmed


def _is_applied(client: CodaClient, request_id: str) -> bool:
    try:
        return client.mutation_status(request_id).completed
    except NotFoundError:
        return False
