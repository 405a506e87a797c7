"""`/deletions`: rows that vanished in such numbers that a person says whether they are gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.pages import held_rows
from coda_pipeline.gateway.pages.forms import Form, own_form
from coda_pipeline.gateway.pages.paging import paging
from coda_pipeline.gateway.pages.shell import PageRoute, after_form, render
from coda_pipeline.gateway.pages.visitor import Visiting
from coda_pipeline.warehouse import held

SHOWN = 100
ACTS = {"confirm": (held.confirm, "confirmed"), "ignore": (held.ignore, "ignored")}
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/deletions")
def deletions(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """What is held, one table at a time."""
    with here.transaction(snapshot=True) as conn:
        tables = held_rows.tables(conn)
        asked = request.query_params.get("table")
        shown = next((one for one in tables if one.name == asked), None) or next(
            (one for one in tables if one.held), None
        )
        place = paging(request.query_params.get("page"), size=SHOWN, total=shown.held if shown else 0)
        rows = held_rows.rows(conn, shown.name, limit=SHOWN, offset=place.offset) if shown else ()
    return render(request, "deletions.html", visitor, tables=tables, shown=shown, rows=rows, paging=place)


@router.post("/deletions")
def decide(here: Here, visitor: Visiting, form: Annotated[Form, Depends(own_form)]) -> RedirectResponse:
    """Confirm or ignore: the rows that were picked, or all that were shown to be held."""
    table, act = form.one("table"), form.one("act")
    row_ids = _meant(here, table, form)
    if act not in ACTS or not row_ids:
        return after_form("/deletions", "nothing_picked", table=table or None)
    decided, done = ACTS[act]
    number = decided(here.engine, table, row_ids, by=visitor.who)
    return after_form("/deletions", done, n=number, table=table)


def _meant(here: Gateway, table: str, form: Form) -> Sequence[str]:
    if not form.one("until"):
        return form.all("row")
    if form.one("sure") != "yes":
        return ()
    try:
        until = datetime.fromisoformat(form.one("until"))
    except ValueError:
        return ()
    with here.transaction() as conn:
        return held_rows.held_until(conn, table, until) if until.tzinfo else ()
