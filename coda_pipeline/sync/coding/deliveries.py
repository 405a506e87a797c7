"""Taking in a delivery of CODING's webhook: what it speaks of, stored before it is answered.

Whether it is genuine is checked before (`coding.signature`); what becomes of it is in `drain`. What cannot
be understood is kept too, set aside with its reason, so nothing that CODING sent is lost.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from coda_pipeline.coding.events import Event, event_of
from coda_pipeline.errors import ConfigurationError, ProtocolError
from coda_pipeline.warehouse.coding import inbox
from coda_pipeline.warehouse.coding.inbox import StoredOutcome
from coda_pipeline.warehouse.coding.places import Table


def store_delivery(
    engine: Engine, team: str, headers: Mapping[str, str], raw_body: bytes, *, now: datetime | None = None
) -> StoredOutcome:
    """Keep a delivery as it came, once per delivery id. Works as long as the database does."""
    return inbox.store(engine, team, headers, raw_body, summary_of(team, raw_body), now=now)


def replay(engine: Engine, team: str, delivery_id: str) -> tuple[Table, ...]:
    """Let a delivery be looked at again; by which tables.

    Raises `ConfigurationError` where there is no such delivery, and where it still makes no sense.
    """
    with engine.begin() as conn:
        body = inbox.stored_body(conn, team, delivery_id)
        if body is None:
            message = f"No delivery {delivery_id} of team {team}: see `coda-pipeline webhooks list`."
            raise ConfigurationError(message)
        summary = summary_of(team, body)
        if summary.reason is not None:
            message = f"Delivery {delivery_id} cannot be used, as before: {summary.reason}"
            raise ConfigurationError(message)
        inbox.put_back(conn, team, delivery_id, summary.tables)
    return summary.tables


def summary_of(team: str, raw_body: bytes) -> inbox.Summary:
    """What a body speaks of, or why it is set aside. The reason quotes nothing of the body."""
    try:
        event = event_of(raw_body)
    except ProtocolError as error:
        return inbox.Summary(None, None, (), str(error))
    reason = _contradiction(team, event)
    tables = () if reason else tuple(dict.fromkeys(Table(hint.table) for hint in event.hints))
    return inbox.Summary(event.name, event.project, tables, reason)


def _contradiction(team: str, event: Event) -> str | None:
    if event.team is not None and event.team.casefold() != team.casefold():
        return "The body names another team than the address that it was sent to."
    if event.hints and not event.project:
        return "The body does not name its project."
    return None
