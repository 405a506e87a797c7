"""Who is at a page: signed in by a token with scope `approve`, or vouched for by a listed proxy.

The browser keeps a session in a cookie that scripts cannot read. A session of a proxy's user counts only
through that proxy, and only for that user.
"""

import hmac
import math
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response

from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.pages.proxies import vouched_user
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.page_sessions import VALID_FOR, Session, find_session, form_key, open_session

COOKIE = "coda_pipeline_session"
MAX_SECRET_CHARS = 200


class SignInNeededError(Exception):
    """Nobody is signed in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks and acts; `form_key` is what their forms bring along."""

    who: str
    token_id: str | None
    form_key: str = field(repr=False)
    is_vouched_for: bool = False


def visitor_of(request: Request, here: Here) -> Visitor:
    """Who is signed in. Raises `SignInNeededError`, and problem 429 for too many calls."""
    user = proxy_user(request, here)
    secret = request.cookies.get(COOKIE, "")[:MAX_SECRET_CHARS]
    with here.transaction() as conn:
        found = find_session(conn, secret) if secret else None
    if found is not None and not _counts(found, user):
        found = None
    if found is None and user is None:
        raise SignInNeededError
    who, token_id = (found.who, found.token_id) if found else (user or "", None)
    _refuse_too_many(here, token_id or who)
    if found is None:
        with here.transaction() as conn:
            secret = open_session(conn, who, None)
        request.state.new_session = secret
    return Visitor(who, token_id, form_key(secret), is_vouched_for=user is not None)


def _counts(session: Session, user: str | None) -> bool:
    """Whether a session is that of the proxy's user, or, without one, of a token."""
    if user is not None:
        return (session.who, session.token_id) == (user, None)
    return session.token_id is not None


def _refuse_too_many(here: Gateway, caller: str) -> None:
    wait_s = here.calls.wait_s(f"page {caller}")
    if wait_s:
        seconds = max(1, math.ceil(wait_s))
        raise ProblemError(429, "too_many", headers={"Retry-After": str(seconds)}, seconds=seconds)


Visiting = Annotated[Visitor, Depends(visitor_of)]


def proxy_user(request: Request, here: Gateway) -> str | None:
    """The user that a listed proxy vouches for, where the configuration names its header."""
    section = here.catalog.gateway
    return vouched_user(request, section.trusted_proxies, section.user_header)


def is_own_form(visitor: Visitor, presented: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(visitor.form_key.encode(), presented.encode("utf-8", "surrogatepass"))


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Give the browser its session; only over HTTPS where the page came by it."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(VALID_FOR.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
