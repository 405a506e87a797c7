"""`/duplicates`: equal rows side by side, people whom nobody can tell apart, half-filled rows."""

from typing import Literal, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from coda_pipeline.gateway.gateway import Here
from coda_pipeline.gateway.pages import duplicate_groups
from coda_pipeline.gateway.pages.paging import paging
from coda_pipeline.gateway.pages.shell import PageRoute, render
from coda_pipeline.gateway.pages.visitor import Visiting

GROUPS_SHOWN = 10
ROWS_SHOWN = 50
TABS: tuple[duplicate_groups.Listing, ...] = ("groups", "people", "half")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/duplicates")
def duplicates(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """One of the three lists."""
    asked = request.query_params.get("show")
    tab = cast("duplicate_groups.Listing", asked) if asked in TABS else "groups"
    size = GROUPS_SHOWN if tab == "groups" else ROWS_SHOWN
    with here.transaction(snapshot=True) as conn:
        counts = duplicate_groups.counts(conn)
        place = paging(request.query_params.get("page"), size=size, total=counts[tab])
        found: list[duplicate_groups.Group] | list[duplicate_groups.Listed]
        if tab == "groups":
            found = duplicate_groups.groups(conn, limit=size, offset=place.offset)
        else:
            which = cast("Literal['people', 'half']", tab)
            found = duplicate_groups.listed(conn, which, limit=size, offset=place.offset)
    return render(
        request, "duplicates.html", visitor, tab=tab, tabs=TABS, counts=counts, found=found, paging=place
    )
