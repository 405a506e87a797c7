"""What of a decided `Draft` differs from what is stored: the `Resolution` that is to be applied.

Equal sides differ in nothing. An update is a compare-and-set on the version that was looked at.
"""

from collections.abc import Mapping
from uuid import UUID

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.model import Participation, ParticipationUpdate, Record, Resolution

LINKS = ("source", "source_table", "coda_row_id", "merged_into", "deleted_at", "deleted_by")


def resolution_of(draft: Draft, records: Mapping[str, Record]) -> Resolution:
    """What differs from the stored state. `records` are the live ones with their outcome."""
    stored = draft.state.participations
    inserts = tuple(p for pid, p in draft.participations.items() if pid not in stored)
    changed = (update_between(stored[pid], p) for pid, p in draft.participations.items() if pid in stored)
    updates = tuple(update for update in changed if update is not None)
    return Resolution(
        inserts=inserts,
        updates=updates,
        records=tuple(r for rid, r in records.items() if _differs(r, draft.state.before.get(rid))),
        bases={k: b for k, b in draft.bases.items() if b != draft.state.bases.get(k)},
        conflicts=tuple(draft.new_conflicts),
        closed=draft.closed,
        resolved=_resolved(draft, {u.participation_id for u in updates}),
    )


def update_between(old: Participation, new: Participation) -> ParticipationUpdate | None:
    """The compare-and-set that turns one into the other, None where nothing differs."""
    if old is new:
        return None
    fields = {n: new.fields.get(n) for n in CANONICAL_FIELDS if new.fields.get(n) != old.fields.get(n)}
    links = {name: getattr(new, name) for name in LINKS if getattr(new, name) != getattr(old, name)}
    if not fields and not links:
        return None
    return ParticipationUpdate(old.participation_id, old.version, fields, links)


def _resolved(draft: Draft, updated: set[UUID]) -> dict[UUID, str | None]:
    """The natural key of each participation of which a new version, or a new key, was resolved."""
    stored, found = draft.state.participations, {}
    for pid, p in draft.participations.items():
        natural = draft.natural.get(pid, p.natural_key)
        old = stored.get(pid)
        if old is None or pid in updated or old.resolved_version != p.version or natural != old.natural_key:
            found[pid] = natural
    return found


def _differs(record: Record, before: Record | None) -> bool:
    return record is not before and record != before
