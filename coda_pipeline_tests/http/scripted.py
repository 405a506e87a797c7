"""A real HTTP server that answers what a test wrote down, one answer for each request, faults included."""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pydantic import SecretStr

from coda_pipeline.budget import NoBudget
from coda_pipeline.http import Transport

TOKEN = "5e6f7a8b-token-of-the-test"
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(
    body: object = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    text: bytes | None = None,
) -> Answer:
    """A whole answer: JSON, or `text` as it is."""
    content = json.dumps({} if body is None else body).encode() if text is None else text

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
        for name, value in sent.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return send


def error(status: int, message: str = "No.", headers: Mapping[str, str] | None = None) -> Answer:
    """The service's one error body."""
    body = {"statusCode": status, "statusMessage": "Error", "message": message}
    return answer(body, status=status, headers=headers)


def drop(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def short(handler: BaseHTTPRequestHandler) -> None:
    """Half of what Content-Length announces."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"items": [')
    handler.close_connection = True


def cut_chunks(handler: BaseHTTPRequestHandler) -> None:
    """A chunked body without its last chunk."""
    handler.send_response_only(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'd\r\n{"items": []}\r\n')
    handler.close_connection = True


def cut_inside_a_chunk(handler: BaseHTTPRequestHandler) -> None:
    """A chunked body that ends within a chunk."""
    handler.send_response_only(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'ff\r\n{"items": [')
    handler.close_connection = True


def silence(handler: BaseHTTPRequestHandler) -> None:
    """No answer until the client has gone."""
    handler.connection.settimeout(10)
    handler.connection.recv(1)
    handler.close_connection = True


def dribble(handler: BaseHTTPRequestHandler) -> None:
    """An answer that goes on and on, a byte at a time."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(1000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.01)
    except OSError:
        return


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    at_s: float


@dataclass
class Script:
    """The server: answers in order, then `then` for ever."""

    answers: list[Answer] = field(default_factory=list)
    then: Answer | None = None
    seen: list[Seen] = field(default_factory=list, repr=False)
    waits_s: list[float] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

            def reply(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                seen = Seen(
                    self.command,
                    self.path,
                    dict(self.headers),
                    body,
                    self.client_address[1],
                    time.monotonic(),
                )
                with script.lock:
                    script.seen.append(seen)
                    chosen = script.answers.pop(0) if script.answers else script.then
                (chosen or error(500, "the script of this test is at its end"))(self)

            do_GET = do_POST = do_PUT = do_DELETE = reply  # noqa: N815

        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/apis/v1"

    @property
    def paths(self) -> list[str]:
        return [seen.path.removeprefix("/apis/v1") for seen in self.seen]

    def transport(self, **options: Any) -> Transport:
        """A transport to this server that notes its waits instead of waiting."""
        chosen: dict[str, Any] = {
            "base_url": self.base_url,
            "token": lambda: SecretStr(TOKEN),
            "budget": NoBudget(),
            "timeout_s": (2, 5),
            "sleep": self.waits_s.append,
            "chance": lambda: 0.0,
        }
        return Transport(**{**chosen, **options})
