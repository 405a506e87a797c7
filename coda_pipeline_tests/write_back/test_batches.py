"""Which requests carry which rows: pure, so by property."""

from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.errors import FatalError
from coda_pipeline.sync.batches import MAX_BYTES, MAX_PUTS, MAX_ROWS, batches_for, cells_to_send
from coda_pipeline.sync.plan_model import SYNC_ID, Method, Op, PlanRow

KEY = "c-key"


def row(number: int, op: Op, *, is_keyed: bool = True, size: int = 10) -> PlanRow:
    participation_id = UUID(int=number)
    cells = {} if op is Op.DELETE else {"c-note": "ы" * size}
    if op is Op.KEY:
        cells = {KEY: str(participation_id)}
    return PlanRow(
        participation_id,
        op,
        "participation",
        None if op is Op.CREATE else f"i-{number}",
        {},
        {SYNC_ID: str(participation_id)} if op is Op.KEY else {},
        f"digest {number} {op}",
        cells,
        is_keyed,
    )


rows_of_a_plan = st.lists(
    st.tuples(st.sampled_from(Op), st.booleans(), st.integers(0, 20_000)), max_size=60
).map(lambda facts: [row(n, op, is_keyed=keyed, size=size) for n, (op, keyed, size) in enumerate(facts)])


@given(rows_of_a_plan)
def test_every_row_is_in_one_request_that_coda_takes(rows: list[PlanRow]) -> None:
    batches = batches_for(rows, KEY)
    assert sorted(r.digest for b in batches for r in b.rows) == sorted(r.digest for r in rows)
    for batch in batches:
        assert 1 <= len(batch.rows) <= MAX_ROWS
        cells = [cells_to_send(r, batch.method, KEY) for r in batch.rows]
        body = {"rows": [{"cells": [{"column": c, "value": v} for c, v in one.items()]} for one in cells]}
        assert len(orjson.dumps(body)) <= MAX_BYTES + 50 or len(batch.rows) == 1


@given(rows_of_a_plan)
def test_only_rows_that_our_key_addresses_are_upserted(rows: list[PlanRow]) -> None:
    for batch in batches_for(rows, KEY):
        if batch.method is Method.UPSERT:
            assert all(r.op is Op.CREATE or (r.op is Op.UPDATE and r.is_keyed) for r in batch.rows)
            assert all(KEY in cells_to_send(r, batch.method, KEY) for r in batch.rows)
        else:
            assert Op.CREATE not in {r.op for r in batch.rows}
        assert (batch.method is Method.DELETE) == (batch.rows[0].op is Op.DELETE)


def test_few_updates_go_one_by_one_and_more_in_one_request() -> None:
    few = [row(n, Op.UPDATE) for n in range(MAX_PUTS)]
    assert [b.method for b in batches_for(few, KEY)] == [Method.PUT] * MAX_PUTS
    more = [*few, row(99, Op.UPDATE)]
    assert [(b.method, len(b.rows)) for b in batches_for(more, KEY)] == [(Method.UPSERT, 6)]


def test_creates_ride_along_and_deletions_come_last() -> None:
    rows = [row(1, Op.DELETE), row(2, Op.CREATE), *(row(n, Op.UPDATE) for n in range(3, 10))]
    assert [(b.method, len(b.rows)) for b in batches_for(rows, KEY)] == [
        (Method.UPSERT, 8),
        (Method.DELETE, 1),
    ]


def test_five_thousand_keyed_rows_take_ten_requests() -> None:
    rows = [row(n, Op.UPDATE, size=50) for n in range(5000)]
    assert len(batches_for(rows, KEY)) == 10


def test_rows_of_which_two_have_one_key_are_never_in_one_request() -> None:
    """Two rows of one upsert with the same new key: nobody knows what Coda makes of them."""
    rows = [row(n % 7, Op.CREATE) for n in range(14)]
    for batch in batches_for(rows, KEY):
        ids = [r.participation_id for r in batch.rows]
        assert len(ids) == len(set(ids))


def test_without_a_key_column_updates_go_one_by_one_and_a_create_is_refused() -> None:
    updates = [row(n, Op.UPDATE) for n in range(9)]
    assert {b.method for b in batches_for(updates, None)} == {Method.PUT}
    with pytest.raises(FatalError):
        batches_for([row(1, Op.CREATE)], None)
