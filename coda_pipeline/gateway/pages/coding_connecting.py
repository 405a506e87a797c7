"""`/connect/coding/{team}`: a person grants a team at CODING, and the browser comes back with a code.

The `state` that goes along is known to this session alone, works once and for ten minutes. The team that
CODING answers for has to be the one that was asked for, in the address and in the grant itself. Not here:
the public door's half (see `coding_callback`), what a grant is used for (see `sync.coding.granting`).
"""

import logging

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.status import HTTP_303_SEE_OTHER

from coda_pipeline.errors import CodaPipelineError, ConfigurationError, TokenRefusedError
from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.pages.coding import Configured, Teams
from coda_pipeline.gateway.pages.coding_standing import CALLBACK_PATH, inside, outside, what_lacks
from coda_pipeline.gateway.pages.shell import PageRoute, after_form
from coda_pipeline.gateway.pages.visitor import Visiting
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline.warehouse.coding import connections
from coda_pipeline.warehouse.coding.connections import Begun

MAX_CHARS = 500
logger = logging.getLogger(__name__)
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(CALLBACK_PATH)
def come_back(request: Request, here: Here, visitor: Visiting, teams: Teams) -> RedirectResponse:
    """Where CODING sends the browser: check whose answer it is, and keep the grant."""
    given = {name: request.query_params.get(name, "")[:MAX_CHARS] for name in ("state", "code", "team")}
    with here.transaction() as conn:
        begun = connections.take(conn, given["state"], session=visitor.form_key)
    if begun is None or not here.catalog.coding.has_team(begun.team):
        return after_form("/coding", "not_begun")
    return after_form(f"/coding/{begun.team}", _granted(teams, begun, given["code"], given["team"]))


@router.get("/connect/coding/{team}")
def connect(
    request: Request, here: Here, visitor: Visiting, entry: Configured, teams: Teams
) -> RedirectResponse:
    """Send the person to CODING's page, where they allow the team to be read."""
    page = f"/coding/{entry.name}"
    # Another site may send a browser here; then the person presses the button themself.
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return after_form(page)
    if entry.auth != "oauth" or what_lacks(teams) is not None:
        return after_form(page, "not_ready")
    with here.transaction() as conn:
        state = connections.begin(
            conn, entry.name, session=visitor.form_key, who=visitor.who, return_to=inside(request)
        )
    redirect_uri = outside(request, here) + CALLBACK_PATH
    target = teams.app(entry.name).authorize_url(redirect_uri, state)
    return RedirectResponse(target, HTTP_303_SEE_OTHER)


def _granted(teams: CodingTeams, begun: Begun, code: str, answered: str) -> str:
    """Exchange the code and keep the grant; what came of it, one of `done.DONE`."""
    if not code:
        return "not_granted"
    grant = None
    try:
        if _is_same(answered, begun.team):
            grant = teams.app(begun.team).exchange(code)
        if grant is None or not _is_same(grant.team, begun.team):
            return "other_team"
        teams.grant(begun.team).keep(grant, by=begun.who)
    except TokenRefusedError:
        return "not_granted"
    except ConfigurationError:
        return "not_ready"
    except CodaPipelineError as error:
        logger.warning("Connecting the CODING team %s failed: %s", begun.team, error)
        return "coding_away"
    logger.info("The CODING team %s was connected.", begun.team)
    return "connected"


def _is_same(answered: str, asked: str) -> bool:
    """Whether CODING speaks of the team that was asked for; host names know no capitals."""
    return answered.lower() == asked.lower()
