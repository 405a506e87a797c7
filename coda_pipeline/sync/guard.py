"""What becomes of rows that have vanished from a table: the guard against a table emptied by mistake.

Pure. How vanished rows are found and confirmed is in `vanished`; tombstones and held rows are written by
`warehouse.merge`; the limit itself comes from the catalogue.
"""

from enum import StrEnum

from coda_pipeline.catalog import Guard

# Up to so many candidates are asked for one by one; above that, a second listing is cheaper and as good.
MAX_ASKED_ONE_BY_ONE = 100
# A listing that is stably short proves nothing, so each row must answer for itself; above so many (ten
# minutes of the read budget's worth) the difference is reported and nothing is concluded.
MAX_ASKED_WHEN_SHORT = 10_000


class Fate(StrEnum):
    """What is done with rows that are confirmed to be gone."""

    TOMBSTONE = "tombstone"
    HOLD = "hold"


class Proof(StrEnum):
    """How a row missing from a listing is proved to be gone."""

    NOTHING_MISSING = "nothing_missing"
    ASK_EACH = "ask_each"
    SECOND_LISTING = "second_listing"
    NOT_PROVABLE = "not_provable"


def fate_of(gone: int, *, live: int, left_in_coda: int, guard: Guard) -> Fate:
    """Tombstones up to the guard's limit; above it, or where nothing is left in Coda, a person decides.

    Args:
        gone: rows newly confirmed to be gone; those already held are not counted again.
        live: rows live in the warehouse before this read.
        left_in_coda: rows that the read found.
        guard: the `lost` guard.
    """
    if gone == 0:
        return Fate.TOMBSTONE
    if left_in_coda == 0 or gone > guard.limit(live):
        return Fate.HOLD
    return Fate.TOMBSTONE


def proof_for(missing: int, *, is_short: bool) -> Proof:
    """How to confirm that `missing` rows are gone, after a complete read or one that is stably short."""
    if missing == 0:
        return Proof.NOTHING_MISSING
    if is_short:
        return Proof.ASK_EACH if missing <= MAX_ASKED_WHEN_SHORT else Proof.NOT_PROVABLE
    return Proof.ASK_EACH if missing <= MAX_ASKED_ONE_BY_ONE else Proof.SECOND_LISTING
