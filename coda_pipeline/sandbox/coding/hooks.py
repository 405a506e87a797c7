"""Service Hooks (section 5): who wants which events, what was sent, and what goes wrong on the way.

Faults of the way: `drop` (never sent), `repeat` (sent twice under one delivery id), `reorder` (sent after
the next one), `late` (sent after `seconds`), `stale` (its issue's times as of an hour before).
Deliveries leave in a thread of their own once `start` was called, else when `flush` is.
"""

import hashlib
import hmac
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import orjson
import requests

from coda_pipeline.sandbox.coding.config import CodingSwitches
from coda_pipeline.sandbox.coding.hook_bodies import EVENTS, Json

TIMEOUT_S = 5.0
HOUR_MS = 3_600_000
WayFault = Literal["drop", "repeat", "reorder", "late", "stale"]


@dataclass
class Hook:
    """A hook as it was set up."""

    id: str
    project_id: int
    url: str = field(repr=False)
    secret: str = field(repr=False)
    events: tuple[str, ...]
    created_at: datetime
    name: str = "web"
    enabled: bool = True


@dataclass
class Delivery:
    """One sending of one event. `status` is the receiver's; None until it was tried, 0 without an answer."""

    id: str
    hook: Hook
    event: str
    body: bytes = field(repr=False)
    created_at: datetime
    due_s: float = 0.0
    status: int | None = None
    tries: int = 0


class Hooks:
    """The hooks of a team."""

    def __init__(self, switches: CodingSwitches, now: Callable[[], datetime]) -> None:
        self._switches = switches
        self._now = now
        self._faults: list[tuple[WayFault, float]] = []
        self._waiting: list[Delivery] = []
        self._held: list[Delivery] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._session = requests.Session()
        self._session.trust_env = False
        self.hooks: dict[str, Hook] = {}
        # Everything that was made, sent or not, oldest first.
        self.log: list[Delivery] = []

    def connect(
        self, project_id: int, url: str, secret: str, events: Sequence[str] = EVENTS, name: str = "web"
    ) -> Hook:
        """Sends events of a project to an address from now on."""
        hook = Hook(str(uuid.uuid4()), project_id, url, secret, tuple(events), self._now(), name)
        self.hooks[hook.id] = hook
        return hook

    def inject(self, fault: WayFault, *, times: int = 1, seconds: float = 1.0) -> None:
        """Lets something go wrong with the next deliveries."""
        self._faults.extend((fault, seconds) for _ in range(times))

    def emit(self, event: str, project_id: int, body: Json) -> None:
        """Tells those who want to know."""
        for hook in self.hooks.values():
            if hook.enabled and hook.project_id == project_id and event in hook.events:
                self._put(self._delivery(hook, event, body))

    def ping(self, hook: Hook, body: Json) -> None:
        """A test delivery."""
        self._put(self._delivery(hook, "PING", body))

    def resend(self, delivery_id: str) -> bool:
        """Sends a logged delivery again; whether it arrived."""
        delivery = next((one for one in self.log if one.id == delivery_id), None)
        return delivery is not None and self._send(delivery)

    def flush(self) -> int:
        """Sends all that waits, in this thread; how many were sent."""
        with self._changed:
            due, self._waiting, self._held = [*self._waiting, *self._held], [], []
        for delivery in due:
            self._send(delivery)
        return len(due)

    def start(self) -> None:
        """Sends by itself from now on."""
        self._thread = threading.Thread(target=self._run, name="sandbox hooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; what waits is not sent."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._session.close()

    def _delivery(self, hook: Hook, event: str, body: Json) -> Delivery:
        shown = {
            "id": hook.id,
            "name": hook.name,
            "type": "Repository",
            "active": hook.enabled,
            "events": list(hook.events),
            "config": {"content_type": "application/json", "url": hook.url},
            "created_at": int(hook.created_at.timestamp() * 1000),
            "updated_at": int(hook.created_at.timestamp() * 1000),
        }
        content = orjson.dumps({**body, "hook": shown, "hook_id": hook.id})
        return Delivery(str(uuid.uuid4()), hook, event, content, self._now())

    def _put(self, delivery: Delivery) -> None:
        with self._changed:
            self.log.append(delivery)
            fault, seconds = self._faults.pop(0) if self._faults else (None, 0.0)
            held, self._held = self._held, []
            if fault == "reorder":
                self._held = [delivery]
                self._waiting += held
                return
            if fault == "stale":
                delivery.body = _an_hour_older(delivery.body)
            if fault == "late":
                delivery.due_s = time.monotonic() + seconds
            if fault != "drop":
                self._waiting += [delivery] * (2 if fault == "repeat" else 1)
            self._waiting += held
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                now_s = time.monotonic()
                due = next((one for one in self._waiting if one.due_s <= now_s), None)
                if self._is_stopping:
                    return
                if due is None:
                    next_s = min((one.due_s for one in self._waiting), default=None)
                    self._changed.wait(None if next_s is None else max(0.0, next_s - now_s))
                    continue
                self._waiting.remove(due)
            self._send(due)

    def _send(self, delivery: Delivery) -> bool:
        for _ in range(1 + self._switches.hook_retries):
            delivery.tries += 1
            delivery.status = self._post(delivery)
            if 200 <= delivery.status < 300:  # noqa: PLR2004
                return True
        return False

    def _post(self, delivery: Delivery) -> int:
        headers = {
            "Content-Type": "application/json",
            "X-Coding-Delivery": delivery.id,
            "X-Coding-Service-Hook-Event": delivery.event,
            "X-Coding-Service-Hook-Id": delivery.hook.id,
            "X-Coding-Service-Hook-Action": "webhook_http_post",
        }
        if delivery.hook.secret:
            algorithm = self._switches.algorithm
            digest = hmac.new(delivery.hook.secret.encode(), delivery.body, getattr(hashlib, algorithm))
            headers[self._switches.signature_header] = f"{algorithm}={digest.hexdigest()}"
        try:
            return self._session.post(
                delivery.hook.url, data=delivery.body, headers=headers, timeout=TIMEOUT_S
            ).status_code
        except requests.RequestException:
            return 0


def _an_hour_older(body: bytes) -> bytes:
    content = orjson.loads(body)
    for key in ("issue", "iteration"):
        if isinstance(content.get(key), dict) and "updated_at" in content[key]:
            content[key]["updated_at"] -= HOUR_MS
    return orjson.dumps(content)
