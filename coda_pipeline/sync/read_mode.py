"""Whether a table may be read incrementally, and whether what a delta brought may be believed. Pure.

Sync tokens never report deletions, and calculated columns change without telling; so a delta is only believed
where the table's row count agrees, and only for a day (design section 5).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.fingerprint import Fingerprint
from coda_pipeline.warehouse.cursors import Cursor

MAX_FULL_AGE = timedelta(days=1)


class WhyFull(StrEnum):
    """Why a table is read in full, as shown with the run."""

    ASKED = "asked"
    FIRST = "first_read"
    OTHER_TABLE = "other_table"
    NO_TOKEN = "no_token"  # noqa: S105 no secret
    CATALOGUE_CHANGED = "catalogue_changed"
    DUE = "last_full_read_too_old"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 no secret
    COUNT_DISAGREES = "row_count_disagrees"


def why_full(
    cursor: Cursor | None, fingerprint: Fingerprint | None, spec: TableSpec, *, now: datetime, is_asked: bool
) -> WhyFull | None:
    """The reason to read in full, None where a delta may be asked for."""
    if is_asked:
        return WhyFull.ASKED
    if cursor is None or cursor.last_full_at is None:
        return WhyFull.FIRST
    reasons = {
        WhyFull.OTHER_TABLE: (cursor.doc_id, cursor.table_id) != (spec.doc_id, spec.table_id),
        WhyFull.NO_TOKEN: cursor.sync_token is None,
        WhyFull.CATALOGUE_CHANGED: fingerprint is None or not fingerprint.fits(spec),
        WhyFull.DUE: now - cursor.last_full_at > MAX_FULL_AGE,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def is_count_explained(row_count: int, *, live: int, held: int, difference: int) -> bool:
    """Whether the table counts as many rows as it should by what the warehouse holds.

    `live` and `held` (ignored ones included) are as they will be after the delta; `difference` is the
    remembered one.
    """
    return row_count == live - held - difference
