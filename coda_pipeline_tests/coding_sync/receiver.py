"""The route of the hooks on a port of its own, in an application that has nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

WITHIN_S = 30


@contextmanager
def serving(router: APIRouter) -> Iterator[str]:
    """The address of a server with this router, until the block ends."""
    app = FastAPI()
    app.include_router(router)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, log_level="critical", server_header=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + WITHIN_S
    while not server.started and thread.is_alive() and time.monotonic() < give_up_at:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WITHIN_S)
        listener.close()
