"""The Pack behind the doc's button, as Coda runs it: calls the gateway; its sentence goes into the row.

What people install is `coda_pack/pack.ts`; this asks the same endpoints in the same way, so that the doc's
button does in the sandbox what it does in Coda. Coda runs Packs on servers of its own and the doc goes on
meanwhile, hence a thread for each press.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

WAIT_S = 45
# Coda ends a Pack after a minute.
PATIENCE_S = 60
DOWN = (
    "Сервис синхронизации сейчас не отвечает. Правки не потеряны; попробуйте позже или сообщите "
    "администратору."
)
REFUSED = "Сервис синхронизации не узнал ключ: администратору нужно обновить токен пакета."


@dataclass(frozen=True)
class Pack:
    """The Pack as installed in a doc: the gateway that it calls, and the token of its maker."""

    gateway: str
    token: str = field(repr=False)

    def start(self, requested_by: str, row_url: str, then: Callable[[str], None]) -> None:
        """`SyncParticipation(requested_by, row_url)` in a thread of its own; `then` gets what it returns."""

        def run() -> None:
            then(self.sync_participation(requested_by, row_url))

        threading.Thread(target=run, name="pack", daemon=True).start()

    def sync_participation(self, requested_by: str, row_url: str) -> str:
        """Press, wait up to 45 seconds, and return the gateway's sentence, or one about what went wrong."""
        press = {"requested_by": requested_by, "row_url": row_url}
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.headers["Authorization"] = f"Bearer {self.token}"
                accepted = session.post(
                    f"{self.gateway}/v1/sync/participation", json=press, timeout=PATIENCE_S,
                    headers={"Idempotency-Key": uuid.uuid4().hex},
                )  # fmt: skip
                if accepted.status_code in {401, 403}:
                    return REFUSED
                if 400 <= accepted.status_code < 500:  # noqa: PLR2004
                    return str(accepted.json()["detail"])
                accepted.raise_for_status()
                status = f"{self.gateway}/v1/sync/requests/{accepted.json()['request_id']}"
                told = session.get(status, params={"wait": WAIT_S, "lang": "ru"}, timeout=PATIENCE_S)
                told.raise_for_status()
                return str(told.json()["message"])
        except (requests.RequestException, KeyError, ValueError):
            return DOWN
