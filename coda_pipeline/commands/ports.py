"""Ports and answers of servers on this machine."""

import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests

from coda_pipeline.errors import ConfigurationError, ServiceError

LOOPBACK = "127.0.0.1"
USUAL_UI_PORT = 3000
USUAL_GATEWAY_PORT = 3080
LOOK_EVERY_S = 0.1

_claims: list[int] = []


def ui_port(wanted: int | None, host: str = LOOPBACK) -> int:
    """The port for the Dagster UI: the wanted one, else the usual one where it is free, else a free one.

    Raises `ConfigurationError` where the wanted one is taken.
    """
    return _port(wanted, USUAL_UI_PORT, "CODA_PIPELINE_UI_PORT", host)


def gateway_port(wanted: int | None, host: str = LOOPBACK) -> int:
    """The port for the gateway, by the same rule."""
    return _port(wanted, USUAL_GATEWAY_PORT, "CODA_PIPELINE_GATEWAY_PORT", host)


def _port(wanted: int | None, usual: int, variable: str, host: str) -> int:
    if wanted is None:
        return usual if is_free(usual, host) and _is_claimed_for_us(usual) else free_port(host)
    if not is_free(wanted, host):
        message = f"Port {wanted} is taken on {host}. Choose another with {variable}, or leave it unset."
        raise ConfigurationError(message)
    return wanted


def _is_claimed_for_us(port: int) -> bool:
    """Keep the port from other commands of this user, which may start at the same moment."""
    path = Path(tempfile.gettempdir()) / f"coda-pipeline-{os.getuid()}-port-{port}"
    claim = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    _claims.append(claim)
    return True


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_for_answer(
    url: str, *, what: str, within_s: float, look: Callable[[], None], token: str | None = None
) -> None:
    """Return once `url` answers 200. `look` is called meanwhile and may raise.

    Raises `ServiceError` after `within_s` seconds.
    """
    with local_session(token) as session:
        give_up_at = time.monotonic() + within_s
        while time.monotonic() < give_up_at:
            look()
            try:
                if session.get(url, timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(LOOK_EVERY_S)
    message = f"The {what} did not answer at {url} within {within_s:.0f} seconds."
    raise ServiceError(message)


def local_session(token: str | None = None) -> requests.Session:
    """A session for servers on this machine, which no proxy of the environment may come between."""
    session = requests.Session()
    session.trust_env = False
    if token is not None:
        session.headers["Authorization"] = f"Bearer {token}"
    return session
