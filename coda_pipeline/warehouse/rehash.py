"""Making stored digests anew when it changes which cells count, so that no row looks changed for that reason.

The one place that reads stored values back to compute over them; a chunk at a time, in the caller's
transaction.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from coda_pipeline.warehouse.statement import on_table

CHUNK_ROWS = 2_000
_NEXT = """
    select row_id, values::text as body, row_hash from {raw} where row_id > :after order by row_id limit :rows
"""
_SET = """
    update {raw} as r set row_hash = new.row_hash
      from unnest(cast(:ids as text[]), cast(:hashes as text[])) as new (row_id, row_hash)
     where r.row_id = new.row_id
"""


def rehash(conn: Connection, name: str, digest_of: Callable[[bytes], str]) -> int:
    """Replace stored digests by those of `digest_of` over the JSON text of the values; how many differed."""
    changed, after = 0, ""
    while rows := conn.execute(on_table(_NEXT, name), {"after": after, "rows": CHUNK_ROWS}).all():
        after = rows[-1].row_id
        digests = {row.row_id: digest_of(row.body.encode()) for row in rows}
        new = {row.row_id: digests[row.row_id] for row in rows if row.row_hash != digests[row.row_id]}
        if new:
            conn.execute(on_table(_SET, name), {"ids": list(new), "hashes": list(new.values())})
        changed += len(new)
    return changed
