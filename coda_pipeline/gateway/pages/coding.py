"""`/coding`: the configured teams; `/coding/{team}`: its connection tried step by step, and its webhook.

Connecting by the button is in `coding_connecting`. A configured secret is shown nowhere; one that was just
made is shown once, in the answer to the form itself, since an address would be remembered.
"""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.asking import SCOPES
from coda_pipeline.coding.events import EVENTS
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.pages.coding_standing import team_connection, team_standing
from coda_pipeline.gateway.pages.forms import Form, own_form
from coda_pipeline.gateway.pages.shell import PageRoute, after_form, render
from coda_pipeline.gateway.pages.visitor import Visiting, Visitor
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline.sync.coding.examining import PROFILE_SCOPES, examine_team
from coda_pipeline.warehouse.coding.examinations import keep_examination
from coda_pipeline.warehouse.sealing import MAKE_ONE

SECRET_BYTES = 32
# A person waits for the answer.
IMPATIENT = RetryPolicy(failure_waits_s=(1,), limited_waits_s=(1, 2))
IMPATIENT_TIMEOUT_S = (5.0, 15.0)
NEEDED_SCOPES = tuple(dict.fromkeys((*PROFILE_SCOPES, *SCOPES.values())))

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def configured_team(team: str, here: Here) -> TeamEntry:
    """The team of the address. Raises problem 404 for one that the configuration does not name."""
    if not here.catalog.coding.has_team(team):
        raise ProblemError(404, "not_found")
    return here.catalog.coding.team(team)


Configured = Annotated[TeamEntry, Depends(configured_team)]


def coding_teams(here: Here) -> CodingTeams:
    """How this gateway gets at CODING. Raises problem 404 where it does not."""
    if here.coding is None:
        raise ProblemError(404, "not_found")
    return here.coding


Teams = Annotated[CodingTeams, Depends(coding_teams)]


@router.get("/coding")
def list_teams(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """Every configured team at a glance."""
    with here.transaction() as conn:
        found = [team_standing(conn, entry) for entry in here.catalog.coding.teams]
    return render(request, "coding.html", visitor, teams=found)


@router.get("/coding/{team}")
def one_team(
    request: Request, here: Here, visitor: Visiting, entry: Configured, teams: Teams
) -> HTMLResponse:
    """One team."""
    return _team_page(request, here, visitor, entry, teams)


@router.post("/coding/{team}")
def act(
    request: Request,
    here: Here,
    visitor: Visiting,
    entry: Configured,
    teams: Teams,
    form: Annotated[Form, Depends(own_form)],
) -> Response:
    """Test the connection, or make a secret for the webhook."""
    match form.one("act"):
        case "test":
            with teams.client(entry, policy=IMPATIENT, timeout_s=IMPATIENT_TIMEOUT_S) as client:
                steps = [step.stored() for step in examine_team(entry, client)]
            with here.transaction() as conn:
                keep_examination(conn, entry.name, steps, by=visitor.who)
            return after_form(f"/coding/{entry.name}", "tested")
        case "secret":
            fresh = secrets.token_urlsafe(SECRET_BYTES)
            return _team_page(request, here, visitor, entry, teams, fresh_secret=fresh)
    return after_form(f"/coding/{entry.name}", "nothing_picked")


def _team_page(
    request: Request,
    here: Gateway,
    visitor: Visitor,
    entry: TeamEntry,
    teams: CodingTeams,
    *,
    fresh_secret: str | None = None,
) -> HTMLResponse:
    with here.transaction() as conn:
        standing = team_standing(conn, entry)
        connection = team_connection(request, here, conn, teams, entry)
    return render(
        request,
        "coding_team.html",
        visitor,
        team=standing,
        entry=entry,
        connection=connection,
        events=EVENTS,
        scopes=NEEDED_SCOPES,
        fresh_secret=fresh_secret,
        make_key=MAKE_ONE,
    )
