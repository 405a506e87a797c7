"""What a person reads when a request is given up: what was tried, on what, what to do next."""

import pytest

from coda_pipeline.errors import (
    CodaPipelineError,
    ConfigurationError,
    NotFoundError,
    PageTimeoutError,
    ProtocolError,
    RateLimitedError,
    RequestRefusedError,
    ServiceError,
    TokenError,
)
from coda_pipeline.refusals import Call, Refusal, TokenOwner, error_for
from coda_pipeline.retry import Outcome

READ = Call("GET", "/docs/d/tables/t", "table t in doc d", params={"query": "Иванов"})
PAGE = Call("GET", "/docs/d/tables/t/rows", "rows of table t in doc d", page_of_rows=True)
INSERT = Call("POST", "/docs/d/tables/t/rows", "rows of table t in doc d", repeatable=False, body=b"Ivanov")
OWNER = TokenOwner("CODA_API_TOKEN", "hr@example.com")

CASES: list[tuple[Call, Outcome, type[CodaPipelineError], str]] = [
    (READ, Outcome(401), TokenError, "hr@example.com (CODA_API_TOKEN) (401)"),
    (READ, Outcome(403), TokenError, "may not do this (403)"),
    (READ, Outcome(404), NotFoundError, "Coda knows no table t in doc d"),
    (READ, Outcome(410), NotFoundError, "`coda-pipeline discover` lists"),
    (READ, Outcome(400, words="No."), RequestRefusedError, "It said: No."),
    (READ, Outcome(413), RequestRefusedError, "trying again changes nothing"),
    (READ, Outcome(429), RateLimitedError, "run again later"),
    (READ, Outcome(503), ServiceError, "answered 503, 3 attempt(s)"),
    (READ, Outcome(failure="dropped"), ServiceError, "the connection broke"),
    (READ, Outcome(200, failure="html"), ProtocolError, "Check the base URL"),
    (READ, Outcome(200, failure="broken"), ProtocolError, "no valid JSON"),
    (READ, Outcome(301, failure="redirect"), ProtocolError, "a redirect"),
    (READ, Outcome(failure="untrusted"), ConfigurationError, "REQUESTS_CA_BUNDLE"),
    (PAGE, Outcome(504), PageTimeoutError, "smaller pages"),
    (PAGE, Outcome(failure="timed_out"), PageTimeoutError, "smaller pages"),
    (INSERT, Outcome(500), ServiceError, "may have been applied"),
    (INSERT, Outcome(failure="not_sent"), ServiceError, "Run again later"),
]


@pytest.mark.parametrize(("call", "outcome", "kind", "words"), CASES)
def test_each_end_of_a_request_has_its_error_and_its_words(
    call: Call, outcome: Outcome, kind: type[CodaPipelineError], words: str
) -> None:
    error = error_for(Refusal(call, outcome, "Coda", OWNER, attempts=3))
    assert type(error) is kind
    assert words in str(error)
    assert str(call) in str(error)


def test_parameters_and_bodies_are_in_no_message_and_no_repr() -> None:
    for call in (READ, INSERT):
        for shown in (str(call), repr(call), str(error_for(Refusal(call, Outcome(400), "Coda", OWNER)))):
            assert "Иванов" not in shown
            assert "Ivanov" not in shown
