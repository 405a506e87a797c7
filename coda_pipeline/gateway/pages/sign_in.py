"""Signing in by a token with scope `approve`, and out; and the style sheet, which is for everybody.

The token is compared and forgotten: the browser keeps a session instead.
"""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from coda_pipeline.gateway.access import authenticated
from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.pages.forms import Form, own_form, read_form
from coda_pipeline.gateway.pages.shell import STYLE, PageRoute, after_form, render
from coda_pipeline.gateway.pages.tongue import tongue_of
from coda_pipeline.gateway.pages.visitor import COOKIE, keep_session, proxy_user
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.gateway.words import problem_words
from coda_pipeline.warehouse.page_sessions import close_session, open_session

SCOPE = "approve"
# Where a person may be sent after signing in: our own pages and nothing else.
_PAGE = re.compile(
    r"/(?:duplicates|conflicts|deletions|plans(?:/\d{1,18})?|coding(?:/[\w-]{1,63})?)?(?:\?[\w=&%.+-]*)?",
    re.ASCII,
)
KEPT_S = 7 * 24 * 3600

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/sign-in")
def sign_in_page(request: Request, here: Here) -> Response:
    """The form; whom a proxy vouches for needs none."""
    if proxy_user(request, here):
        return RedirectResponse(_wanted(request), 303)
    return render(request, "sign_in.html", None, wrong=None, action=_action(request))


@router.post("/sign-in")
def sign_in(request: Request, here: Here, form: Annotated[Form, Depends(read_form)]) -> Response:
    """Begin a session."""
    address = request.client.host if request.client else "unknown"
    try:
        token = authenticated(here, form.one("token").strip(), address=address)
    except ProblemError as problem:
        return _again(request, problem)
    if SCOPE not in token.scopes:
        return _again(request, ProblemError(403, "missing_scope", scope=SCOPE))
    with here.transaction() as conn:
        secret = open_session(conn, token.name, token.token_id)
    response = RedirectResponse(_wanted(request), 303)
    keep_session(request, response, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, here: Here, _form: Annotated[Form, Depends(own_form)]) -> Response:
    """End the session."""
    with here.transaction() as conn:
        close_session(conn, request.cookies.get(COOKIE, ""))
    response = after_form("/sign-in", "signed_out")
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.get("/pages.css")
def style() -> Response:
    """The style sheet; its address changes with it."""
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": f"public, max-age={KEPT_S}"})


def _again(request: Request, problem: ProblemError) -> HTMLResponse:
    says = problem_words(problem.code, tongue_of(request), **problem.values)
    answer = render(request, "sign_in.html", None, status=problem.status, wrong=says, action=_action(request))
    answer.headers.update(problem.headers)
    return answer


def _wanted(request: Request) -> str:
    wanted = request.query_params.get("next", "/")
    return wanted if _PAGE.fullmatch(wanted) else "/"


def _action(request: Request) -> str:
    wanted = _wanted(request)
    return "/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}"
