"""`/conflicts`: what Coda and the warehouse changed differently, and a person's word on it."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from coda_pipeline.errors import ConfigurationError, RetriableError
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.pages import open_conflicts
from coda_pipeline.gateway.pages.forms import Form, own_form
from coda_pipeline.gateway.pages.paging import paging
from coda_pipeline.gateway.pages.shell import PageRoute, after_form, render
from coda_pipeline.gateway.pages.values import input_text
from coda_pipeline.gateway.pages.visitor import Visiting
from coda_pipeline.sync.conflicts import CODA, OWN_VALUE, WAREHOUSE, settle
from coda_pipeline.sync.model import Conflict
from coda_pipeline.warehouse.core import load

SHOWN = 20
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/conflicts")
def conflicts(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """The open conflicts, the oldest first."""
    with here.transaction(snapshot=True) as conn:
        place = paging(request.query_params.get("page"), size=SHOWN, total=open_conflicts.count(conn))
        found = open_conflicts.some(conn, limit=SHOWN, offset=place.offset)
    return render(request, "conflicts.html", visitor, found=found, paging=place, input_text=input_text)


@router.post("/conflicts")
def resolve(here: Here, visitor: Visiting, form: Annotated[Form, Depends(own_form)]) -> RedirectResponse:
    """Settle one conflict."""
    page = form.one("page") or None
    conflict = _open(here, form.one("conflict"))
    if conflict is None or conflict.conflict_id is None:
        return after_form("/conflicts", "not_open", page=page)
    take = _taken(conflict, form)
    if take is None:
        return after_form("/conflicts", "unfit_value", page=page)
    try:
        settle(here.engine, conflict.conflict_id, take, by=visitor.who)
    except RetriableError:
        return after_form("/conflicts", "edited", page=page)
    except ConfigurationError:
        is_open = _open(here, form.one("conflict")) is not None
        return after_form("/conflicts", "unfit_value" if is_open else "not_open", page=page)
    return after_form("/conflicts", "settled", page=page)


def _open(here: Gateway, number: str) -> Conflict | None:
    if not (number.isascii() and number.isdigit()):
        return None
    with here.transaction() as conn:
        return next((one for one in load.open_conflicts(conn) if one.conflict_id == int(number)), None)


def _taken(conflict: Conflict, form: Form) -> str | None:
    """What `settle` takes; None for a value that cannot be meant."""
    take, value = form.one("take"), form.one("value").strip()
    if take in {CODA, WAREHOUSE}:
        return take
    # A value that reads like a side would be taken for that side.
    if take != OWN_VALUE or not value or value in {CODA, WAREHOUSE}:
        return None
    if conflict.field == "share":
        return _share(value)
    return value


def _share(percent: str) -> str | None:
    try:
        share = Decimal(percent.rstrip("% ").replace(",", ".")) / 100
    except InvalidOperation:
        return None
    return format(share, "f") if share.is_finite() and 0 <= share <= 1 else None
