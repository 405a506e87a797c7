"""Rows of an open plan as the page shows them, part by part: what changes in whose row, and why it waits.

A plan may have 100,000 rows, so only those shown are loaded. Deciding on them is `warehouse.write_back`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.model import Fields, Value
from coda_pipeline.sync.plan_model import BY_PERSON, SYNC_ID, Hold, HoldCode, Op, Plan, PlanKind, PlanRow
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.codec import decode_fields
from coda_pipeline.warehouse.core.reports import links_of
from coda_pipeline.warehouse.write_back.decisions import as_decided
from coda_pipeline.warehouse.write_back.rejected import RejectedRow

_HEAD = text("""
    select p.plan_id, p.source_table, p.kind, p.mapping, p.blocked_by, p.made_at,
           coalesce(a.fingerprint <> p.mapping and p.held_by ? 'mapping', false) as is_mapping_new
      from sync.plans as p left join sync.approved_mappings as a using (source_table)
     where p.plan_id = :plan_id and p.state = 'open'
""")
_TITLES = text("select table_name, title from sync.tables")
# Rows that wait and that nobody has decided on come first.
_ROWS = text("""
    select r.participation_id, r.op, r.source_table, r.row_id, r.digest, r.is_keyed, r.before, r.after,
           r.holds
      from sync.plan_rows as r
     where r.plan_id = :plan_id
     order by r.holds = '[]' or exists (select from sync.plan_decisions as d where d.digest = r.digest),
              r.position
     limit :limit offset :offset
""")


@dataclass(frozen=True, slots=True)
class Head:
    """An open plan. `is_mapping_new`: its mapping changed and nobody has approved it yet."""

    plan: Plan
    is_mapping_new: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a row, before and after."""

    name: str
    before: Value = field(repr=False)
    after: Value = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of a plan, or one that Coda did not take."""

    row: PlanRow
    about: Fields = field(repr=False)
    link: str | None

    @property
    def changes(self) -> Sequence[Change]:
        """What changes, in the order of the fields; of a deletion, what is lost."""
        names = (name for name in (*CANONICAL_FIELDS, SYNC_ID) if self._says_something(name))
        return [Change(name, self.row.before.get(name), self.row.after.get(name)) for name in names]

    @property
    def is_discarded(self) -> bool:
        """Whether a person keeps it out of Coda."""
        return any(hold.code is HoldCode.DISCARDED for hold in self.row.holds)

    @property
    def waits_for_word(self) -> bool:
        """Whether an approval would end a reason for which it waits."""
        return any(hold.code in BY_PERSON for hold in self.row.holds)

    def _says_something(self, name: str) -> bool:
        row = self.row
        if row.op is Op.UPDATE:
            return name in row.before or name in row.after
        return (row.before if row.op is Op.DELETE else row.after).get(name) is not None


def head_of(conn: Connection, plan_id: int) -> Head | None:
    """An open plan without its rows, None where there is none (any more)."""
    found = conn.execute(_HEAD, {"plan_id": plan_id}).one_or_none()
    if found is None:
        return None
    plan = Plan(
        found.source_table,
        PlanKind(found.kind),
        rows=(),
        mapping=found.mapping,
        blocked_by=tuple(found.blocked_by),
        plan_id=found.plan_id,
        made_at=found.made_at,
    )
    return Head(plan, found.is_mapping_new)


def some_rows(conn: Connection, plan: Plan, *, limit: int, offset: int) -> list[Shown]:
    """Some of its rows with what people decided of them since it was made."""
    given = {"plan_id": plan.plan_id, "limit": limit, "offset": offset}
    rows = tuple(_row(found) for found in conn.execute(_ROWS, given).mappings())
    part = Plan(plan.source_table, plan.kind, rows, plan.mapping, plan.blocked_by, plan.plan_id)
    decided = as_decided(conn, part)
    about = about_of(conn, [row.participation_id for row in decided])
    links = links_of(conn, [_record_id(row) for row in decided if row.row_id])
    return [Shown(row, _whole(row, about), links.get(_record_id(row))) for row in decided]


def about_of(conn: Connection, ids: Sequence[UUID]) -> Mapping[UUID, Fields]:
    """The participations that rows are about, as they are here."""
    return {one.participation_id: one.fields for one in load.participations(conn, ids=ids)} if ids else {}


def titles(conn: Connection) -> Mapping[str, str]:
    """What each table is called in Coda, by its name here."""
    return {row.table_name: row.title for row in conn.execute(_TITLES) if row.title}


def rejected_link(conn: Connection, rows: Sequence[RejectedRow]) -> Mapping[str, str]:
    """Links of rejected rows by record id."""
    return links_of(conn, [f"{row.source_table}:{row.row_id}" for row in rows if row.row_id])


def _whole(row: PlanRow, about: Mapping[UUID, Fields]) -> Fields:
    return {**row.after, **row.before, **about.get(row.participation_id, {})}


def _record_id(row: PlanRow) -> str:
    return f"{row.source_table}:{row.row_id}"


def _row(found: Mapping) -> PlanRow:
    return PlanRow(
        participation_id=found["participation_id"],
        op=Op(found["op"]),
        source_table=found["source_table"],
        row_id=found["row_id"],
        before=decode_fields(found["before"]),
        after=decode_fields(found["after"]),
        digest=found["digest"],
        is_keyed=found["is_keyed"],
        holds=tuple(Hold(HoldCode(h["code"]), h["says"], h["field"]) for h in found["holds"]),
    )
