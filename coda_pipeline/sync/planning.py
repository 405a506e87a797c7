"""What should change in one source, row by row, and what of it waits: the changes, and the keys to fill in.

Pure. What it looks at is in `plan_inputs`, what it returns in `plan_model`; `plan_rows` says what one
participation asks for. Here is what concerns a row as a whole and many rows: people's decisions and of what
they are, the mapping, the guard, the order. No row holds up another, but that the guard holds all creates and
updates alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b

import orjson

from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value
from coda_pipeline.sync.normalize import is_blank
from coda_pipeline.sync.plan_cells import row_size_hold
from coda_pipeline.sync.plan_fields import FieldPlanner
from coda_pipeline.sync.plan_inputs import WHOLE_ROW, Candidate, PlanRules
from coda_pipeline.sync.plan_matching import Matching
from coda_pipeline.sync.plan_model import BY_PERSON, Hold, HoldCode, Op, Plan, PlanKind, PlanRow
from coda_pipeline.sync.plan_rows import (
    Asked,
    create_of,
    deletes_of,
    fragments_of,
    holds_our_key,
    key_of,
    update_of,
)

ORDER = {op: number for number, op in enumerate((Op.CREATE, Op.UPDATE, Op.DELETE, Op.KEY))}
COUNTED = (Op.CREATE, Op.UPDATE)
DIGEST_BYTES = 16

IN_FLIGHT = Hold(HoldCode.IN_FLIGHT, "what was sent before is not proved yet")
CONFLICT = Hold(HoldCode.CONFLICT, "a conflict about the whole row is open: `coda-pipeline conflicts list`")
VANISHED = Hold(HoldCode.VANISHED, "the row vanished from Coda among many: `coda-pipeline deletions list`")
DELETION = Hold(HoldCode.DELETION, "a deletion waits for an approval")
KEYS = Hold(HoldCode.KEYS, "filling in keys waits for an approval")
MAPPING = Hold(HoldCode.MAPPING, "the mapping changed, and waits to be approved once")
DISCARDED = Hold(HoldCode.DISCARDED, "discarded by a person; planned again when its values change")
REJECTED = Hold(
    HoldCode.REJECTED, "rejected before; sent again when it changes, or by `coda-pipeline rejected retry`"
)


def plan_changes(candidates: Iterable[Candidate], rules: PlanRules) -> Plan:
    """The creates, updates and deletes of one source, in an order that does not depend on the candidates'."""
    planner = FieldPlanner(rules, Matching(rules.directory))
    rows = [
        _row(asked, found, planner)
        for found in candidates
        for asked in (
            create_of(found, planner),
            update_of(found, planner),
            *deletes_of(found, planner),
            *fragments_of(found, planner),
        )
        if asked is not None
    ]
    return _plan(PlanKind.CHANGES, _guarded(rows, rules), rules)


def plan_keys(candidates: Iterable[Candidate], rules: PlanRules) -> Plan:
    """The rows of one source whose key column lacks our key; none where no column can take it."""
    planner = FieldPlanner(rules, Matching(rules.directory))
    asked = ((key_of(found, planner), found) for found in candidates)
    return _plan(PlanKind.KEYS, [_row(one, found, planner) for one, found in asked if one], rules)


def digest_of(op: Op, source_table: str, row_id: str | None, before: Fields, after: Fields) -> str:
    """What an approval is of: operation, row, and its values before and after.

    Values that are the same give the same digest: a share of 0.50 is one of 0.5, and blanks are one.
    """
    return _digest([op.value, source_table, row_id, _plain_fields(before), _plain_fields(after)])


def mapping_fingerprint(source: ParticipationSource, spec: TableSpec) -> str:
    """What is approved anew when it changes: which fields go to which columns of which table, and how."""
    return _digest([spec.doc_id, spec.table_id, source.fields.mapped, source.percent_scale])


def _plan(kind: PlanKind, rows: Iterable[PlanRow], rules: PlanRules) -> Plan:
    in_order = sorted(rows, key=lambda r: (ORDER[r.op], r.participation_id, r.row_id or ""))
    return Plan(rules.source.table, kind, tuple(in_order), rules.mapping)


def _row(asked: Asked, found: Candidate, planner: FieldPlanner) -> PlanRow:
    """The row of the plan, with its digest and everything that holds it but the guard."""
    table, row_id = planner.rules.source.table, asked.record.row_id if asked.record else None
    digest = digest_of(asked.op, table, row_id, asked.before, asked.after)
    holds = (*asked.holds, *_holds_of_row(asked, found), *_holds_by_kind(asked, found, planner.rules))
    is_keyed = asked.record is found.record and found.is_key_unique and holds_our_key(found)
    return PlanRow(
        participation_id=found.participation.participation_id,
        op=asked.op,
        source_table=table,
        row_id=row_id,
        before=asked.before,
        after=asked.after,
        digest=digest,
        cells=asked.cells,
        is_keyed=planner.key_column is not None and (asked.op is Op.CREATE or is_keyed),
        holds=tuple(_after_decision(holds, digest, planner.rules)),
    )


def _holds_of_row(asked: Asked, found: Candidate) -> Iterable[Hold]:
    if too_long := row_size_hold(asked.cells.values()):
        yield too_long
    if found.in_flight:
        yield IN_FLIGHT
    if WHOLE_ROW in found.open_conflicts:
        yield CONFLICT
    if found.row_state == "held" and asked.record is not None and asked.record is found.record:
        yield VANISHED


def _holds_by_kind(asked: Asked, found: Candidate, rules: PlanRules) -> Iterable[Hold]:
    if asked.op is Op.DELETE and rules.deletes == "ask" and asked.record not in found.fragments:
        yield DELETION
    if asked.op is Op.KEY:
        yield KEYS
    if not rules.is_mapping_approved:
        yield MAPPING


def _after_decision(holds: Iterable[Hold], digest: str, rules: PlanRules) -> Iterable[Hold]:
    """The holds that are left once people said what they think of just these values."""
    decision = rules.decisions.get(digest)
    yield from (h for h in holds if h.code not in BY_PERSON or decision is None or not decision.is_approved)
    if digest in rules.rejected:
        yield REJECTED
    if decision is not None and not decision.is_approved:
        yield DISCARDED


def _guarded(rows: list[PlanRow], rules: PlanRules) -> list[PlanRow]:
    """Above the guard's limit every create and update waits that nothing else holds and nobody approved."""
    free = {id(row) for row in rows if row.op in COUNTED and not row.holds}
    if len(free) <= rules.changed_limit:
        return rows
    says = f"{len(free):,} rows would change, and {rules.changed_limit:,} may without an approval"
    holds = (Hold(HoldCode.GUARD, says),)
    return [
        replace(row, holds=holds) if id(row) in free and row.digest not in rules.decisions else row
        for row in rows
    ]


def _digest(parts: list[object]) -> str:
    return blake2b(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_BYTES).hexdigest()


def _plain_fields(fields: Fields) -> Mapping[str, object]:
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Value) -> object:
    """A value as JSON knows it, and of one kind only."""
    if isinstance(value, Unreadable):
        return {"unreadable": value.reason}
    if is_blank(value):
        return None
    if isinstance(value, Person | Activity):
        return [None if is_blank(part) else part for part in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value
