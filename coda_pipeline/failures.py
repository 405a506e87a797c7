"""Which failure an exception of the libraries below the transport stands for. The kinds are in `retry`."""

import ssl

import requests
import urllib3

from coda_pipeline.retry import Failure

NOT_SENT = (
    requests.ConnectTimeout,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
)
TIMED_OUT = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)


def failure_of(error: Exception) -> Failure:
    """Which failure an exception of the libraries below stands for."""
    chain = _causes(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain):
        return "untrusted"
    if any(isinstance(cause, NOT_SENT) for cause in chain):
        return "not_sent"
    if any(isinstance(cause, TIMED_OUT) for cause in chain):
        return "timed_out"
    if any(isinstance(cause, urllib3.exceptions.DecodeError) for cause in chain):
        return "broken"
    return "dropped"


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and all that it wraps, by any of the ways that requests and urllib3 wrap."""
    found: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        cause = pending.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            pending += [*cause.args, getattr(cause, "reason", None), cause.__cause__]
    return found
