"""A receiver of hooks on a port of its own, which notes what arrives."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Receiver:
    """Answers every hook with the next of `statuses`, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self._arrived = threading.Condition()
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._arrived:
                    receiver.bodies.append(body)
                    receiver.headers.append(dict(self.headers))
                    status = receiver._statuses.pop(0) if receiver._statuses else 200
                    receiver._arrived.notify_all()
                self.send_response_only(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def wait_until(self, is_enough: Callable[[], bool]) -> None:
        with self._arrived:
            assert self._arrived.wait_for(is_enough, timeout=10)
