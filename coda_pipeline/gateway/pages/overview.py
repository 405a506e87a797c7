"""`/`: when each table was last read and how it went, the button, and what came of the presses."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.heartbeat import Heartbeat
from coda_pipeline.gateway.pages import standing
from coda_pipeline.gateway.pages.forms import Form, own_form
from coda_pipeline.gateway.pages.reasons import GOOD_READS
from coda_pipeline.gateway.pages.shell import PageRoute, after_form, render
from coda_pipeline.gateway.pages.tongue import tongue_of
from coda_pipeline.gateway.pages.visitor import Visiting
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.gateway.trigger_endpoints import ENDED, RequestStatus, is_stuck, status_of
from coda_pipeline.warehouse.trigger_requests import Press, TriggerRequest, latest_requests, take_press

SHOWN_REQUESTS = 8
# So often a page that follows a request is loaded anew.
RELOAD_S = 4

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
def overview(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """How everything stands."""
    with here.transaction() as conn:
        tables, waiting = standing.tables(conn), standing.waiting(conn)
        found = latest_requests(conn, SHOWN_REQUESTS)
    told = [(one, _told(request, here, one)) for one in found]
    is_followed = request.query_params.get("done") == "pressed" or "watch" in request.query_params
    return render(
        request,
        "overview.html",
        visitor,
        tables=tables,
        waiting=waiting,
        requests=told,
        good_reads=GOOD_READS,
        is_configured=here.catalog.participation is not None,
        run_of=_run_link(here.ui_url),
        zone=here.zone.key,
        reload_s=RELOAD_S if is_followed and any(one.state not in ENDED for one in found) else None,
    )


@router.post("/press")
def press(here: Here, visitor: Visiting, _form: Annotated[Form, Depends(own_form)]) -> RedirectResponse:
    """Ask for a sync, as the button in Coda does."""
    if here.catalog.participation is None:
        raise ProblemError(409, "nothing_to_sync")
    with here.transaction() as conn:
        take_press(conn, Press(visitor.who, None, None, visitor.token_id))
    return after_form("/", "pressed")


def _told(request: Request, here: Here, found: TriggerRequest) -> RequestStatus:
    heartbeat: Heartbeat = request.app.state.heartbeat
    return status_of(here, found, tongue_of(request), stuck=is_stuck(found, heartbeat))


def _run_link(ui_url: str | None) -> Callable[[str | None], str | None]:
    def run_of(run_id: str | None) -> str | None:
        """The run in Dagster's UI; reads of the command line have no page there unless they are runs."""
        try:
            return f"{ui_url}/runs/{UUID(run_id or '')}" if ui_url else None
        except ValueError:
            return None

    return run_of
