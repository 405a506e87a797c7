"""From a record as received to what is stored: its JSON text, and the digest of what counts. Pure."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

import orjson

from coda_pipeline.coding.models import Payload
from coda_pipeline.coding.volatile import stable
from coda_pipeline.sync.encoding import without_nul
from coda_pipeline.warehouse.coding.landing import StagedRecord

# PostgreSQL cannot hold NUL in a text.
_NUL_ESCAPE = b"\\u0000"


def staged(
    record_id: int, payload: Payload, *, read_at: datetime, updated_at: datetime | None = None
) -> StagedRecord:
    """A record ready to land. Signed addresses are stored, but do not count as a change."""
    record = dict(payload)
    body = orjson.dumps(record)
    if _NUL_ESCAPE in body:
        record = _without_nul(record)
        body = orjson.dumps(record)
    lasting = orjson.dumps(stable(record), option=orjson.OPT_SORT_KEYS)
    return StagedRecord(record_id, body, blake2b(lasting, digest_size=16).hexdigest(), read_at, updated_at)


def _without_nul(record: Mapping[str, object]) -> dict[str, object]:
    return {key: without_nul(value) for key, value in record.items()}
