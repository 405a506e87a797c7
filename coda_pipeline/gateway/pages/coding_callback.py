"""`/connect/coding/callback` at the public door: where CODING sends the browser, if it was told this address.

The person's session is at the internal door, and so are the secrets. So this only sends the browser on to
where the connection was begun; whether the answer is genuine is checked there (see `coding_connecting`).
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.status import HTTP_303_SEE_OTHER

from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.pages.coding_standing import CALLBACK_PATH
from coda_pipeline.gateway.pages.shell import PageRoute
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.coding import connections

PASSED_ON = ("state", "code", "team")
MAX_CHARS = 500
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(CALLBACK_PATH)
def pass_on(request: Request, here: Here) -> RedirectResponse:
    """Send the browser on. Raises problem 404 for a state that nobody waits for."""
    given = {name: request.query_params.get(name, "")[:MAX_CHARS] for name in PASSED_ON}
    with here.transaction() as conn:
        begun = connections.find(conn, given["state"])
    if begun is None:
        raise ProblemError(404, "connection_over")
    return RedirectResponse(f"{begun.return_to}{CALLBACK_PATH}?{urlencode(given)}", HTTP_303_SEE_OTHER)
