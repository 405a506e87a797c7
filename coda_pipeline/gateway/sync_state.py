"""How each participation stands towards Coda: the `sync` member of every record that the API answers.

    conflict   both sides changed it differently, and a person has to decide
    rejected   Coda did not take what was sent
    held       what is here waits in the plan for a person, or for its cause to go
    pending    what is here has not arrived in Coda yet
    local      it is never sent to Coda
    synced     both sides hold the same

`load_facts` asks the database, `state_of` decides and is pure.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from coda_pipeline.sync.model import BaseKey, Fields
from coda_pipeline.sync.normalize import alike
from coda_pipeline.warehouse.core.load import bases
from coda_pipeline.warehouse.write_back.standing import held_of, rejected_of

SyncState = Literal["synced", "pending", "held", "conflict", "rejected", "local"]

_CONFLICTS = text(
    "select participation_id, coalesce(field, kind) from sync.conflicts"
    " where outcome is null and participation_id = any(:ids) order by conflict_id"
)
_LINKS = text("select record_id, browser_link from core.participation_records where record_id = any(:ids)")


@dataclass(frozen=True, slots=True)
class Standing:
    """One participation, as far as its state depends on it. `row` is its record id, in Coda or in a dump."""

    participation_id: UUID
    source: str
    row: str | None
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the warehouse remembers of some participations."""

    conflicts: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    bases: Mapping[BaseKey, Fields] = field(default_factory=dict, repr=False)
    links: Mapping[str, str | None] = field(default_factory=dict)
    rejected: Mapping[UUID, str] = field(default_factory=dict)
    held: Mapping[UUID, str] = field(default_factory=dict)


def load_facts(conn: Connection, standings: Sequence[Standing]) -> Facts:
    """All that the states of these need, in five queries."""
    ids = [standing.participation_id for standing in standings]
    rows = [standing.row for standing in standings if standing.row]
    conflicts: defaultdict[UUID, list[str]] = defaultdict(list)
    for participation_id, what in conn.execute(_CONFLICTS, {"ids": ids}):
        conflicts[participation_id].append(what)
    links = {row[0]: row[1] for row in conn.execute(_LINKS, {"ids": rows})}
    return Facts(dict(conflicts), bases(conn, ids), links, rejected_of(conn, ids), held_of(conn, ids))


def state_of(standing: Standing, facts: Facts) -> tuple[SyncState, str | None]:
    """The state of one participation and why it is not `synced`, naming fields but no values."""
    if at_odds := facts.conflicts.get(standing.participation_id):
        return "conflict", f"changed on both sides: {', '.join(at_odds)}"
    kept_back: tuple[tuple[SyncState, Mapping[UUID, str]], ...] = (
        ("rejected", facts.rejected),
        ("held", facts.held),
    )
    for state, reasons in kept_back:
        if reason := reasons.get(standing.participation_id):
            return state, reason
    if standing.source == "dump":
        return "local", "known from the dump only: it is never sent to Coda"
    if standing.row is None:
        return "pending", "not in Coda yet"
    base = facts.bases.get(BaseKey(standing.participation_id, standing.row))
    if base is None:
        return "pending", "not compared with Coda yet"
    changed = [name for name, value in base.items() if not alike(value, standing.fields.get(name))]
    return ("pending", f"changed here: {', '.join(changed)}") if changed else ("synced", None)
