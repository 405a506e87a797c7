"""What follows from judgements, stored in one transaction with them.

The base of what arrived moves, what did not arrive is listed, and each edit of people that our write replaced
is put on record as a conflict, already settled: it cannot be undone, but it must not be lost.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from coda_pipeline.catalog_participation import ConflictPolicy
from coda_pipeline.sync.judging import FieldOutcome, WriteJudgement
from coda_pipeline.sync.model import Conflict, ConflictKind
from coda_pipeline.sync.plan_model import Op, WriteState
from coda_pipeline.sync.planning import digest_of
from coda_pipeline.warehouse.core.apply_records import add_conflicts
from coda_pipeline.warehouse.write_back import rejected
from coda_pipeline.warehouse.write_back import writes as store

# The cause of a conflict about an edit of people that our write, sent before it showed, replaced.
OVERWRITTEN = "overwritten"
STORED: dict[FieldOutcome, store.FieldOutcome] = {
    FieldOutcome.VERIFIED: "verified",
    FieldOutcome.EDITED: "edited_meanwhile",
    FieldOutcome.REJECTED: "rejected",
}


def store_judgements(
    conn: Connection,
    closed: Sequence[WriteJudgement],
    *,
    policy: ConflictPolicy,
    run_id: str,
    now: datetime,
) -> None:
    """Close these writes with all that follows, in the caller's transaction."""
    store.close(conn, [_closing(judgement) for judgement in closed], now=now)
    for judgement in closed:
        lost = judgement.fields_that_are(FieldOutcome.REJECTED)
        if judgement.state is WriteState.REJECTED:
            _reject(conn, judgement, lost, run_id=run_id, now=now)
    conflicts = [conflict for judgement in closed for conflict in _overwritten(judgement, policy)]
    add_conflicts(conn, conflicts, run_id=run_id, now=now)


def _closing(judgement: WriteJudgement) -> store.Closing:
    write = judgement.write
    return store.Closing(
        write,
        judgement.state,
        fields={name: STORED[found] for name, found in judgement.fields.items() if found in STORED},
        agreed=judgement.base,
        record_id=_record_id(judgement) if judgement.base else None,
        reason=judgement.reason,
    )


def _record_id(judgement: WriteJudgement) -> str:
    return f"{judgement.write.source_table}:{judgement.row_id}"


def _reject(
    conn: Connection, judgement: WriteJudgement, lost: tuple[str, ...], *, run_id: str, now: datetime
) -> None:
    """List what did not arrive, as the next plan would say it: of a new row, an update of the rest."""
    write = judgement.write
    if write.op is Op.CREATE and judgement.row_id is not None:
        write = replace(write, op=Op.UPDATE, row_id=judgement.row_id)
    before = {name: write.before.get(name) for name in lost} if write.op is Op.UPDATE else write.before
    after = {name: write.after[name] for name in lost if name in write.after}
    digest = digest_of(write.op, write.source_table, write.row_id, before, after)
    fields = lost or tuple(write.before)
    rejected.reject(conn, write, fields, judgement.reason or "", digest=digest, run_id=run_id, now=now)


def _overwritten(judgement: WriteJudgement, policy: ConflictPolicy) -> list[Conflict]:
    """A record, already settled, of each edit of people that our write replaced."""
    write = judgement.write
    is_deleted = write.op is Op.DELETE
    return [
        Conflict(
            participation_id=write.participation_id,
            record_id=_record_id(judgement),
            kind=ConflictKind.FIELD,
            field=name,
            base=write.before.get(name),
            warehouse=None if is_deleted else write.after[name],
            coda=seen,
            cause=OVERWRITTEN,
            policy=policy,
            outcome="warehouse",
        )
        for name, seen in judgement.overwritten.items()
    ]
