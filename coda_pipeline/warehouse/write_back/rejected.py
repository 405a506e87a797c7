"""Rows that Coda did not take, each with the reason. They stay out of the plan until they change.

Standing until the same fields of the row arrive, or are refused anew, or a person has them tried again. A
reason names fields and says what the service said of them, never their content. The caller has the
transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.sync.plan_model import Op, Plan, PlanKind, Write

_REJECT = text("""
    insert into sync.rejected_rows
           (write_id, participation_id, op, source_table, row_id, fields, reason, digest, rejected_at, run_id)
    values (:write_id, :participation_id, :op, :source_table, :row_id, :fields, :reason, :digest, :now,
            :run_id)
    returning rejected_id
""")
_LIST = """
    select rejected_id, participation_id, op, source_table, row_id, fields, reason, digest, rejected_at,
           run_id
      from sync.rejected_rows where closed_at is null order by rejected_id
"""
_RETRY = text("""
    update sync.rejected_rows set closed_at = :now, closed_by = :by
     where closed_at is null and (cast(:ids as bigint[]) is null or rejected_id = any(:ids))
""")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that Coda did not take. `fields` are those that did not arrive; of a whole row, all it held."""

    rejected_id: int
    participation_id: UUID
    op: Op
    source_table: str
    row_id: str | None
    fields: tuple[str, ...]
    reason: str
    digest: str
    rejected_at: datetime
    run_id: str | None


def reject(
    conn: Connection,
    write: Write,
    fields: Sequence[str],
    reason: str,
    *,
    digest: str,
    run_id: str | None,
    now: datetime,
) -> int:
    """List a row that Coda did not take; its number on the list.

    `digest` is `digest_of` the before- and after-values of `fields` alone: where some fields of the row
    arrived, that is what the next plan would say of the rest.
    """
    values = {
        "write_id": write.write_id,
        "participation_id": write.participation_id,
        "op": write.op,
        "source_table": write.source_table,
        "row_id": write.row_id,
        "fields": list(fields),
        "reason": reason,
        "digest": digest,
        "now": now,
        "run_id": run_id,
    }
    return conn.execute(_REJECT, values).scalar_one()


def list_rejected(conn: Connection) -> list[RejectedRow]:
    """Every row that stands rejected, the oldest first."""
    rows = conn.execute(text(_LIST)).mappings()
    return [RejectedRow(**{**row, "op": Op(row["op"]), "fields": tuple(row["fields"])}) for row in rows]


def rejected_count(conn: Connection) -> int:
    """How many rows stand rejected."""
    return conn.scalar(text("select count(*) from sync.rejected_rows where closed_at is null")) or 0


def rejected_digests(conn: Connection) -> frozenset[str]:
    """The digests that a plan holds as rejected."""
    return frozenset(row.digest for row in list_rejected(conn))


def retry(conn: Connection, ids: Collection[int] | None, *, by: str, now: datetime) -> int:
    """Let rejected rows be planned and sent again, all of them where `ids` is None; how many."""
    values = {"ids": None if ids is None else list(ids), "by": by, "now": now}
    return conn.execute(_RETRY, values).rowcount


def forget_unwanted(conn: Connection, plan: Plan, *, now: datetime) -> int:
    """Take off the list what the plan of the same source does not want any more; how many.

    The edit was taken back here, or Coda has come to say the same. What changed stays until it arrives.
    """
    is_keys = plan.kind is PlanKind.KEYS
    wanted = {(row.participation_id, row.op) for row in plan.rows}
    gone = [
        row.rejected_id
        for row in list_rejected(conn)
        if row.source_table == plan.source_table
        and (row.op is Op.KEY) is is_keys
        and (row.participation_id, row.op) not in wanted
    ]
    return retry(conn, gone, by="sync", now=now) if gone else 0
