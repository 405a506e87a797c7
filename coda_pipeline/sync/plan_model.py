"""The values of writing to Coda, as frozen dataclasses: what is to be sent, why it waits, what became of it.

A **plan** lists, for one source and kind, every row in Coda that should change, field by field. A **write**
is one row that was sent. No decisions, no SQL, no HTTP. Fields hold personal data, so no repr shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from coda_pipeline.coda.writes import CellInput
from coda_pipeline.sync.model import Fields

# Our own key is no canonical field; in the values of a plan it stands under this name.
SYNC_ID = "sync_id"


class PlanKind(StrEnum):
    """One open plan per source and kind."""

    CHANGES = "changes"
    KEYS = "keys"


class Op(StrEnum):
    """What a row of a plan does in Coda."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEY = "key"


class HoldCode(StrEnum):
    """Why a row waits. Those of `BY_PERSON` end with an approval, the others when their cause goes."""

    DELETION = "deletion"  # deletes under `ask`
    GUARD = "guard"  # creates plus updates exceed `guards.changed`
    MAPPING = "mapping"  # the mapping changed and was not approved yet
    KEYS = "keys"  # filling in keys is approved first
    DISCARDED = "discarded"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    IN_FLIGHT = "in_flight"
    NO_COLUMN = "no_column"
    NO_KEY_COLUMN = "no_key_column"
    CALCULATED = "calculated"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_SEVERAL = "person_several"
    RELATION_UNKNOWN = "relation_unknown"
    RELATION_SEVERAL = "relation_several"
    OPTION_UNKNOWN = "option_unknown"
    UNREADABLE_CELL = "unreadable_cell"  # Coda holds something that does not fit the field
    UNFIT = "unfit"  # a share over 1, a value that is no date
    TOO_LONG = "too_long"
    VANISHED = "vanished"  # the row is gone from Coda, and whether it should be waits for a person


BY_PERSON = frozenset({HoldCode.DELETION, HoldCode.GUARD, HoldCode.MAPPING, HoldCode.KEYS})


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why a row waits; `says` names no content, so that it may be logged."""

    code: HoldCode
    says: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of Coda and what should become of it.

    `before` and `after` hold the fields that change (of a delete: all that is lost, and none), canonical and
    `sync_id`. `cells` is what would be sent, by column id, without the key (of a `KEY`: the key alone).
    `is_keyed`: the row can be addressed by our key. `digest` is of op, row, before- and after-values: what an
    approval is of.
    """

    participation_id: UUID
    op: Op
    source_table: str
    row_id: str | None
    before: Fields = attribute(repr=False)
    after: Fields = attribute(repr=False)
    digest: str
    cells: Mapping[str, CellInput] = attribute(default_factory=dict, repr=False)
    is_keyed: bool = False
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What should change in one source. `blocked_by`: checks that failed, so that nothing may be sent."""

    source_table: str
    kind: PlanKind
    rows: tuple[PlanRow, ...]
    mapping: str
    blocked_by: tuple[str, ...] = ()
    plan_id: int | None = None
    made_at: datetime | None = None


def rows_to_send(plan: Plan) -> tuple[PlanRow, ...]:
    """The rows that nothing holds, none of a plan that is blocked; decisions were applied while planning."""
    return () if plan.blocked_by else tuple(row for row in plan.rows if not row.holds)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a row of a plan; it lapses when the row's values change, being of their digest."""

    digest: str
    is_approved: bool  # otherwise discarded
    by: str
    at: datetime


class WriteState(StrEnum):
    """How far a row that was sent has come; `SENT` is stored before the request goes out."""

    SENT = "sent"
    CONFIRMED = "confirmed"
    VERIFIED = "verified"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"  # the row went away meanwhile, or a fragment came of it: a person decides


OPEN_STATES = frozenset({WriteState.SENT, WriteState.CONFIRMED})


class Method(StrEnum):
    """By which call a row was sent."""

    PUT = "put"
    UPSERT = "upsert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Write:
    """One row that was sent. `request_id` is None until Coda has answered: it may have been taken or not."""

    participation_id: UUID
    op: Op
    source_table: str
    row_id: str | None
    method: Method
    before: Fields = attribute(repr=False)
    after: Fields = attribute(repr=False)
    digest: str
    cells: Mapping[str, CellInput] = attribute(repr=False)
    sent_at: datetime
    state: WriteState = WriteState.SENT
    request_id: str | None = None
    confirmed_at: datetime | None = None
    plan_id: int | None = None
    write_id: int | None = None
