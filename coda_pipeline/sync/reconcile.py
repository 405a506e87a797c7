"""Field by field: what both sides last agreed on (base), what the warehouse holds, what Coda says.

One side changed: take or push. Both alike: agreed. Both differently: a conflict, settled by policy and always
recorded with all three values. Where no base is known, every difference is a conflict. Pure; nothing is
written.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum, auto

from coda_pipeline.catalog_participation import CANONICAL_FIELDS, ConflictPolicy
from coda_pipeline.sync.identity import key_part
from coda_pipeline.sync.model import Fields, Value
from coda_pipeline.sync.normalize import alike, is_blank, is_unreadable, same

BLANK_BASE: Fields = dict.fromkeys(CANONICAL_FIELDS)


class Verdict(Enum):
    """What one field asks for."""

    KEEP = auto()  # nothing changed
    TAKE = auto()  # Coda changed
    PUSH = auto()  # the warehouse changed: planned, not decided here
    AGREE = auto()  # both hold the same now: only the base moves
    CONFLICT = auto()


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field on which both sides differ, with the three values and how the policy settled it."""

    field: str
    base: Value = attribute(repr=False)
    warehouse: Value = attribute(repr=False)
    coda: Value = attribute(repr=False)
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One participation against its row: what to take, the new base, the conflicts, what waits to be sent."""

    takes: Fields = attribute(repr=False)
    base: Fields = attribute(repr=False)
    conflicts: tuple[FieldConflict, ...] = ()
    pending: frozenset[str] = frozenset()


def verdict_on(base: Fields, name: str, warehouse: Value, coda: Value) -> Verdict:
    """Judge one field. A base that lacks the field means that no agreement is known."""
    if name not in base:
        return _verdict_on_unknown(warehouse, coda)
    has_coda_changed = not same(base[name], coda)
    has_warehouse_changed = not same(base[name], warehouse)
    if not has_coda_changed and not has_warehouse_changed:
        return Verdict.KEEP
    if not has_warehouse_changed:
        return Verdict.TAKE
    if not has_coda_changed:
        # The same person or activity under another label: the label is Coda's, and cannot be sent.
        return Verdict.TAKE if alike(warehouse, coda) else Verdict.PUSH
    return _verdict_on_unknown(warehouse, coda)


def _verdict_on_unknown(warehouse: Value, coda: Value) -> Verdict:
    if same(warehouse, coda):
        return Verdict.AGREE
    return Verdict.TAKE if alike(warehouse, coda) else Verdict.CONFLICT


def reconcile(
    base: Fields,
    warehouse: Fields,
    coda: Fields,
    *,
    key_fields: tuple[str, ...],
    policy: ConflictPolicy,
    unsaid: Set[str] = frozenset(),
) -> Reconciled:
    """Reconcile all canonical fields of one participation, but for those `unsaid` by its row.

    Unreadable cells and blank key fields of Coda are neither taken nor overwritten.
    """
    takes: dict[str, Value] = {}
    new_base = dict(base)
    conflicts: list[FieldConflict] = []
    pending: set[str] = set()
    for name in CANONICAL_FIELDS:
        ours, theirs = warehouse.get(name), coda.get(name)
        if name in unsaid or (name in base and ours == theirs == base[name]):
            continue
        if is_unreadable(theirs) or (name in key_fields and is_blank(theirs)):
            continue
        verdict = verdict_on(base, name, ours, theirs)
        if verdict is Verdict.CONFLICT and name in key_fields and key_part(ours) == key_part(theirs) != "":
            verdict = Verdict.TAKE  # a key spelled differently is the same key: the spelling is Coda's
        outcome = _settled(verdict, policy)
        if verdict is Verdict.CONFLICT:
            conflicts.append(FieldConflict(name, base.get(name), ours, theirs, outcome))
        if outcome == "coda":
            takes[name] = theirs
        if outcome in ("coda", "warehouse", "agreed"):
            new_base[name] = theirs
        if verdict is Verdict.PUSH or outcome == "warehouse":
            pending.add(name)
    return Reconciled(takes, new_base, tuple(conflicts), frozenset(pending))


def _settled(verdict: Verdict, policy: ConflictPolicy) -> str | None:
    """Who wins a field: coda, warehouse, agreed, or None where nothing moves."""
    by_policy: Mapping[str, str | None] = {"coda_wins": "coda", "warehouse_wins": "warehouse", "ask": None}
    if verdict is Verdict.CONFLICT:
        return by_policy[policy]
    return {Verdict.TAKE: "coda", Verdict.AGREE: "agreed"}.get(verdict)


def edited_here(base: Fields, warehouse: Fields) -> frozenset[str]:
    """Fields that the warehouse changed since both sides agreed. A field without a base counts as changed."""
    return frozenset(
        name
        for name in CANONICAL_FIELDS
        if (name in base and not alike(base[name], warehouse.get(name)))
        or (name not in base and not is_blank(warehouse.get(name)))
    )


def edited_in_coda(base: Fields, coda: Fields) -> frozenset[str]:
    """Fields that Coda changed since both sides agreed."""
    return frozenset(
        name
        for name in CANONICAL_FIELDS
        if name in base and not is_unreadable(coda.get(name)) and not same(base[name], coda.get(name))
    )
