"""What was sent: stored before it goes out, followed until it is proved, and what is left of it then."""

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.errors import BusyError
from coda_pipeline.sync.model import BaseKey
from coda_pipeline.sync.plan_model import Method, Op, Write, WriteState
from coda_pipeline.warehouse.core.changes import pending_participations
from coda_pipeline.warehouse.core.load import bases
from coda_pipeline.warehouse.write_back import rejected, writes
from coda_pipeline.warehouse.write_back.writes import Closing
from coda_pipeline_tests.core_tables.samples import apply, bound
from coda_pipeline_tests.plan_store.samples import NOW, P1, P2, P3, row, select, write


def sent(engine: Engine, *rows: Write) -> list[Write]:
    with engine.begin() as conn:
        return writes.store_sent(conn, rows, run_id="run")


def close(engine: Engine, *closings: Closing) -> None:
    with engine.begin() as conn:
        writes.close(conn, closings, now=NOW)


def open_writes(engine: Engine) -> list[Write]:
    with engine.connect() as conn:
        return writes.open_writes(conn)


def reject(engine: Engine, one: Write) -> int:
    with engine.begin() as conn:
        return rejected.reject(
            conn, one, ["comment"], "accepted but not applied", digest=one.digest, run_id="run", now=NOW
        )


def standing(engine: Engine) -> list[int]:
    with engine.connect() as conn:
        return [found.rejected_id for found in rejected.list_rejected(conn)]


def test_what_was_sent_is_there_again_after_a_crash(engine: Engine) -> None:
    stored = sent(engine, write(P1), write(P2, Op.CREATE, Method.UPSERT))
    assert [one.write_id is not None for one in stored] == [True, True]
    assert open_writes(engine) == stored


def test_a_write_is_followed_from_sent_to_confirmed(engine: Engine) -> None:
    one, other = sent(engine, write(P1), write(P2))
    with engine.begin() as conn:
        writes.set_request(conn, [one.write_id or 0], "mutation-1")
        writes.set_confirmed(conn, [one.write_id or 0], NOW)
    first, second = open_writes(engine)
    assert (first.state, first.request_id, first.confirmed_at) == (WriteState.CONFIRMED, "mutation-1", NOW)
    assert second == other


def test_a_row_that_is_under_way_is_not_sent_a_second_time(engine: Engine) -> None:
    sent(engine, write(P1))
    with pytest.raises(BusyError, match="under way already"):
        sent(engine, write(P2), write(P1))
    assert [one.participation_id for one in open_writes(engine)] == [P1]


def test_several_rows_of_one_participation_can_be_deleted_at_once(engine: Engine) -> None:
    rows = [write(P1, Op.DELETE, Method.DELETE, row_id=row_id) for row_id in ("i-1", "i-2")]
    assert [one.row_id for one in sent(engine, *rows)] == ["i-1", "i-2"]


def test_what_never_went_out_is_forgotten(engine: Engine) -> None:
    [one] = sent(engine, write(P1))
    with engine.begin() as conn:
        writes.withdraw(conn, [one.write_id or 0])
    assert open_writes(engine) == []


def test_closing_moves_the_base_of_what_arrived_and_has_the_participation_looked_at_again(
    engine: Engine,
) -> None:
    apply(engine, bound(P1, "i-1"))
    with engine.begin() as conn:
        assert pending_participations(conn) == []
        [base_before] = bases(conn, [P1]).values()
    [one] = sent(engine, write(P1))
    agreed = {"comment": "новый"}
    close(engine, Closing(one, WriteState.VERIFIED, {"comment": "verified"}, agreed, "participation:i-1"))
    with engine.connect() as conn:
        assert bases(conn, [P1]) == {BaseKey(P1, "participation:i-1"): {**base_before, **agreed}}
        assert pending_participations(conn) == [P1]
    assert open_writes(engine) == []
    assert select(engine, "select state, fields, closed_at from sync.writes") == [
        ("verified", {"comment": "verified"}, NOW)
    ]


def test_closing_a_create_gives_the_new_row_its_base(engine: Engine) -> None:
    [one] = sent(engine, write(P1, Op.CREATE, Method.UPSERT))
    close(
        engine,
        Closing(one, WriteState.VERIFIED, agreed={"comment": "новый", "role": None}, record_id="t:i-9"),
    )
    with engine.connect() as conn:
        assert bases(conn, [P1]) == {BaseKey(P1, "t:i-9"): {"comment": "новый", "role": None}}


def test_a_write_is_closed_once(engine: Engine) -> None:
    [one] = sent(engine, write(P1))
    close(engine, Closing(one, WriteState.REJECTED, reason="first"))
    close(engine, Closing(one, WriteState.VERIFIED, reason="second"))
    assert select(engine, "select state, reason from sync.writes") == [("rejected", "first")]


def test_resolution_leaves_alone_what_is_under_way_but_for_keys(engine: Engine) -> None:
    sent(
        engine,
        write(P1),
        write(P2, Op.CREATE, Method.UPSERT),
        write(P3, Op.KEY),
    )
    with engine.connect() as conn:
        assert writes.in_flight(conn) == {P1, P2}
        assert writes.open_keys(conn) == {P3}
        assert writes.open_creates(conn) == {P2}


def test_a_keyed_update_may_have_made_a_fragment_until_a_later_one_is_verified(engine: Engine) -> None:
    def upserted() -> frozenset[object]:
        with engine.connect() as conn:
            return writes.open_upserts(conn)

    [one] = sent(engine, write(P1, Op.UPDATE, Method.UPSERT))
    assert upserted() == {P1}
    close(engine, Closing(one, WriteState.REJECTED, reason="accepted but not applied"))
    assert upserted() == {P1}
    [again] = sent(engine, write(P1, Op.UPDATE, Method.UPSERT))
    close(engine, Closing(again, WriteState.VERIFIED))
    assert upserted() == frozenset()


def test_a_rejected_row_leaves_the_list_when_it_arrives_after_all(engine: Engine) -> None:
    [one] = sent(engine, write(P1))
    close(engine, Closing(one, WriteState.REJECTED, {"comment": "rejected"}))
    number = reject(engine, one)
    assert standing(engine) == [number]
    [again] = sent(engine, write(P1))
    close(engine, Closing(again, WriteState.VERIFIED, {"comment": "verified"}))
    assert standing(engine) == []


def test_a_row_rejected_anew_stands_once_with_the_newest_reason(engine: Engine) -> None:
    numbers = []
    for _ in range(2):
        [one] = sent(engine, write(P1))
        close(engine, Closing(one, WriteState.REJECTED, {"comment": "rejected"}))
        numbers.append(reject(engine, one))
    assert standing(engine) == numbers[1:]


def test_a_person_can_have_rejected_rows_tried_again(engine: Engine) -> None:
    first, second = (reject(engine, write(pid)) for pid in (P1, P2))
    with engine.begin() as conn:
        assert rejected.rejected_digests(conn) == {row(P1).digest, row(P2).digest}
        assert rejected.retry(conn, [first], by="anna", now=NOW) == 1
    assert standing(engine) == [second]
    assert select(engine, "select closed_by from sync.rejected_rows order by rejected_id") == [
        ("anna",),
        (None,),
    ]


def test_the_database_itself_refuses_a_state_that_there_is_not(engine: Engine) -> None:
    sent(engine, write(P1))
    with engine.begin() as conn, pytest.raises(Exception, match="writes_state_check"):
        conn.execute(text("update sync.writes set state = 'lost'"))
