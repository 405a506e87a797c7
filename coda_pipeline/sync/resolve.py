"""Участие: from records to participations without duplicates, as one pure function.

    records, participations, bases, conflicts  →  resolve  →  what to insert, update, record and ask

The order of the steps matters: who speaks (`binding`), what changed (`agreeing`), who joins (`attaching`),
who merges (`merging`). Loading, asking Coda and writing are `participation`'s. Idempotent, and order-free
within one sync: dictionaries are walked in the order of record ids, and every choice is by value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from coda_pipeline.sync.agreeing import agree_all
from coda_pipeline.sync.attaching import keep_attached, name_all, place_the_rest
from coda_pipeline.sync.binding import bind_by_row, bind_by_sync_id, pass_on
from coda_pipeline.sync.deletions import close_outlived
from coda_pipeline.sync.draft import Draft
from coda_pipeline.sync.dump_placing import place_by_row, rows_take_their_lines
from coda_pipeline.sync.identity import Known, known_together, learn
from coda_pipeline.sync.merging import merge_all, outcomes
from coda_pipeline.sync.model import Participation, Resolution
from coda_pipeline.sync.resolution import resolution_of
from coda_pipeline.sync.resolve_state import Rules, State
from coda_pipeline.warehouse.core.bulk import in_bulk

# What is known of a name may depend on which participations found a row in this very resolve.
MAX_PASSES = 4


def resolve(state: State, rules: Rules, *, now: datetime, new_id: Callable[[], UUID]) -> Resolution:
    """Decide everything about the records and participations of a closed `State`.

    Equal sides give an empty resolution. `now` is an aware UTC time; `new_id` gives ids never used before.
    """
    with in_bulk():
        return _resolve(_in_order(state), rules, now=now, new_id=new_id)


def _resolve(state: State, rules: Rules, *, now: datetime, new_id: Callable[[], UUID]) -> Resolution:
    names = names_born_here(state.participations.values(), rules)
    draft = _decided(state, names, rules, now=now, new_id=new_id)
    for _ in range(MAX_PASSES - 1):
        settled = names_born_here(draft.participations.values(), rules)
        if settled == names:
            break
        names = settled
        draft = _decided(state, names, rules, now=now, new_id=new_id)
    return resolution_of(draft, outcomes(draft))


def _decided(state: State, names: Known, rules: Rules, *, now: datetime, new_id: Callable[[], UUID]) -> Draft:
    known = known_together(state.known, names)
    draft = Draft(replace(state, known=known), rules, now=now, new_id=new_id)
    bind_by_row(draft)
    bind_by_sync_id(draft)
    rows_take_their_lines(draft)
    pass_on(draft)
    agree_all(draft)
    name_all(draft)
    keep_attached(draft)
    place_the_rest(draft)
    place_by_row(draft)
    merge_all(draft)
    close_outlived(draft)
    return draft


def names_born_here(participations: Iterable[Participation], rules: Rules) -> Known:
    """The identities that live participations without a row in Coda give to names."""
    people: dict[str, set[str]] = defaultdict(set)
    activities: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for p in participations:
        if p.row is None and p.deleted_at is None and p.merged_into is None:
            learn(p.fields, rules.docs[0], people, activities)
    return Known(people, activities, rules.docs)


def _in_order(state: State) -> State:
    return replace(
        state,
        records=dict(sorted(state.records.items())),
        participations=dict(sorted(state.participations.items(), key=lambda item: item[0].int)),
    )
