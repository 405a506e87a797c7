"""The decision to repeat, as a table of promises."""

import pytest

from coda_pipeline.retry import Failure, Outcome, RetryPolicy, next_step

POLICY = RetryPolicy(failure_waits_s=(1, 2), limited_waits_s=(12, 30), max_retry_after_s=300)
TRANSIENT = [Outcome(status) for status in (408, 409, 429, 500, 502, 503, 504)] + [
    Outcome(failure=failure) for failure in ("not_sent", "dropped", "timed_out", "broken")
]
PERMANENT = [Outcome(status) for status in (400, 401, 403, 404, 410, 413, 422)] + [
    Outcome(failure=failure) for failure in ("untrusted", "html", "no_object", "redirect")
]


@pytest.mark.parametrize("outcome", TRANSIENT, ids=str)
def test_what_may_pass_is_tried_again(outcome: Outcome) -> None:
    assert next_step(POLICY, [outcome], repeatable=True) is not None


@pytest.mark.parametrize("outcome", PERMANENT, ids=str)
def test_what_does_not_pass_is_not_tried_again(outcome: Outcome) -> None:
    assert next_step(POLICY, [outcome], repeatable=True) is None


@pytest.mark.parametrize("outcome", TRANSIENT, ids=str)
def test_what_must_not_happen_twice_is_repeated_only_if_it_did_not_happen(outcome: Outcome) -> None:
    certain = outcome.status == 429 or outcome.failure == "not_sent"
    assert (next_step(POLICY, [outcome], repeatable=False) is not None) == certain


def test_there_are_as_many_further_attempts_as_waits() -> None:
    history = [Outcome(500)]
    waits_s = []
    while (wait_s := next_step(POLICY, history, repeatable=True)) is not None:
        waits_s.append(wait_s)
        history.append(Outcome(failure="dropped"))
    assert waits_s == [1, 2]


def test_refusals_by_429_and_failures_are_counted_apart() -> None:
    history = [Outcome(500), Outcome(429), Outcome(500), Outcome(429)]
    assert next_step(POLICY, history, repeatable=True) == 30


def test_chance_spreads_the_waits_by_a_quarter_at_most() -> None:
    assert next_step(POLICY, [Outcome(429)], repeatable=True, chance=1.0) == 15


def test_retry_after_is_honoured_first_and_then_not_believed_if_too_short() -> None:
    asked = Outcome(429, retry_after_s=2)
    assert next_step(POLICY, [asked], repeatable=True) == 2
    assert next_step(POLICY, [asked, asked], repeatable=True) == 30


def test_retry_after_counts_for_503_too() -> None:
    assert next_step(POLICY, [Outcome(503, retry_after_s=20)], repeatable=True) == 20


def test_a_status_that_the_caller_handles_is_not_repeated() -> None:
    assert next_step(POLICY, [Outcome(504)], repeatable=True, final=frozenset({504})) is None


@pytest.mark.parametrize("failure", ["dropped", "timed_out"])
def test_an_outcome_never_shows_the_body(failure: Failure) -> None:
    assert "Иванов" not in repr(Outcome(200, failure=failure, body={"name": "Иванов"}))
