"""A column of a Coda table, as Coda describes it and as it is known, and what is different between the two.

Pure: the columns that are known are kept in `ledger`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coda_pipeline.warehouse.view_columns import ViewColumn


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as Coda describes it now. `format` holds options: it is not kept for excluded columns."""

    id: str
    name: str
    type: str
    is_array: bool
    calculated: bool = False
    format: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """A column of the ledger. Its names in SQL follow `accepted_…` until a person accepts a change."""

    column_id: str
    name: str
    type: str
    is_array: bool
    calculated: bool
    excluded: bool
    accepted_name: str
    accepted_type: str
    accepted_is_array: bool
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    view_columns: tuple[ViewColumn, ...] = ()

    @property
    def is_renamed(self) -> bool:
        """Whether it has another name in Coda than the one accepted."""
        return self.name != self.accepted_name

    @property
    def is_retyped(self) -> bool:
        """Whether it has another type in Coda than the one accepted."""
        return (self.type, self.is_array) != (self.accepted_type, self.accepted_is_array)

    @property
    def shown_type(self) -> str:
        """The type in words."""
        return _shown(self.type, is_array=self.is_array)

    @property
    def view_column(self) -> str:
        """The names of its columns in the view, former types included, joined by commas; may be empty."""
        return ", ".join(column.name for column in self.view_columns)


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One change of a column: its id, its name now, and name or type before and after where those changed."""

    column_id: str
    name: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """What is different from the last time. The first time, nothing is `added`: everything is new."""

    added: tuple[ColumnChange, ...] = ()
    renamed: tuple[ColumnChange, ...] = ()
    retyped: tuple[ColumnChange, ...] = ()
    gone: tuple[ColumnChange, ...] = ()
    returned: tuple[ColumnChange, ...] = ()
    newly_excluded: tuple[ColumnChange, ...] = ()
    reincluded: tuple[ColumnChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return self != ColumnChanges()


def changes_between(
    known: Mapping[str, KnownColumn], columns: Sequence[ColumnFact], excluded: frozenset[str]
) -> ColumnChanges:
    """What is different between the columns as known and as Coda describes them now."""
    seen = [(known[c.id], c) for c in columns if c.id in known]
    present = {c.id for c in columns}
    return ColumnChanges(
        added=tuple(ColumnChange(c.id, c.name) for c in columns if known and c.id not in known),
        renamed=tuple(
            ColumnChange(c.id, c.name, k.name, c.name) for k, c in seen if k.name != storable(c.name)
        ),
        retyped=tuple(
            ColumnChange(c.id, c.name, k.shown_type, after)
            for k, c in seen
            if k.shown_type != (after := _shown(c.type, is_array=c.is_array))
        ),
        gone=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if k.gone_at is None and k.column_id not in present
        ),
        returned=tuple(ColumnChange(c.id, c.name) for k, c in seen if k.gone_at is not None),
        newly_excluded=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if not k.excluded and k.column_id in excluded
        ),
        reincluded=tuple(
            ColumnChange(k.column_id, k.name)
            for k in known.values()
            if k.excluded and k.column_id not in excluded
        ),
    )


def storable(value: str) -> str:
    """As the ledger keeps it: PostgreSQL cannot hold NUL; the same character stands for it as in rows."""
    return value.replace("\x00", "\ufffd").replace("\\u0000", "\ufffd")


def _shown(column_type: str, *, is_array: bool) -> str:
    return f"list of {column_type}" if is_array else column_type
