"""Who calls: a bearer token with the scope that an endpoint asks for, and how often it may call.

The token goes nowhere but into the comparison. Wrong tokens are counted by the caller's address, so that
nobody can try many.
"""

import math
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.tokens import Scope, Token, check_token

bearer = HTTPBearer(auto_error=False, description="A token of `coda-pipeline tokens create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="coda-pipeline"'}


class Allowed:
    """Dependency: the caller's token, which has the scope. Raises problems 401, 403 and 429."""

    def __init__(self, scope: Scope) -> None:
        self.scope: Scope = scope

    def __call__(self, request: Request, here: Here, credentials: Credentials) -> Token:
        """Check one call."""
        if credentials is None:
            raise ProblemError(401, "no_token", headers=CHALLENGE)
        token = authenticated(here, credentials.credentials, address=_address(request))
        if self.scope not in token.scopes:
            raise ProblemError(403, "missing_scope", scope=self.scope)
        refuse_too_many(here, token)
        return token


def authenticated(here: Gateway, presented: str, *, address: str) -> Token:
    """The token that was presented. Raises problems 401, and 429 after many wrong ones from one address."""
    wait_s = here.wrong_tokens.wait_s(address, spend=False)
    if wait_s:
        raise _too_many(wait_s)
    with here.transaction() as conn:
        token = check_token(conn, presented)
    if token is None:
        here.wrong_tokens.wait_s(address)
        raise ProblemError(401, "wrong_token", headers=CHALLENGE)
    return token


def refuse_too_many(here: Gateway, token: Token) -> None:
    """Raise problem 429 where the token's holder calls too often."""
    wait_s = here.calls.wait_s(token.token_id)
    if wait_s:
        raise _too_many(wait_s)


def _too_many(wait_s: float) -> ProblemError:
    seconds = max(1, math.ceil(wait_s))
    return ProblemError(429, "too_many", headers={"Retry-After": str(seconds)}, seconds=seconds)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
