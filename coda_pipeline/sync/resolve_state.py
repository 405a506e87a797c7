"""What one resolve is told: what the catalogue says, and the part of the stored state that it may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from coda_pipeline.catalog_participation import ConflictPolicy
from coda_pipeline.sync.identity import Known
from coda_pipeline.sync.model import BaseKey, Conflict, Fields, Fragment, Participation, Record


@dataclass(frozen=True, slots=True)
class Rules:
    """What the catalogue says about Участие. `is_recheck`: look also at what did not change."""

    natural_key: tuple[str, ...]
    policy: ConflictPolicy
    docs: tuple[str, ...]
    is_recheck: bool = False
    # Doc id and name of each table that holds Участие: there a dump's row ids mean the same.
    tables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything that one resolve may look at.

    It must be closed: whoever shares a key, a name without an identity, a participation or a merge with a
    member is a member too.

    `known` is what the records and the participations outside of the state say; the participations in it are
    added while resolving.

    `records` are as they are now, with the decisions stored for them; `before` holds the stored version of
    those. `gone` are rows of which the service says 404 although no full read has noticed.

    Of what was sent to Coda: `in_flight` are participations with a row not proved yet, `creating` those of
    them whose row is being made, `upserted` those whose last write by key was not seen to arrive. `fragments`
    are rows that such a write left behind, by record id.
    """

    records: Mapping[str, Record]
    before: Mapping[str, Record]
    participations: Mapping[UUID, Participation]
    bases: Mapping[BaseKey, Fields] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    known: Known = field(default_factory=Known)
    gone: frozenset[str] = frozenset()
    in_flight: frozenset[UUID] = frozenset()
    creating: frozenset[UUID] = frozenset()
    upserted: frozenset[UUID] = frozenset()
    fragments: Mapping[str, Fragment] = field(default_factory=dict)
