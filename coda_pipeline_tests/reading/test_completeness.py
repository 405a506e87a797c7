"""The judgement over the attempts of a full read, attempt by attempt."""

import pytest

from coda_pipeline.sync.completeness import Attempt, Verdict, judge


def still(count: int, rows: int, digest: str = "") -> Attempt:
    """A listing of a table that did not move."""
    return Attempt(before=count, rows=rows, digest=digest or str(rows), after=count)


def moving(rows: int = 9, digest: str = "moving") -> Attempt:
    """A listing of a table that grew meanwhile."""
    return Attempt(before=rows, rows=rows, digest=digest, after=rows + 1)


def test_as_many_rows_as_the_table_counts_before_and_after_is_complete():
    assert judge([still(10, 10)]) is Verdict.COMPLETE


def test_an_empty_table_is_complete():
    assert judge([still(0, 0)]) is Verdict.COMPLETE


def test_a_listing_that_agrees_only_with_the_count_before_is_not_complete():
    assert judge([Attempt(before=10, rows=10, digest="a", after=11)]) is Verdict.READ_AGAIN


def test_a_listing_that_agrees_only_with_the_count_after_is_not_complete():
    assert judge([Attempt(before=10, rows=11, digest="a", after=11)]) is Verdict.READ_AGAIN


@pytest.mark.parametrize("times", [1, 2])
def test_a_table_that_moves_is_read_again_twice_at_most(times):
    assert judge([moving()] * times) is Verdict.READ_AGAIN


def test_a_table_that_still_moves_the_third_time_is_kept_as_it_was_read():
    assert judge([moving()] * 3) is Verdict.MOVED


def test_a_table_that_came_to_rest_is_complete():
    assert judge([moving(), moving(), still(10, 10)]) is Verdict.COMPLETE


@pytest.mark.parametrize("rows", [9, 11])
def test_one_listing_that_disagrees_with_the_count_proves_nothing(rows):
    assert judge([still(10, rows)]) is Verdict.READ_AGAIN


@pytest.mark.parametrize("rows", [9, 11])
def test_the_same_rows_twice_are_short(rows):
    assert judge([still(10, rows), still(10, rows)]) is Verdict.SHORT


def test_two_short_listings_with_different_rows_are_incomplete():
    assert judge([still(10, 9, "a"), still(10, 9, "b")]) is Verdict.INCOMPLETE


def test_a_second_listing_that_agrees_is_complete_after_all():
    assert judge([still(10, 9), still(10, 10)]) is Verdict.COMPLETE


def test_a_mismatch_as_the_last_attempt_gets_its_second_listing():
    attempts = [moving(), moving(), still(10, 9)]
    assert judge(attempts) is Verdict.READ_AGAIN
    assert judge([*attempts, still(10, 9)]) is Verdict.SHORT
    assert judge([*attempts, still(10, 8)]) is Verdict.INCOMPLETE


def test_listings_from_before_and_after_a_move_are_not_held_against_each_other():
    assert judge([still(10, 9, "a"), moving(), still(11, 10, "b")]) is Verdict.READ_AGAIN


@pytest.mark.parametrize("is_count_trusted", [True, False])
def test_every_course_of_attempts_ends(is_count_trusted):
    kinds = [moving(digest="m"), still(10, 9, "a"), still(10, 9, "b")]
    unsettled = [[kind] for kind in kinds]
    for _ in range(6):
        unsettled = [
            [*course, kind]
            for course in unsettled
            for kind in kinds
            if judge(course, is_count_trusted=is_count_trusted) is Verdict.READ_AGAIN
        ]
    assert unsettled == []


def test_without_a_trusted_count_one_listing_proves_nothing():
    assert judge([still(10, 10)], is_count_trusted=False) is Verdict.READ_AGAIN


def test_without_a_trusted_count_two_listings_with_the_same_rows_are_complete():
    attempts = [Attempt(before=3, rows=10, digest="a", after=5)] * 2
    assert judge(attempts, is_count_trusted=False) is Verdict.COMPLETE


def test_without_a_trusted_count_three_different_listings_are_kept_as_moved():
    attempts = [still(10, 10, digest) for digest in "abc"]
    assert judge(attempts[:2], is_count_trusted=False) is Verdict.READ_AGAIN
    assert judge(attempts, is_count_trusted=False) is Verdict.MOVED
