"""The checks that must hold before anything is sent, as the warehouse stands: the same that block a run.

A plan is stored with those that failed, and whoever sends asks again: a check of an earlier run that failed
keeps a later write-back from starting, and one that was put right does not.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.core.key import CONSTRAINT
from coda_pipeline.warehouse.core.reports import UNRESOLVED, accounted_for, natural_key_violations
from coda_pipeline.warehouse.cursors import load_cursor
from coda_pipeline.warehouse.statement import raw_table

# How a read may end that merged what it read (`sync.landing`); anything else names what it failed with.
_GOOD_READS = {"incremental", "complete", "moved", "short"}
_HAS_CONSTRAINT = """
    select exists (select from pg_constraint
                    where conname = %s and conrelid = 'core.participation_all'::regclass and convalidated)
"""


def failed_checks(conn: Connection, sources: Sequence[str]) -> tuple[str, ...]:
    """Which checks fail now, one short sentence each; none where rows may be sent."""
    unread = [table for table in sources if not _was_read(conn, table)]
    failed = [f"complete: the last read of {table} failed; sync it first" for table in unread]
    if not _is_accounted_for(conn, sources):
        failed.append("accounted_for: the records do not add up to the rows read; sync again")
    # The constraint refuses what the check would find, and finding it takes seconds.
    if fetch(conn, _HAS_CONSTRAINT, [CONSTRAINT]) != [(True,)] and natural_key_violations(conn):
        failed.append("natural_key_unique: participations share a natural key; `coda-pipeline sync --full`")
    return tuple(failed)


def _was_read(conn: Connection, table: str) -> bool:
    cursor = load_cursor(conn, table)
    return cursor is not None and cursor.last_outcome in _GOOD_READS


def _is_accounted_for(conn: Connection, sources: Sequence[str]) -> bool:
    read = [
        table for table in sources if fetch(conn, "select to_regclass(%s)", [raw_table(table)]) != [(None,)]
    ]
    rows, outcomes = accounted_for(conn, read)
    return UNRESOLVED not in outcomes and rows == sum(outcomes.values())
