"""Which conflicts stand in one place: at most one is open there."""

from typing import NamedTuple
from uuid import UUID

from coda_pipeline.sync.model import Conflict, ConflictKind
from coda_pipeline.sync.normalize import same


class ConflictSlot(NamedTuple):
    """At most one conflict is open per participation, kind and field.

    Of a merge, of fragments and of rows that wait for deletion there is one per record.
    """

    participation_id: UUID
    kind: ConflictKind
    field: str | None
    record_id: str | None


PER_RECORD = frozenset({ConflictKind.DELETED_HERE, ConflictKind.FRAGMENT})


def slot_of(conflict: Conflict) -> ConflictSlot:
    """Where a conflict belongs."""
    is_per_record = conflict.cause == "merged" or conflict.kind in PER_RECORD
    record_id = conflict.record_id if is_per_record else None
    return ConflictSlot(conflict.participation_id, conflict.kind, conflict.field, record_id)


def is_same_conflict(left: Conflict, right: Conflict) -> bool:
    """Whether two say the same of the same row."""
    return (
        left.record_id == right.record_id
        and same(left.base, right.base)
        and same(left.warehouse, right.warehouse)
        and same(left.coda, right.coda)
    )
