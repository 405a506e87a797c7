"""Which runs live: each holds an advisory lock of PostgreSQL while its process lives, however that ends.

Unlike the locks of `locks`, nobody ever waits for one of these; looking at them takes none.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

# `pg_locks` shows the halves of a 64-bit key as two unsigned numbers.
_HELD = text(
    "select (classid::bigint << 32) | objid::bigint from pg_locks "
    "where locktype = 'advisory' and objsubid = 1 and granted "
    "and database = (select oid from pg_database where datname = current_database())"
)


@contextmanager
def hold_run(engine: Engine, run_id: str) -> Iterator[None]:
    """Be a living run for as long as the block runs."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        # Closed, not pooled: the lock must end here even where the unlocking did not get through.
        conn.detach()
        conn.execute(text("select pg_advisory_lock_shared(:key)"), {"key": _key(run_id)})
        yield


def living_runs(engine: Engine, run_ids: Collection[str]) -> set[str]:
    """Those of the runs whose process lives."""
    with engine.connect() as conn:
        held = set(conn.scalars(_HELD))
    return {run_id for run_id in run_ids if _key(run_id) in held}


def _key(run_id: str) -> int:
    digest = hashlib.sha256(f"coda_pipeline run {run_id}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
