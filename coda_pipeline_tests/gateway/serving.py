"""A gateway on a port of its own, and callers with tokens, over real HTTP."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import uvicorn
from sqlalchemy import Engine

from coda_pipeline.gateway.app import create_app
from coda_pipeline.gateway.gateway import Gateway
from coda_pipeline.warehouse.tokens import SCOPES, create_token

WITHIN_S = 60


class Caller:
    """Someone who calls a gateway with one token, or with none."""

    def __init__(self, base_url: str, token: str | None, **headers: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, f"{self.base_url}{path}", timeout=WITHIN_S, **options)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(
        self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        return self.call("POST", path, json=body, headers=headers)

    def press(self, body: Any = None, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post("/v1/sync/participation", body, headers=named)

    def close(self) -> None:
        self._session.close()


class Served:
    """A running gateway over one database."""

    def __init__(self, gateway: Gateway, base_url: str) -> None:
        self.gateway, self.base_url = gateway, base_url
        self._callers: list[Caller] = []

    def caller(self, *scopes: str, name: str = "tests", **headers: str) -> Caller:
        """A caller with a new token of these scopes, all where none is named."""
        with self.gateway.engine.begin() as conn:
            token = create_token(conn, name, scopes or SCOPES)
        return self.with_token(token, **headers)

    def with_token(self, token: str | None, **headers: str) -> Caller:
        caller = Caller(self.base_url, token, **headers)
        self._callers.append(caller)
        return caller

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


@contextmanager
def serving(gateway: Gateway, *, public: bool = False) -> Iterator[Served]:
    """A gateway that answers until the block ends."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(gateway, public=public), log_config=None, log_level="critical", server_header=False,
        timeout_graceful_shutdown=1, ws="none", proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + WITHIN_S
    while not server.started:
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
    served = Served(gateway, f"http://127.0.0.1:{listener.getsockname()[1]}")
    try:
        yield served
    finally:
        served.close()
        server.should_exit = True
        thread.join(WITHIN_S)


def gateway_on(engine: Engine, catalog: Any, **more: Any) -> Gateway:
    return Gateway(engine=engine, catalog=catalog, **more)
