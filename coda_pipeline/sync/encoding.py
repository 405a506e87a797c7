"""From a page of rows as received to the lines that are staged: JSON text, digest, COPY line. Pure.

Runs once per row of every read, so it does little: one JSON text, one digest.
"""

from collections.abc import Iterable

import orjson

from coda_pipeline.coda.models import Row
from coda_pipeline.sync.fingerprint import Fingerprint
from coda_pipeline.warehouse.stage import copy_line

# PostgreSQL cannot hold NUL in a text. Its JSON escape may also be a backslash somebody typed: look twice.
_NUL_ESCAPE = b"\\u0000"
REPLACEMENT = "\ufffd"


def encode_rows(rows: Iterable[Row], fingerprint: Fingerprint) -> list[bytes]:
    """One COPY line per row."""
    return [_encode(row, fingerprint) for row in rows]


def _encode(row: Row, fingerprint: Fingerprint) -> bytes:
    values = row.values
    body = orjson.dumps(values)
    if _NUL_ESCAPE in body:
        values = {column: without_nul(cell) for column, cell in values.items()}
        body = orjson.dumps(values)
    row_hash = fingerprint.of(values)
    return copy_line(body, row.id, row_hash, row.browser_link, row.created_at, row.updated_at)


def without_nul(cell: object) -> object:
    """The cell with U+FFFD in the place of every NUL character, however deep."""
    if isinstance(cell, str):
        return cell.replace("\x00", REPLACEMENT)
    if isinstance(cell, list):
        return [without_nul(item) for item in cell]
    if isinstance(cell, dict):
        return {without_nul(key): without_nul(value) for key, value in cell.items()}
    return cell


def unknown_columns(rows: Iterable[Row], known: frozenset[str]) -> set[str]:
    """Column ids that rows carry and the column list does not."""
    return {column for row in rows if not known.issuperset(row.values) for column in row.values} - known
