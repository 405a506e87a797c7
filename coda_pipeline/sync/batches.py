"""Which requests carry which rows to Coda: a pure decision on the rows of a plan.

Creates and many updates go as upserts keyed by our id, up to 500 rows and 1.8 MB a request; few updates, and
rows that our key does not address, go one by one on their row id; deletions by list of row ids. Sending is in
`sending`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from coda_pipeline.coda.writes import CellInput
from coda_pipeline.errors import FatalError
from coda_pipeline.sync.plan_model import Method, Op, PlanRow, Write

# A request may have 2 MB (reference/coda-api.md section 7); clients cap rows at 500.
MAX_ROWS = 500
MAX_BYTES = 1_800_000
# Up to so many updates go one by one: each answers 404 where its row is gone, which an upsert never does.
MAX_PUTS = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one request."""

    method: Method
    rows: tuple[PlanRow, ...]


def batches_for(rows: Sequence[PlanRow], key_column: str | None) -> list[Batch]:
    """The requests that send these rows, deletions last, none of which takes more than the service does.

    `key_column` is the column that holds our id; None where nothing may be addressed by it. Raises
    `FatalError` for a create without one: a repeat could double it.
    """
    creates = [row for row in rows if row.op is Op.CREATE]
    updates = [row for row in rows if row.op is Op.UPDATE]
    is_bulk = len(updates) > MAX_PUTS and key_column is not None
    keyed = [row for row in updates if is_bulk and row.is_keyed]
    single = [row for row in updates if not (is_bulk and row.is_keyed)]
    single += [row for row in rows if row.op is Op.KEY]
    deletes = [row for row in rows if row.op is Op.DELETE]
    if creates and key_column is None:
        message = "Rows without a key column cannot be created safely; nothing was sent. Report this."
        raise FatalError(message)
    return [
        *(Batch(Method.UPSERT, part) for part in _cut([*creates, *keyed], key_column)),
        *(Batch(Method.PUT, (row,)) for row in single),
        *(Batch(Method.DELETE, part) for part in _cut(deletes, None)),
    ]


def halves(rows: Sequence[Write]) -> tuple[Sequence[Write], Sequence[Write]]:
    """The same rows for two requests. Only for more than one row."""
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def cells_to_send(row: PlanRow | Write, method: Method, key_column: str | None) -> Mapping[str, CellInput]:
    """The cells of one row as they go into the request, with our key where it belongs."""
    if key_column is not None and method is Method.UPSERT:
        return {**row.cells, key_column: str(row.participation_id)}
    return row.cells


def again(write: Write) -> PlanRow:
    """The row of a write that may never have arrived, to be sent once more."""
    return PlanRow(
        participation_id=write.participation_id,
        op=write.op,
        source_table=write.source_table,
        row_id=write.row_id,
        before=write.before,
        after=write.after,
        digest=write.digest,
        cells=write.cells,
        is_keyed=write.method is Method.UPSERT,
    )


def _cut(rows: Iterable[PlanRow], key_column: str | None) -> Iterator[tuple[PlanRow, ...]]:
    """The rows in order, in parts that fit one request each. No part has one key twice."""
    part: list[PlanRow] = []
    keys: set[UUID] = set()
    size = 0
    for row in rows:
        row_bytes = _bytes_of(row, key_column)
        is_full = len(part) == MAX_ROWS or size + row_bytes > MAX_BYTES
        is_repeated = key_column is not None and row.participation_id in keys
        if part and (is_full or is_repeated):
            yield tuple(part)
            part, keys, size = [], set(), 0
        part.append(row)
        keys.add(row.participation_id)
        size += row_bytes
    if part:
        yield tuple(part)


def _bytes_of(row: PlanRow, key_column: str | None) -> int:
    if row.op is Op.DELETE:
        return len(row.row_id or "") + 3
    cells = cells_to_send(row, Method.UPSERT, key_column)
    return len(orjson.dumps([{"column": column, "value": value} for column, value in cells.items()])) + 12
