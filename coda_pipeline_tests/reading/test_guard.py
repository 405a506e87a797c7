"""The fate of vanished rows, and how their vanishing is proved."""

import pytest

from coda_pipeline.catalog import Guard
from coda_pipeline.sync.guard import (
    MAX_ASKED_ONE_BY_ONE,
    MAX_ASKED_WHEN_SHORT,
    Fate,
    Proof,
    fate_of,
    proof_for,
)

GUARD = Guard(rows=20, share=0.02)


@pytest.mark.parametrize(
    ("live", "passes"),
    [(10, 5), (100, 5), (500, 10), (1_000, 20), (100_000, 20)],
    ids=str,
)
def test_the_smaller_limit_holds_but_five_rows_always_pass(live, passes):
    assert fate_of(passes, live=live, left_in_coda=live - passes, guard=GUARD) is Fate.TOMBSTONE
    assert fate_of(passes + 1, live=live, left_in_coda=live - passes - 1, guard=GUARD) is Fate.HOLD


def test_what_would_empty_the_table_is_held_however_small_it_is():
    assert fate_of(1, live=1, left_in_coda=0, guard=GUARD) is Fate.HOLD


def test_the_rest_of_a_table_is_held_when_it_vanishes_after_the_first_ones_were_held():
    assert fate_of(3, live=503, left_in_coda=0, guard=GUARD) is Fate.HOLD


def test_an_empty_table_without_vanished_rows_holds_nothing():
    assert fate_of(0, live=0, left_in_coda=0, guard=GUARD) is Fate.TOMBSTONE


def test_a_few_missing_rows_are_asked_for_one_by_one():
    assert proof_for(MAX_ASKED_ONE_BY_ONE, is_short=False) is Proof.ASK_EACH


def test_many_missing_rows_are_proved_by_a_second_listing():
    assert proof_for(MAX_ASKED_ONE_BY_ONE + 1, is_short=False) is Proof.SECOND_LISTING


def test_after_a_short_read_each_row_answers_for_itself_however_many_they_are():
    assert proof_for(MAX_ASKED_ONE_BY_ONE + 1, is_short=True) is Proof.ASK_EACH


def test_after_a_short_read_that_lacks_most_of_the_table_nothing_is_concluded():
    assert proof_for(MAX_ASKED_WHEN_SHORT + 1, is_short=True) is Proof.NOT_PROVABLE


@pytest.mark.parametrize("is_short", [True, False])
def test_nothing_missing_needs_no_proof(is_short):
    assert proof_for(0, is_short=is_short) is Proof.NOTHING_MISSING
