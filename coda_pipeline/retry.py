"""Whether and when an HTTP request is tried again: a pure decision on what came back so far.

Here: what can come back from one attempt (`Outcome`), and `next_step`. Not here: sending and waiting (see
`http`) and the words for a failure (see `refusals`).

The one thing to know: a request that must not be applied twice is repeated only when it is certain that the
service did not apply it: it never left, or it was answered with 429.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

# not_sent: no connection was made · untrusted: the certificate did not verify · dropped: the connection broke
# or the answer was cut · timed_out: no whole answer in time · broken: a body that is no JSON · html: a page
# · no_object: JSON, yet not an object · foreign: JSON of another interface · redirect: it lives elsewhere
Failure = Literal[
    "not_sent", "untrusted", "dropped", "timed_out", "broken", "html", "no_object", "foreign", "redirect"
]
TRANSIENT_FAILURES: frozenset[Failure] = frozenset({"not_sent", "dropped", "timed_out", "broken"})
# 409 is not in Coda's specification: a doc that was just created or copied (reference/coda-api.md section 2).
TRANSIENT_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back from one attempt. `words` is the service's own message, free of secrets and cells.

    `code` is the service's own name of an error, where it has any; CODING tells it with status 200.
    """

    status: int | None = None
    failure: Failure | None = None
    retry_after_s: float | None = None
    body: Mapping[str, object] | None = field(default=None, repr=False)
    words: str = ""
    code: str = ""

    @property
    def is_done(self) -> bool:
        """The service did as asked."""
        return self.body is not None

    @property
    def is_limited(self) -> bool:
        """The service said 429."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS

    @property
    def is_transient(self) -> bool:
        """The same request may succeed later."""
        if self.failure is not None:
            return self.failure in TRANSIENT_FAILURES
        return self.status is not None and (
            self.is_limited
            or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            or self.status in TRANSIENT_STATUSES
        )

    @property
    def is_unapplied(self) -> bool:
        """It is certain that the service did not act on the request."""
        return self.is_limited or self.failure == "not_sent"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait before each further attempt, in seconds; no more attempts than waits.

    429: the longest window of the service is 10 s, and its staff advise 30, 60, 120 s after that
    (reference/coda-api.md section 3). Waits without a `Retry-After` grow by up to `jitter` of themselves.
    """

    failure_waits_s: tuple[float, ...] = (1, 2, 4, 8, 16)
    limited_waits_s: tuple[float, ...] = (12, 30, 60, 120)
    max_retry_after_s: float = 300
    jitter: float = 0.25


def next_step(
    policy: RetryPolicy,
    history: Sequence[Outcome],
    *,
    repeatable: bool,
    final: frozenset[int] = frozenset(),
    chance: float = 0.0,
) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    `history` holds every outcome of this request so far, the last one included; `final` are statuses for
    which the caller has a better remedy than a repetition; `chance` (0 to 1) spreads the waits.
    """
    last = history[-1]
    if not last.is_transient or last.status in final or not (repeatable or last.is_unapplied):
        return None
    waits_s = policy.limited_waits_s if last.is_limited else policy.failure_waits_s
    attempt = sum(past.is_limited == last.is_limited for past in history)
    if attempt > len(waits_s):
        return None
    own_s = waits_s[attempt - 1] * (1 + policy.jitter * chance)
    if last.retry_after_s is None:
        return own_s
    if last.retry_after_s > policy.max_retry_after_s:
        return None
    # A service that names too short a time again and again is not believed for ever.
    return last.retry_after_s if attempt == 1 else max(last.retry_after_s, own_s)
