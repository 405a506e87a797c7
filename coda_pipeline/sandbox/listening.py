"""The socket and the uvicorn server around the application: quick to start, quick to stop, and silent.

What is special here is that a single connection can be ended in the middle of an answer, and that stopping
does not wait for clients that keep their connection open.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sandbox.app import AsgiApp, HangUp, SandboxApp
from coda_pipeline.sandbox.world import World

App = TypeVar("App", bound=AsgiApp)
HOST = "127.0.0.1"
BACKLOG = 128
LOOK_EVERY_S = 0.1
LET_GO_S = 1.0
START_TIMEOUT_S = 10.0


def listen(port: int) -> socket.socket:
    """A listening socket on this machine only; port 0 takes a free one.

    Raises `ConfigurationError` where the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        message = f"The sandbox cannot listen on {HOST}:{port} ({error.strerror}); choose another --port."
        raise ConfigurationError(message) from error
    return listener


class QuickServer(uvicorn.Server):
    """A uvicorn server that stops at once when told by `stop`, from any thread."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Ends the server."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is over already
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Waits for `stop`, or for a signal, which sets `should_exit`."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), LOOK_EVERY_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes the listener and every connection, answered or not."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in list(self.server_state.tasks):
            task.cancel()
        give_up_at = time.monotonic() + LET_GO_S
        while time.monotonic() < give_up_at and (self.server_state.connections or self.server_state.tasks):
            await asyncio.sleep(0.001)


def quick_server(make_app: Callable[[HangUp], App]) -> tuple[App, QuickServer]:
    """An application that may hang up on a client, and the server for it."""
    transports: dict[object, asyncio.Transport] = {}

    class Protocol(HttpToolsProtocol):
        """Remembers its transport by the client's address, for `hang_up`."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            super().connection_made(transport)
            transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            transports.pop(self.client, None)

    def hang_up(client: object, at_once: bool) -> None:
        transport = transports.get(client)
        if transport is not None:
            (transport.abort if at_once else transport.close)()

    app = make_app(hang_up)
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
    )
    return app, QuickServer(config)


def server_of(world: World) -> tuple[SandboxApp, QuickServer]:
    """The application and the server for a world."""
    return quick_server(lambda hang_up: SandboxApp(world, hang_up))


class Serving:
    """A server at work in a thread of its own; `stop` ends both."""

    def __init__(self, server: QuickServer, listener: socket.socket, name: str) -> None:
        self._server = server
        self._thread = threading.Thread(target=run, args=(server, listener), name=name, daemon=True)
        self._thread.start()
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not server.started and self._thread.is_alive() and time.monotonic() < give_up_at:
            time.sleep(0.002)

    def stop(self) -> None:
        """Closes every connection and ends the thread."""
        self._server.stop()
        self._thread.join(START_TIMEOUT_S)


def run(server: QuickServer, listener: socket.socket) -> None:
    """Serves until the server is stopped, and closes the listener."""
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()
