"""What became of a row that was sent, by what the table shows: each promise of the design in one line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.sync.judging import GONE, NEVER_ARRIVED, FieldOutcome, RowSight, Sight, judge
from coda_pipeline.sync.model import Activity, Person, Unreadable, Value
from coda_pipeline.sync.normalize import same
from coda_pipeline.sync.plan_model import SYNC_ID, Method, Op, Write, WriteState
from coda_pipeline.sync.same_meaning import same_meaning

SENT_AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
TIMEOUT_S = 600.0
BEFORE = {"share": Decimal("1.0"), "comment": None}
AFTER = {"share": Decimal("0.5"), "comment": "наш"}
PID = UUID(int=7)


def write(op: Op = Op.UPDATE, **values: Any) -> Write:
    found = Write(
        participation_id=PID,
        op=op,
        source_table="participation",
        row_id=None if op is Op.CREATE else "i-1",
        method=Method.PUT,
        before={} if op is Op.CREATE else BEFORE,
        after={} if op is Op.DELETE else AFTER,
        digest="d",
        cells={},
        sent_at=SENT_AT,
        request_id="mutate:1",
        write_id=1,
    )
    return replace(found, **values)


CONFIRMED = {"state": WriteState.CONFIRMED, "confirmed_at": SENT_AT + timedelta(seconds=10)}


def after_s(seconds: float, row: RowSight | None) -> Sight:
    """A read that began so long after the write, of a snapshot half a minute older."""
    read_at = SENT_AT + timedelta(seconds=seconds)
    return Sight(row, as_of=read_at - timedelta(seconds=30), read_at=read_at)


def reads(share: Value, comment: Value = "наш", **more: Any) -> RowSight:
    return RowSight("i-1", {"share": share, "comment": comment}, **more)


def is_same(name: str, sent: Value, read: Value) -> bool:
    return same_meaning(name, sent, read, None)


def judged(found: Write, sight: Sight):
    return judge(found, sight, is_same, timeout_s=TIMEOUT_S)


def test_what_reads_as_sent_is_verified_confirmed_or_not() -> None:
    for found in (write(), write(**CONFIRMED), write(request_id=None)):
        judgement = judged(found, after_s(1, reads(Decimal("0.5"))))
        assert judgement.state is WriteState.VERIFIED
        assert judgement.base == AFTER


def test_what_reads_as_before_waits_and_is_rejected_after_the_timeout() -> None:
    row = reads(Decimal("1.0"), None)
    assert judged(write(**CONFIRMED), after_s(600, row)).is_open
    judgement = judged(write(**CONFIRMED), after_s(620, row))
    assert judgement.state is WriteState.REJECTED
    assert judgement.base == {}


def test_the_fields_of_a_row_count_by_themselves() -> None:
    judgement = judged(write(**CONFIRMED), after_s(700, reads(Decimal("1.0"), "наш")))
    assert judgement.state is WriteState.REJECTED
    assert judgement.fields == {"share": FieldOutcome.REJECTED, "comment": FieldOutcome.VERIFIED}
    assert judgement.base == {"comment": "наш"}


def test_another_value_after_the_confirmation_is_an_edit_of_people() -> None:
    judgement = judged(write(**CONFIRMED), after_s(60, reads(Decimal("0.7"))))
    assert judgement.state is WriteState.VERIFIED
    assert judgement.fields["share"] is FieldOutcome.EDITED
    assert judgement.base["share"] == Decimal("0.5")


def test_another_value_in_a_snapshot_from_before_is_not_judged() -> None:
    assert judged(write(**CONFIRMED), after_s(35, reads(Decimal("0.7")))).is_open
    assert judged(write(), after_s(300, reads(Decimal("0.7")))).is_open


def test_another_value_without_a_confirmation_leaves_the_base_so_that_both_are_compared() -> None:
    judgement = judged(write(), after_s(700, reads(Decimal("0.7"))))
    assert judgement.state is WriteState.SUPERSEDED
    assert "share" not in judgement.base


def test_what_never_got_an_answer_is_planned_again_and_not_called_rejected() -> None:
    judgement = judged(write(request_id=None), after_s(700, reads(Decimal("1.0"), None)))
    assert (judgement.state, judgement.reason) == (WriteState.SUPERSEDED, NEVER_ARRIVED)
    assert judgement.base == {}


@pytest.mark.parametrize("op", [Op.UPDATE, Op.KEY])
def test_a_row_that_is_gone_supersedes_what_was_sent_to_it(op: Op) -> None:
    judgement = judged(write(op), after_s(40, reads(Decimal("1.0"), is_deleted=True)))
    assert (judgement.state, judgement.reason) == (WriteState.SUPERSEDED, GONE)


def test_a_create_is_proved_by_a_row_with_our_key_and_its_base_holds_every_field() -> None:
    judgement = judged(write(Op.CREATE), after_s(40, reads(Decimal("0.7"))))
    assert judgement.state is WriteState.VERIFIED
    assert judgement.row_id == "i-1"
    assert judgement.base["share"] == Decimal("0.5")
    assert judgement.base["person"] is None


def test_a_create_that_never_shows_is_rejected() -> None:
    assert judged(write(Op.CREATE, **CONFIRMED), after_s(60, None)).is_open
    assert judged(write(Op.CREATE, **CONFIRMED), after_s(700, None)).state is WriteState.REJECTED
    assert judged(write(Op.CREATE, request_id=None), after_s(700, None)).reason == NEVER_ARRIVED


def test_a_new_row_that_lacks_a_field_is_rejected_for_that_field_alone() -> None:
    judgement = judged(write(Op.CREATE), after_s(700, reads(None)))
    assert judgement.fields == {"share": FieldOutcome.REJECTED, "comment": FieldOutcome.VERIFIED}
    assert judgement.base["share"] is None


def test_a_deletion_is_proved_by_the_row_being_gone() -> None:
    assert judged(write(Op.DELETE), after_s(40, reads(Decimal("1.0"), None))).is_open
    gone = judged(write(Op.DELETE), after_s(40, reads(Decimal("1.0"), None, is_deleted=True)))
    assert gone.state is WriteState.VERIFIED
    assert gone.overwritten == {}
    late = judged(write(Op.DELETE), after_s(700, reads(Decimal("1.0"), None)))
    assert late.state is WriteState.REJECTED


def test_an_edit_seen_before_our_value_stood_is_put_on_record() -> None:
    row = reads(Decimal("0.5"), passed=({"share": Decimal("0.8"), "comment": None},))
    assert judged(write(), after_s(60, row)).overwritten == {"share": Decimal("0.8")}


def test_a_cell_that_cannot_be_read_says_nothing_of_an_edit() -> None:
    row = reads(Unreadable("the column is not in the row"))
    assert judged(write(**CONFIRMED), after_s(60, row)).is_open
    assert judged(write(**CONFIRMED), after_s(700, row)).fields["share"] is FieldOutcome.REJECTED


def test_a_change_too_small_for_its_column_is_not_taken_for_sent() -> None:
    found = write(before={"share": Decimal("0.5")}, after={"share": Decimal("0.502")})
    row = RowSight("i-1", {"share": Decimal("0.5")})
    rounds = lambda _name, sent, read: abs(sent - read) <= Decimal("0.005")  # noqa: E731
    assert judge(found, after_s(60, row), rounds, timeout_s=TIMEOUT_S).is_open


VALUES: dict[str, st.SearchStrategy[Value]] = {
    "share": st.sampled_from([None, Decimal("0.5"), Decimal("0.25"), Unreadable("no number")]),
    "comment": st.sampled_from([None, "а", "б ", "б"]),
    "person": st.sampled_from([Person("Анна", "a@x.ru"), Person("Анна", None), Person("Иван", "i@x.ru")]),
    "activity": st.sampled_from([Activity("Обучение", "p1"), Activity("Обучение", "p2"), None]),
}
fields = st.fixed_dictionaries(VALUES)
states = st.sampled_from([{}, CONFIRMED, {"request_id": None}])


@given(before=fields, after=fields, read=fields, state=states, seconds=st.sampled_from([5, 45, 700]))
def test_the_base_never_moves_to_what_was_not_proved(before, after, read, state, seconds) -> None:
    """Whatever is read: a field that still reads as before keeps its base, so no edit of ours is forgotten;
    and what is closed accounts for every field."""
    found = write(before=before, after=after, **state)
    judgement = judged(found, after_s(seconds, RowSight("i-1", read)))
    if seconds == 700:
        assert not judgement.is_open
    assert set(judgement.fields) == set(after)
    for name in after:
        if same(read[name], before[name]) and not same(after[name], before[name]):
            assert name not in judgement.base
        if is_same(name, after[name], read[name]) and judgement.fields[name] is FieldOutcome.EDITED:
            raise AssertionError(name)
        assert name not in judgement.base or judgement.base[name] == after[name]
    assert SYNC_ID not in judgement.base
