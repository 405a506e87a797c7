"""What people said about rows of plans: approved or discarded, by whom, when.

A decision is of a digest, which is of the row's before- and after-values: it holds in every later plan that
says the same of the row, and lapses by itself when the values change. The last word on a digest counts. The
number of the last decision is all that a sensor has to look at.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.plan_model import BY_PERSON, Decision, Hold, HoldCode, Plan, PlanRow
from coda_pipeline.warehouse.core.driver import fetch
from coda_pipeline.warehouse.write_back.mappings import approved_mapping

_DECIDE = text("""
    insert into sync.plan_decisions (digest, participation_id, is_approved, decided_by, decided_at, plan_id)
    select digest, participation_id, :is_approved, :by, :now, plan_id from sync.plan_rows
     where plan_id = :plan_id and (cast(:digests as text[]) is null or digest = any(:digests))
""")
_LAST_WORDS = """
    select distinct on (digest) digest, is_approved, decided_by, decided_at
      from sync.plan_decisions where digest = any(%s) order by digest, decision_id desc
"""
_WORDS_ON = """
    select distinct on (digest) digest, is_approved, decided_by, decided_at
      from sync.plan_decisions where participation_id = any(%s) order by digest, decision_id desc
"""
_IS_OPEN = text("select exists (select from sync.plans where plan_id = :plan_id and state = 'open')")


def decide(
    conn: Connection,
    plan_id: int,
    digests: Collection[str] | None,
    *,
    is_approved: bool,
    by: str,
    now: datetime,
) -> int:
    """Approve (or discard) rows of an open plan, all of them where `digests` is None; how many.

    Raises `ConfigurationError` where the plan is not open any more: its rows may have changed since they were
    looked at. Digests that are not in the plan are left alone.
    """
    if not conn.scalar(_IS_OPEN, {"plan_id": plan_id}):
        message = (
            f"No open plan {plan_id}: a newer one may have replaced it. Look at that one first: "
            "`coda-pipeline plans list` shows it."
        )
        raise ConfigurationError(message)
    return conn.execute(
        _DECIDE,
        {
            "plan_id": plan_id,
            "digests": None if digests is None else list(digests),
            "is_approved": is_approved,
            "by": by,
            "now": now,
        },
    ).rowcount


def decisions_of(conn: Connection, digests: Iterable[str]) -> Mapping[str, Decision]:
    """The last word on each digest, where there is one."""
    wanted = list(digests)
    if not wanted:
        return {}
    return {row[0]: Decision(*row) for row in fetch(conn, _LAST_WORDS, [wanted])}


def decisions_on(conn: Connection, participation_ids: Iterable[UUID]) -> Mapping[str, Decision]:
    """The last word on each digest that was ever decided on, of these participations: what planning needs."""
    wanted = list(participation_ids)
    if not wanted:
        return {}
    return {row[0]: Decision(*row) for row in fetch(conn, _WORDS_ON, [wanted])}


def last_decision(conn: Connection) -> int:
    """The number of the last decision, 0 before the first; it grows with every one, on mappings too."""
    return conn.scalar(text("select max(decision_id) from sync.plan_decisions")) or 0


def as_decided(conn: Connection, plan: Plan) -> tuple[PlanRow, ...]:
    """The rows of a stored plan with the decisions made since: approved ones wait no more for a person."""
    words = decisions_of(conn, (row.digest for row in plan.rows))
    is_mapping_approved = approved_mapping(conn, plan.source_table) == plan.mapping
    return tuple(
        _decided(row, words.get(row.digest), is_mapping_approved=is_mapping_approved) for row in plan.rows
    )


def _decided(row: PlanRow, word: Decision | None, *, is_mapping_approved: bool) -> PlanRow:
    over: set[HoldCode] = {HoldCode.MAPPING} if is_mapping_approved else set()
    if word is not None:
        over |= {*BY_PERSON, HoldCode.DISCARDED} if word.is_approved else {HoldCode.DISCARDED}
    holds = tuple(hold for hold in row.holds if hold.code not in over)
    if word is not None and not word.is_approved:
        holds = (*holds, Hold(HoldCode.DISCARDED, f"discarded by {word.by}"))
    return row if holds == row.holds else replace(row, holds=holds)
