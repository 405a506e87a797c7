"""The CODING sandbox as an ASGI application: one address for all actions, an envelope around every answer.

The order is that of a real gate: token, rate limit, arranged failure, then the action, which looks at scope
and existence. Nearly every refusal is a 200 with an error inside (section 1).
"""

import asyncio
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import parse_qsl

import orjson

from coda_pipeline.sandbox.app import HTML_PAGE, HangUp, Receive, Scope, Send, body_of, send_answer
from coda_pipeline.sandbox.coding import acts_endpoints
from coda_pipeline.sandbox.coding.config import CodingToken
from coda_pipeline.sandbox.coding.exchange import Action, Json, Question, Refused, refuse
from coda_pipeline.sandbox.coding.hook_actions import HOOK_ACTIONS
from coda_pipeline.sandbox.coding.oauth import AUTHORIZE_PATH, TOKEN_PATH, OAuth
from coda_pipeline.sandbox.coding.people import People
from coda_pipeline.sandbox.coding.read_actions import READS
from coda_pipeline.sandbox.coding.world import CodingWorld
from coda_pipeline.sandbox.coding.write_actions import WRITES
from coda_pipeline.sandbox.exchange import Answer
from coda_pipeline.sandbox.faults import Fault
from coda_pipeline.sandbox.request_log import LoggedRequest

API_PATH = "/open-api"
ACTS_PATH = "/_sandbox/coding"
ACTIONS: Mapping[str, Action] = {**READS, **WRITES, **HOOK_ACTIONS}
PATHS = (API_PATH, ACTS_PATH, AUTHORIZE_PATH, TOKEN_PATH)


class CodingApp:
    """An ASGI application around one team. `hang_up` is needed only for failures that end connections."""

    def __init__(self, world: CodingWorld, hang_up: HangUp | None = None) -> None:
        self.world = world
        self.people = People(world)
        self.oauth = OAuth(world)
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        if scope["type"] != "http":
            return
        content = await body_of(receive)
        path = scope["raw_path"].decode()
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        if path.startswith(ACTS_PATH):
            answer = acts_endpoints.answer(self.world, self.people, scope["method"], path, content)
        elif path == AUTHORIZE_PATH:
            answer = self._authorized(params)
        elif path == TOKEN_PATH:
            answer = self._granted({**params, **dict(parse_qsl(content.decode("latin-1")))})
        elif path.rstrip("/") == API_PATH and scope["method"] == "POST":
            await self._api(scope, params, content, receive, send)
            return
        else:
            answer = Answer(404, HTML_PAGE, content_type="text/html")
        await send_answer(send, answer)

    async def _api(
        self, scope: Scope, params: dict[str, str], content: bytes, receive: Receive, send: Send
    ) -> None:
        body = _json(content)
        in_query = next((value for key, value in params.items() if key.lower() == "action"), "")
        action = str(body.get("Action") or in_query)
        token = self._token_of(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
        answer = self._at_the_gate(action, token)
        faults = self.world.faults.due("POST", action, params) if answer is None else []
        by_kind = {fault.kind: fault for fault in faults}
        for fault in faults:
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "act" and fault.act is not None:
                fault.act()
        is_lost = bool({"drop_before", "drop_after"} & by_kind.keys())
        if answer is None and token is not None and "drop_before" not in by_kind:
            answer = self._arranged(by_kind) or self._answer(Question(self.world, token, action, body))
        status = 0 if is_lost or answer is None else answer.status
        login = "project" if token and token.project else "user" if token else ""
        self.world.requests.add(LoggedRequest("POST", action, params, status, login, self.world.clock.now()))
        if is_lost or answer is None:
            await self._drop(scope, receive, at_once=True)
        elif "truncate" in by_kind:
            await send_answer(send, answer, cut=True)
            await self._drop(scope, receive, at_once=False)
        else:
            await send_answer(send, answer)

    def _token_of(self, header: str) -> CodingToken | None:
        scheme, _, text = header.partition(" ")
        try:
            secret = b64decode(text).decode() if scheme.lower() == "basic" else text.strip()
        except ValueError:
            return None
        with self.world.lock:
            self.oauth.end_expired()
            token = self.world.tokens.get(secret)
        return token if token is not None and scheme.lower() in token.schemes else None

    def _at_the_gate(self, action: str, token: CodingToken | None) -> Answer | None:
        """The refusal of a request that does not come past the gate."""
        switches = self.world.config.switches
        if token is None:
            return self._refused(_expired(switches.expired_as))
        if self.world.limits.admits(action):
            return None
        status = 429 if switches.limit_answer == "429" else 200
        return self._refused(Refused("RequestLimitExceeded", "request limit exceeded", status=status))

    def _answer(self, question: Question) -> Answer:
        try:
            with self.world.lock:
                action = ACTIONS.get(question.action)
                if action is None:
                    refuse("InvalidParameterValue", "Action")
                payload = action(question)
                return self._enveloped(payload)
        except Refused as refused:
            return self._refused(refused)

    def _arranged(self, faults: Mapping[str, Fault]) -> Answer | None:
        if "status" in faults:
            fault = faults["status"]
            headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
            return Answer(fault.status, b"", headers)
        if "error" in faults:
            return self._refused(Refused(faults["error"].code, faults["error"].message))
        if "html" in faults:
            return Answer(200, HTML_PAGE, content_type="text/html")
        if "broken_json" in faults:
            return Answer(200, b'{"Response": {"Data": {"List": [{')
        return None

    def _enveloped(self, payload: Json, status: int = 200) -> Answer:
        content = {"Response": {**payload, "RequestId": self.world.request_id()}}
        return Answer(status, orjson.dumps(content))

    def _refused(self, refused: Refused) -> Answer:
        error: Json = {"Error": {"Code": refused.code, "Message": refused.message}}
        return self._enveloped(error, refused.status)

    def _authorized(self, params: Mapping[str, str]) -> Answer:
        with self.world.lock:
            target = self.oauth.redirect(params)
        return Answer(400, HTML_PAGE, content_type="text/html") if target is None else _moved(target)

    def _granted(self, params: Mapping[str, str]) -> Answer:
        with self.world.lock:
            grant = self.oauth.grant(params)
            status = 400 if grant is None else 200
            # Of the parameters nothing is kept: they are secrets.
            self.world.requests.add(LoggedRequest("POST", TOKEN_PATH, {}, status, "", self.world.clock.now()))
        return Answer(status, orjson.dumps(grant or {"error": "invalid_grant"}))

    async def _drop(self, scope: Scope, receive: Receive, *, at_once: bool) -> None:
        if self._hang_up is not None:
            self._hang_up(scope["client"], at_once)
            while (await receive())["type"] != "http.disconnect":
                pass


def _expired(form: str) -> Refused:
    """The four ways of saying that a token is dead (section 1)."""
    return {
        "auth_failure": Refused("AuthFailure", "token expired"),
        "not_found": Refused("ResourceNotFound"),
        "user_not_found": Refused("InvalidParameterValue", "User not found, authorization invalid"),
        "empty_message": Refused("InvalidParameterValue"),
    }[form]


def _moved(target: str) -> Answer:
    return Answer(302, b"", {"Location": target})


def _json(content: bytes) -> Mapping[str, object]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
