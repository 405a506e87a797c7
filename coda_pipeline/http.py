"""The one transport: every HTTP request to a service goes through `Transport`.

Here: authentication, time-outs, reading the whole answer, the retry loop, the count of requests. The
decision to repeat is in `retry`, the reading of an answer in `answers`, of an exception in `failures`, the
words for a failure in `refusals`, the rate budget in `budget`. Nothing here knows what an answer means.

The one thing to know: no exception of the libraries below leaves this module, not even as a cause or
context. They hold the request, and with it the token; so an attempt ends in an `Outcome`, and errors are
raised from that.
"""

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import orjson
import requests
import urllib3
from pydantic import SecretStr
from requests.auth import AuthBase

from coda_pipeline.answers import Dialect
from coda_pipeline.budget import Budget, Kind
from coda_pipeline.errors import ConfigurationError, TokenError
from coda_pipeline.failures import failure_of
from coda_pipeline.refusals import Call, Refusal, TokenOwner
from coda_pipeline.retry import Outcome, RetryPolicy, next_step

logger = logging.getLogger(__name__)

READ_BYTES = 1 << 18
FORM = "application/x-www-form-urlencoded"
# What a token may consist of: anything else would be quoted by the libraries below when they refuse it.
TOKEN = re.compile(r"[\x21-\x7e]+")


class _Authorization(AuthBase):
    """Sets the header late, so that neither a .netrc file nor a redirect changes whose token goes where."""

    def __init__(self, value: str) -> None:
        self._value = SecretStr(value)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if value := self._value.get_secret_value():
            request.headers["Authorization"] = value
        return request


class Transport:
    """Sends requests to one service and answers with the JSON object that came back.

    `token` is called for each attempt, so a rotated secret needs no restart. `timeout_s` is for connecting
    and for each silence in between, `answer_within_s` for the whole answer. Raises the errors of the
    dialect's `error_for`. Threads may share it for what is repeatable.
    """

    def __init__(  # noqa: PLR0913 -- all by name
        self,
        *,
        base_url: str,
        token: Callable[[], SecretStr],
        budget: Budget,
        timeout_s: tuple[float, float] = (10, 60),
        answer_within_s: float = 180,
        policy: RetryPolicy | None = None,
        dialect: Dialect | None = None,
        token_setting: str = "CODA_API_TOKEN",  # noqa: S107 -- the name of the setting
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._base_url = _checked_url(base_url)
        self._token = token
        self.budget = budget
        self.owner = TokenOwner(token_setting)
        self.requests_sent = 0
        self._timeout_s = timeout_s
        self._answer_within_s = answer_within_s
        self._policy = policy or RetryPolicy()
        self._dialect = dialect or Dialect()
        self._counting = threading.Lock()
        self._sleep = sleep
        self._chance = chance
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "coda-pipeline", "Accept": "application/json"})

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        kind: Kind = "read",
        subject: str = "such thing",
        page_of_rows: bool = False,
    ) -> Mapping[str, object]:
        """Read. `page_of_rows`: a 504 is raised at once, as `PageTimeoutError`."""
        return self._perform(
            Call("GET", path, subject, kind=kind, page_of_rows=page_of_rows, params=dict(params or {}))
        )

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        kind: Kind,
        repeatable: bool,
        params: Mapping[str, str | int] | None = None,
        subject: str = "such thing",
        name: str = "",
    ) -> Mapping[str, object]:
        """Write. What is not `repeatable` is sent again only if it was certainly not applied."""
        content = None if body is None else orjson.dumps(body)
        params = dict(params or {})
        return self._perform(
            Call(
                method,
                path,
                subject,
                kind=kind,
                repeatable=repeatable,
                params=params,
                body=content,
                name=name,
            )
        )

    def send_form(
        self, path: str, fields: Mapping[str, str], *, kind: Kind, name: str
    ) -> Mapping[str, object]:
        """Post a form that must not be applied twice."""
        content = urlencode(fields).encode()
        return self._perform(
            Call("POST", path, name, kind=kind, repeatable=False, body=content, content_type=FORM, name=name)
        )

    def named(self, login: str) -> None:
        """From now on errors name this login as the owner of the token."""
        self.owner = replace(self.owner, login=login)

    def close(self) -> None:
        """Close connections, those of the budget included."""
        self._session.close()
        self.budget.close()

    def _perform(self, call: Call) -> Mapping[str, object]:
        history: list[Outcome] = []
        final = frozenset({HTTPStatus.GATEWAY_TIMEOUT.value}) if call.page_of_rows else frozenset[int]()
        while True:
            token = self._checked_token()
            self.budget.acquire(call.kind)
            outcome = self._attempt(call, token)
            if outcome.body is not None:
                return outcome.body
            history.append(outcome)
            wait_s = next_step(
                self._policy, history, repeatable=call.repeatable, final=final, chance=self._chance()
            )
            if wait_s is None:
                refusal = Refusal(call, outcome, self._dialect.service, self.owner, len(history))
                raise self._dialect.error_for(refusal)
            reason = outcome.failure or outcome.code or outcome.status
            logger.warning(
                "%s: %s on %s; trying again in %.1f s", self._dialect.service, reason, call, wait_s
            )
            self._sleep(wait_s)

    def _attempt(self, call: Call, token: SecretStr) -> Outcome:
        """Send once. Never raises: what the libraries raise holds the token."""
        if not call.repeatable:
            # A kept connection may have died meanwhile: then nobody knows whether the request was applied.
            self._session.close()
        with self._counting:
            self.requests_sent += 1
        deadline_s = time.monotonic() + self._answer_within_s
        try:
            with self._session.request(
                call.method,
                self._base_url + call.path,
                params=call.params,
                data=call.body,
                headers={"Content-Type": call.content_type} if call.body is not None else None,
                auth=_Authorization(self._dialect.authorization(token)),
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = b"".join(_chunks(response, deadline_s))
                return self._dialect.outcome_of(response.status_code, response.headers, content, token)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            return Outcome(failure=failure_of(error))

    def _checked_token(self) -> SecretStr:
        token = self._token()
        if TOKEN.fullmatch(token.get_secret_value()) is None:
            message = (
                f"{self.owner.setting} is no token: it is empty or holds a space, a line break or a letter "
                "outside ASCII. Copy the token again."
            )
            raise TokenError(message)
        return token


class _TooSlowError(urllib3.exceptions.TimeoutError):
    """The answer keeps coming, but never ends."""


def _checked_url(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        # The URL is not quoted: it may hold a password.
        message = (
            "The base URL of a service is expected as https://host/path, without user, password or query."
        )
        raise ConfigurationError(message)
    return base_url.rstrip("/")


def _chunks(response: requests.Response, deadline_s: float) -> Iterator[bytes]:
    """The body as it arrives; a body shorter than announced raises."""
    while chunk := response.raw.read1(READ_BYTES, decode_content=True):
        yield chunk
        if time.monotonic() > deadline_s:
            raise _TooSlowError
