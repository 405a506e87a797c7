"""What all pages share: templates, headers, the menu, and what becomes of an exception on a page.

Everything is escaped; nothing on a page runs. After a form there is always a redirect, so that going back or
reloading repeats nothing; but for a secret that is shown once.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.status import HTTP_303_SEE_OTHER

from coda_pipeline.gateway.gateway import gateway_of
from coda_pipeline.gateway.pages import reasons, values
from coda_pipeline.gateway.pages.done import DONE
from coda_pipeline.gateway.pages.forms import FORM_KEY
from coda_pipeline.gateway.pages.tongue import keep_tongue, tongue_of
from coda_pipeline.gateway.pages.visitor import SignInNeededError, Visitor, keep_session
from coda_pipeline.gateway.pages.words import say
from coda_pipeline.gateway.problems import defect
from coda_pipeline.gateway.words import LANGS, Lang, problem_words

TEMPLATES = Path(__file__).parent.parent / "templates"
STYLE = (TEMPLATES / "pages.css").read_bytes()
STYLE_URL = f"/pages.css?{hashlib.sha256(STYLE).hexdigest()[:12]}"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
MENU = ("/", "/duplicates", "/conflicts", "/deletions", "/plans")
CODING = "/coding"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"style_url": STYLE_URL, "langs": LANGS, "safe_link": values.safe_link}


class PageRoute(APIRoute):
    """A route that answers with a page, whatever happens."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, and what becomes of its exceptions."""
        answer = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                response = await answer(request)
            except SignInNeededError:
                response = RedirectResponse(_sign_in_url(request), HTTP_303_SEE_OTHER)
            except Exception as error:  # every one becomes a page
                response = await _error_page(request, error)
            keep_tongue(request, response)
            if secret := getattr(request.state, "new_session", None):
                keep_session(request, response, secret)
            return response

        return page


def render(
    request: Request, template: str, visitor: Visitor | None, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page from its template, in the person's language."""
    lang = tongue_of(request)
    here = gateway_of(request)
    content = _templates.get_template(template).render(
        t=_translator(lang),
        r=_reasons(lang),
        lang=lang,
        menu=MENU if here.coding is None else (*MENU, CODING),
        visitor=visitor,
        path=request.url.path,
        value=values.Shown(lang, here.zone),
        ui_url=here.ui_url,
        done=_done(request, lang),
        with_query=_with_query(request),
        own=_own(visitor),
        **context,
    )
    headers = {"Content-Security-Policy": POLICY, "Content-Language": lang, "Vary": "Cookie, Accept-Language"}
    return HTMLResponse(content, status, headers=headers)


def after_form(path: str, done: str | None = None, /, **query: object) -> RedirectResponse:
    """Where the browser goes once a form was taken; `done` is one of `done.DONE`."""
    given = {"done": done, **query} if done else query
    asked = urlencode({name: value for name, value in given.items() if value is not None})
    return RedirectResponse(f"{path}?{asked}" if asked else path, HTTP_303_SEE_OTHER)


def _sign_in_url(request: Request) -> str:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and wanted != "/"
    return f"/sign-in?next={quote(wanted, safe='')}" if is_page else "/sign-in"


async def _error_page(request: Request, error: Exception) -> Response:
    """The words of the problem document that the same exception would be to a program."""
    handlers = request.app.exception_handlers
    handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    answer = await handler(request, error) if handler else defect(request, error)
    told = json.loads(bytes(answer.body))
    members = {name: value for name, value in told.items() if name not in {"type", "title", "status"}}
    code, detail = members.pop("code"), members.pop("detail")
    lang = tongue_of(request)
    says = detail if code == "invalid" else problem_words(code, lang, **members)
    page = render(request, "error.html", None, status=answer.status_code, says=says)
    for name in ("retry-after", "allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page


def _translator(lang: Lang) -> Callable[..., str]:
    return lambda key, **given: say(key, lang, **given)


def _reasons(lang: Lang) -> Callable[[str, str | None], str]:
    return lambda kind, code: reasons.reason(kind, code, lang)


def _own(visitor: Visitor | None) -> Callable[[], Markup]:
    """The field that shows a form to be one of this session's pages."""
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return lambda: field.format(FORM_KEY, visitor.form_key if visitor else "")


def _done(request: Request, lang: Lang) -> Mapping[str, object] | None:
    """What was just done, as the address tells it: only our own words and numbers."""
    code, number = request.query_params.get("done"), request.query_params.get("n", "")
    if code not in DONE:
        return None
    is_number = number.isascii() and number.isdigit() and len(number) <= 9  # noqa: PLR2004 (fits a count)
    return {
        "is_bad": DONE[code].is_bad,
        "says": DONE[code].said(lang, n=int(number) if is_number else 0),
    }


def _with_query(request: Request) -> Callable[..., str]:
    def with_query(**changed: object) -> str:
        """This page's address with other parameters."""
        kept = {
            name: value for name, value in request.query_params.items() if name not in {"done", "n", "lang"}
        }
        asked = {name: value for name, value in {**kept, **changed}.items() if value is not None}
        return f"{request.url.path}?{urlencode(asked)}" if asked else request.url.path

    return with_query
