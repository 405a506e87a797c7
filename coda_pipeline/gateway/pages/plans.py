"""`/plans`: what would change in Coda, what of it waits, and a person's word on it.

An approval is only stored here; a sensor notices it and starts the write-back.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.pages import planned_rows
from coda_pipeline.gateway.pages.forms import Form, own_form
from coda_pipeline.gateway.pages.paging import paging
from coda_pipeline.gateway.pages.shell import PageRoute, after_form, render
from coda_pipeline.gateway.pages.visitor import Visiting
from coda_pipeline.gateway.problems import ProblemError
from coda_pipeline.warehouse.installation import installation_differences
from coda_pipeline.warehouse.write_back import decisions, mappings, rejected
from coda_pipeline.warehouse.write_back.plan_heads import list_plans, plan_head

SHOWN = 50
OPEN_PLANS = 100
router = APIRouter(route_class=PageRoute, include_in_schema=False)
Sent = Annotated[Form, Depends(own_form)]


@router.get("/plans")
def plan_list(request: Request, here: Here, visitor: Visiting) -> HTMLResponse:
    """The open plans, and the rows that Coda did not take."""
    with here.transaction(snapshot=True) as conn:
        heads = [head for head in list_plans(conn, OPEN_PLANS) if head.state == "open" and head.rows]
        standing = rejected.list_rejected(conn)
        place = paging(request.query_params.get("page"), size=SHOWN, total=len(standing))
        shown = standing[place.offset : place.offset + SHOWN]
        about = planned_rows.about_of(conn, [row.participation_id for row in shown])
        links = planned_rows.rejected_link(conn, shown)
        why_off, titles = reasons_off(here, conn), planned_rows.titles(conn)
    return render(
        request, "plans.html", visitor, heads=heads, rejected=shown, about=about, links=links, paging=place,
        why_off=why_off, titles=titles,
    )  # fmt: skip


@router.get("/plans/{number}")
def plan_page(request: Request, here: Here, visitor: Visiting, number: str) -> Response:
    """One open plan, row by row; where a newer one replaced it, the list of plans."""
    plan_id = _number(number)
    with here.transaction(snapshot=True) as conn:
        found = planned_rows.head_of(conn, plan_id)
        if found is None:
            return after_form("/plans", "plan_replaced")
        head = plan_head(conn, plan_id)
        place = paging(request.query_params.get("page"), size=SHOWN, total=head.rows)
        rows = planned_rows.some_rows(conn, found.plan, limit=SHOWN, offset=place.offset)
        why_off, titles = reasons_off(here, conn), planned_rows.titles(conn)
    return render(
        request, "plan.html", visitor, head=head, is_mapping_new=found.is_mapping_new, rows=rows,
        paging=place, why_off=why_off, titles=titles,
    )  # fmt: skip


@router.post("/plans/{number}")
def decide(here: Here, visitor: Visiting, form: Sent, number: str) -> RedirectResponse:
    """Approve or discard one row or all, or approve a new mapping."""
    plan_id, word, digest = _number(number), form.one("word"), form.one("digest")
    path, page = f"/plans/{plan_id}", form.one("page") or None
    is_all = form.one("sure") == "yes"
    if word not in {"approve", "discard", "mapping"} or (word != "mapping" and not digest and not is_all):
        return after_form(path, "nothing_picked", page=page)
    now = datetime.now(UTC)
    try:
        with here.transaction() as conn:
            if word == "mapping" or (word == "approve" and is_all):
                _approve_mapping(conn, plan_id, by=visitor.who, now=now)
            if word == "mapping":
                return after_form(path, "mapping_approved", page=page)
            number_said = decisions.decide(
                conn,
                plan_id,
                None if is_all else [digest],
                is_approved=word == "approve",
                by=visitor.who,
                now=now,
            )
    except ConfigurationError:
        return after_form("/plans", "plan_replaced")
    return after_form(path, "approved" if word == "approve" else "discarded", n=number_said, page=page)


@router.post("/rejected")
def try_again(here: Here, visitor: Visiting, form: Sent) -> RedirectResponse:
    """Let a row that Coda did not take be planned and sent again."""
    with here.transaction() as conn:
        wanted = [_number(form.one("rejected"))]
        number = rejected.retry(conn, wanted, by=visitor.who, now=datetime.now(UTC))
    return after_form("/plans", "tried_again", n=number)


def reasons_off(here: Gateway, conn: Connection) -> list[str]:
    """Why nothing is sent at present, as keys of `words`; the same as in `sync.permission`."""
    section = here.catalog.participation
    found = {
        "off_write": not here.allow_write,
        "off_config": section is None or not section.write_back.enabled,
        "off_copy": bool(installation_differences(conn)),
    }
    return [key for key, is_so in found.items() if is_so]


def _approve_mapping(conn: Connection, plan_id: int, *, by: str, now: datetime) -> None:
    found = planned_rows.head_of(conn, plan_id)
    if found is None:
        message = f"No open plan {plan_id}: a newer one may have replaced it."
        raise ConfigurationError(message)
    mappings.approve_mapping(conn, found.plan.source_table, found.plan.mapping, by=by, now=now)


def _number(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) <= 18):  # noqa: PLR2004 (a bigint)
        raise ProblemError(404, "not_found")
    return int(given)
