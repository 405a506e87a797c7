"""What every call passes before anything looks at it: limits on size and time, and headers on every answer.

Plain ASGI, so that it also holds for what the framework itself answers. How often a caller may call is
`access`'s to say, who knows the caller.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request

from coda_pipeline.gateway.problems import defect, problem
from coda_pipeline.gateway.words import Lang, language

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 1_000_000
BODY_WITHIN_S = 10.0
# Longer than the longest wait that may be asked for.
ANSWER_WITHIN_S = 75.0

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Door:
    """Reads the whole body, within limits, before the application sees the call."""

    def __init__(
        self,
        app: App,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        body_within_s: float = BODY_WITHIN_S,
        is_https: bool = False,
    ) -> None:
        self._app, self._max_bytes, self._within_s = app, max_body_bytes, body_within_s
        self._headers = {**HEADERS, **(dict([HTTPS_ONLY]) if is_https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._with_headers(send)
        refusal, body = await self._body(scope, receive)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._app(scope, _replayed(body, receive), send)
        except TimeoutError:
            await problem(504, "took_too_long", _language(scope))(scope, receive, send)
        except Exception as error:
            await defect(Request(scope), error)(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> tuple[App | None, bytes]:
        declared = _header(scope, b"content-length")
        too_large = problem(
            413, "too_large", _language(scope), headers={"Connection": "close"}, limit=self._max_bytes
        )
        if declared.isdigit() and int(declared) > self._max_bytes:
            return too_large, b""
        chunks, size = [], 0
        try:
            async with asyncio.timeout(self._within_s):
                while True:
                    message = await receive()
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > self._max_bytes:
                        return too_large, b""
                    if not message.get("more_body"):
                        return None, b"".join(chunks)
        except TimeoutError:
            return problem(408, "too_slow", _language(scope), headers={"Connection": "close"}), b""

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                more = [pair for pair in self._headers.items() if pair[0] not in have]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        return send_with_headers


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _language(scope: Scope) -> Lang:
    asked = dict(
        pair.split("=", 1) for pair in scope["query_string"].decode("latin-1").split("&") if "=" in pair
    )
    return language(asked.get("lang"), _header(scope, b"accept-language"))
