"""In which language a person reads the pages: `?lang=`, the cookie with their choice, the browser."""

from fastapi import Request, Response

from coda_pipeline.gateway.words import LANGS, Lang, language

COOKIE = "coda_pipeline_lang"
KEPT_S = 365 * 24 * 3600


def tongue_of(request: Request) -> Lang:
    """The language of this answer."""
    asked = request.query_params.get("lang")
    kept = request.cookies.get(COOKIE)
    return language(asked if asked in LANGS else kept, request.headers.get("accept-language"))


def keep_tongue(request: Request, response: Response) -> None:
    """Keep a choice that was just made."""
    asked = request.query_params.get("lang")
    if asked in LANGS and asked != request.cookies.get(COOKIE):
        is_https = request.url.scheme == "https"
        response.set_cookie(COOKIE, asked, max_age=KEPT_S, httponly=True, samesite="lax", secure=is_https)
