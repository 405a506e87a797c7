"""Plans in numbers, open and replaced: what of them is shown in lists and reports. Reads only.

The rows of a plan are stored and loaded in `plans`. The caller has the transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.plan_model import PlanKind

_LIST = """
    select plan_id, source_table, kind, state, made_at, replaced_at, run_id, blocked_by,
           creates, updates, deletes, keys, held, held_by
      from sync.plans {where} order by (state = 'open') desc, plan_id desc limit :limit
"""


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan in numbers. `held` of its rows wait; a replaced plan has no rows any more."""

    plan_id: int
    source_table: str
    kind: PlanKind
    state: str  # open | replaced
    made_at: datetime
    replaced_at: datetime | None
    run_id: str | None
    blocked_by: tuple[str, ...]
    creates: int
    updates: int
    deletes: int
    keys: int
    held: int
    held_by: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many rows of Coda it would change."""
        return self.creates + self.updates + self.deletes + self.keys

    @property
    def to_send(self) -> int:
        """How many of them would go now."""
        return 0 if self.blocked_by else self.rows - self.held


def list_plans(conn: Connection, limit: int = 20) -> list[PlanHead]:
    """Open plans first, then replaced ones, the newest first."""
    found = conn.execute(text(_LIST.format(where="")), {"limit": limit})
    return [_head(row) for row in found.mappings()]


def open_heads(conn: Connection) -> list[PlanHead]:
    """The open plans in numbers."""
    query = text(_LIST.format(where="where state = 'open'"))
    return [_head(row) for row in conn.execute(query, {"limit": None}).mappings()]


def plan_head(conn: Connection, plan_id: int) -> PlanHead:
    """One plan in numbers, open or replaced. Raises `ConfigurationError` where it never was."""
    query = text(_LIST.format(where="where plan_id = :plan_id"))
    found = conn.execute(query, {"plan_id": plan_id, "limit": 1}).mappings().one_or_none()
    if found is None:
        message = f"There never was a plan {plan_id}; `coda-pipeline plans list` shows them."
        raise ConfigurationError(message)
    return _head(found)


def _head(row: RowMapping) -> PlanHead:
    return PlanHead(**{**row, "kind": PlanKind(row["kind"]), "blocked_by": tuple(row["blocked_by"])})
