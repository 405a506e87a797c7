"""What planning looks at, as frozen dataclasses: columns, who and what a doc knows, candidates, rules.

Filled by `warehouse.write_back.inputs`; decided on by `planning`. No decisions, no SQL. Names and e-mails in
a `Directory` are in the form of `normalize.norm`. Personal data is in no repr.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal

from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.sync.model import Fields, Participation, Record
from coda_pipeline.sync.plan_model import Decision

RowState = Literal["live", "held", "ignored", "gone"]
Deletes = Literal["ask", "send", "never"]
# In `Candidate.open_conflicts`: the deletion of the row, or a fragment of it, waits for a person.
WHOLE_ROW = "*"


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column as Coda describes it now, which is a hint. `options` None: no fixed list."""

    id: str
    name: str
    type: str
    is_array: bool = False
    calculated: bool = False
    options: tuple[str, ...] | None = attribute(default=None, repr=False)
    target_table_id: str | None = None
    precision: int | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Who and what one doc knows.

    `names`: name -> its e-mails, "" for a person seen without one. `rows`: table id -> row id -> display
    name, live rows of tables that are read, else the rows seen in records.
    """

    emails: Set[str] = attribute(default_factory=frozenset, repr=False)
    names: Mapping[str, Set[str]] = attribute(default_factory=dict, repr=False)
    rows: Mapping[str, Mapping[str, str]] = attribute(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One participation against its row.

    `record` is the bound row (None: it has none), `values` its fields completed by identity, `base` what both
    sides agreed on. `row_state` is that of the bound row: `held` and `ignored` ones vanished from Coda in
    numbers that need a person's word. `is_key_unique`: no other row shows our key. `open_conflicts` names
    fields, or `WHOLE_ROW`. `extra_rows`: of a participation deleted here, every other live row of its group;
    `fragments`: rows with its key that a write left behind, and of which a person has said that they go.
    """

    participation: Participation
    record: Record | None = None
    values: Fields = attribute(default_factory=dict, repr=False)
    base: Fields | None = attribute(default=None, repr=False)
    sync_id_in_row: str | None = None
    is_key_unique: bool = True
    row_state: RowState = "live"
    open_conflicts: frozenset[str] = frozenset()
    in_flight: bool = False
    extra_rows: tuple[Record, ...] = ()
    fragments: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What the catalogue, the ledger of columns and people's decisions say about one source.

    `is_first`: creates go to the first source. `columns` by column id, those that the table has now.
    `mapping` is the fingerprint of the mapping; `rejected` and `decisions` are by digest.
    """

    source: ParticipationSource
    is_first: bool
    columns: Mapping[str, Column]
    directory: Directory = attribute(repr=False)
    deletes: Deletes
    changed_limit: int
    mapping: str
    is_mapping_approved: bool
    rejected: frozenset[str] = frozenset()
    decisions: Mapping[str, Decision] = attribute(default_factory=dict)
    natural_key: tuple[str, ...] = ("person", "activity", "role", "started_on")
