"""Whom a listed proxy vouches for: the caller's address, and on the pages the user.

The word of nobody else is taken. So the address at the other end of the wire is kept before a listed proxy's
word on the caller replaces it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from fastapi import Request
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PEER = "coda_pipeline.peer"
MAX_USER_CHARS = 320
Network = IPv4Network | IPv6Network


class ListedProxies:
    """ASGI: takes the word of listed proxies on the caller's address and scheme. The outermost of all."""

    def __init__(self, app: Any, trusted: Iterable[Network]) -> None:
        listed = [str(network) for network in trusted]
        self._app = ProxyHeadersMiddleware(app, trusted_hosts=listed) if listed else app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass one call on."""
        client = scope.get("client")
        scope[PEER] = client[0] if client else None
        await self._app(scope, receive, send)


def vouched_user(request: Request, trusted: Iterable[Network], header: str | None) -> str | None:
    """The user that a listed proxy names in this header; None from anybody else."""
    if header is None or not is_listed(request.scope.get(PEER), trusted):
        return None
    given = request.headers.get(header, "").encode("latin-1").decode("utf-8", "replace").strip()
    return given[:MAX_USER_CHARS] or None


def is_listed(address: str | None, trusted: Iterable[Network]) -> bool:
    """Whether an address is one of the listed proxies."""
    try:
        peer = ip_address(address or "")
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in trusted)
