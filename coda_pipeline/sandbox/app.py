"""The sandbox as an ASGI application: lets requests in, finds their endpoint, makes the arranged failures.

The order is that of a real gate: token, rate limit, size, arranged failure, then the endpoint, which looks at
scope and existence. Paths are split before they are decoded, so a name with a slash in it works.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from coda_pipeline.sandbox import acts_endpoints, refusals
from coda_pipeline.sandbox import read_endpoints as reads
from coda_pipeline.sandbox import row_endpoints as rows
from coda_pipeline.sandbox import write_endpoints as writes
from coda_pipeline.sandbox.clock import Clock, ScaledClock
from coda_pipeline.sandbox.config import SandboxConfig, TokenSpec
from coda_pipeline.sandbox.exchange import Answer, Call, Endpoint
from coda_pipeline.sandbox.faults import Fault
from coda_pipeline.sandbox.hr import Hr
from coda_pipeline.sandbox.limits import Kind
from coda_pipeline.sandbox.request_log import LoggedRequest
from coda_pipeline.sandbox.world import World

API_PATH = "/apis/v1"
ACTS_PATH = "/_sandbox"
HTML_PAGE = b"<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# Ends the connection of a client address: at once, or after what was written has gone out.
HangUp = Callable[[object, bool], None]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

ANY = "*"
TABLE = ("docs", ANY, "tables", ANY)
ROW = (*TABLE, "rows", ANY)
ROUTES: tuple[tuple[str, tuple[str, ...], Endpoint, Kind], ...] = (
    ("GET", ("whoami",), reads.whoami, "read"),
    ("GET", ("docs",), reads.list_docs, "doc_listing"),
    ("GET", ("docs", ANY), reads.get_doc, "read"),
    ("GET", ("docs", ANY, "tables"), reads.list_tables, "read"),
    ("GET", TABLE, reads.get_table, "read"),
    ("GET", (*TABLE, "columns"), reads.list_columns, "read"),
    ("GET", (*TABLE, "columns", ANY), reads.get_column, "read"),
    ("GET", (*TABLE, "rows"), rows.list_rows, "read"),
    ("GET", ROW, rows.get_row, "read"),
    ("POST", (*TABLE, "rows"), writes.upsert_rows, "row_write"),
    ("PUT", ROW, writes.update_row, "row_write"),
    ("DELETE", ROW, writes.delete_row, "row_write"),
    ("DELETE", (*TABLE, "rows"), writes.delete_rows, "row_write"),
    ("POST", (*ROW, "buttons", ANY), writes.push_button, "row_write"),
    ("GET", ("mutationStatus", ANY), reads.mutation_status, "read"),
    ("GET", ("resolveBrowserLink",), reads.resolve_browser_link, "read"),
    ("POST", ("docs", ANY, "hooks", "automation", ANY), writes.trigger_automation, "write"),
)


class SandboxApp:
    """An ASGI application around one world. `hang_up` is needed only for failures that end connections."""

    def __init__(self, world: World, hang_up: HangUp | None = None) -> None:
        self.world = world
        self.hr = Hr(world, world.main)
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        if scope["type"] != "http":
            return
        body = await body_of(receive)
        path = scope["raw_path"].decode()
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        if path.startswith(ACTS_PATH):
            await send_answer(send, acts_endpoints.answer(self.world, self.hr, scope["method"], path, body))
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        if not path.startswith(API_PATH + "/"):
            await send_answer(send, _refused(refusals.not_found()))
            return
        await self._answer(_Incoming(scope, path[len(API_PATH) :], params, headers, body), receive, send)

    async def _answer(self, incoming: "_Incoming", receive: Receive, send: Send) -> None:
        method, path = incoming.scope["method"], incoming.path
        token, answer = self._let_in(incoming)
        faults = self.world.faults.due(method, path, incoming.params) if answer is None else []
        by_kind = {fault.kind: fault for fault in faults}
        for fault in faults:
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "act" and fault.act is not None:
                fault.act()
        is_lost = bool({"drop_before", "drop_after"} & by_kind.keys())
        if answer is None and "drop_before" not in by_kind:
            answer = _arranged(by_kind) or self._endpoint_answer(incoming, token, faults)
        status = 0 if is_lost or answer is None else answer.status
        login = token.login if token else ""
        self.world.requests.add(
            LoggedRequest(method, path, incoming.params, status, login, self.world.clock.now())
        )
        if is_lost or answer is None:
            await self._drop(incoming, receive, at_once=True)
        elif "truncate" in by_kind:
            await send_answer(send, answer, cut=True)
            await self._drop(incoming, receive, at_once=False)
        else:
            await send_answer(send, answer)

    def _let_in(self, incoming: "_Incoming") -> tuple[TokenSpec | None, Answer | None]:
        """The token, and the refusal of a request that does not come past the gate."""
        route = _route_of(incoming.scope["method"], incoming.path)
        kind: Kind = route[1] if route else "read"
        scheme, _, text = incoming.headers.get("authorization", "").partition(" ")
        token = self.world.tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            return None, _refused(refusals.unauthorized())
        wait_s = self.world.limits.refused_for_s(token.login, kind)
        if wait_s is not None:
            rates = self.world.limits.rates
            says_when = rates is not None and rates.retry_after
            return token, _refused(refusals.too_many_requests(wait_s if says_when else None))
        if len(incoming.body) > self.world.config.max_body_bytes:
            return token, _refused(refusals.bad_request(refusals.TOO_LARGE))
        return token, None

    def _endpoint_answer(self, incoming: "_Incoming", token: TokenSpec | None, faults: list[Fault]) -> Answer:
        route = _route_of(incoming.scope["method"], incoming.path)
        if route is None or token is None:
            return _refused(refusals.not_found())
        endpoint, _, parts = route
        call = Call(
            self.world,
            token,
            incoming.scope["method"],
            incoming.path,
            parts,
            incoming.params,
            incoming.headers,
            incoming.body,
            faults,
        )
        try:
            with self.world.lock:
                self.world.catch_up()
                return endpoint(call)
        except refusals.Refusal as refusal:
            return _refused(refusal)

    async def _drop(self, incoming: "_Incoming", receive: Receive, *, at_once: bool) -> None:
        if self._hang_up is not None:
            self._hang_up(incoming.scope["client"], at_once)
            while (await receive())["type"] != "http.disconnect":
                pass


class _Incoming:
    """A request as it came, before anything was found out about it."""

    def __init__(
        self, scope: Scope, path: str, params: dict[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        self.scope = scope
        self.path = path
        self.params = params
        self.headers = headers
        self.body = body


def create_app(
    config: SandboxConfig = SandboxConfig(),  # noqa: B008 - frozen
    *,
    clock: Clock | None = None,
    api_base: str = "http://127.0.0.1:8000/apis/v1",
    hang_up: HangUp | None = None,
) -> SandboxApp:
    """An ASGI application with a doc of its own. `api_base` is the address that links carry."""
    return SandboxApp(World(config, clock or ScaledClock(), api_base), hang_up)


def _route_of(method: str, path: str) -> tuple[Endpoint, Kind, list[str]] | None:
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    for wanted_method, pattern, endpoint, kind in ROUTES:
        if method == wanted_method and len(segments) == len(pattern):
            pairs = list(zip(pattern, segments, strict=True))
            if all(wanted in (ANY, segment) for wanted, segment in pairs):
                return endpoint, kind, [segment for wanted, segment in pairs if wanted == ANY]
    return None


def _arranged(faults: dict[str, Fault]) -> Answer | None:
    if "status" in faults:
        fault = faults["status"]
        headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
        return _refused(refusals.Refusal(fault.status, headers=headers))
    if "html" in faults:
        return Answer(200, HTML_PAGE, content_type="text/html")
    if "broken_json" in faults:
        return Answer(200, b'{"items": [{"id": ')
    return None


def _refused(refusal: refusals.Refusal) -> Answer:
    return Answer(refusal.status, refusal.body(), refusal.headers)


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def send_answer(send: Send, answer: Answer, *, cut: bool = False) -> None:
    """Sends an answer, or half of it."""
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body[: len(answer.body) // 2] if cut else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": cut})
