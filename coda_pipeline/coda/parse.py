"""From what Coda's API answers to the values of `models`.

Unknown fields, types and formats are tolerated; a missing or misshapen field that the project relies on is
a `ProtocolError`, never a guess. Messages name the field, not its content. No HTTP here (see `client`).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from coda_pipeline.coda.models import (
    Accepted,
    Column,
    Doc,
    MutationStatus,
    ResolvedLink,
    Row,
    RowPage,
    Table,
    TableRef,
    User,
)
from coda_pipeline.errors import ProtocolError

Json = Mapping[str, object]
TABLE_PATH = re.compile(r"/docs/(?P<doc>[^/]+)(?:/tables/(?P<table>[^/]+))?")


def items(payload: Json, subject: str) -> list[object]:
    """The items of a page. A page without them is an error, never the end of a list."""
    found = payload.get("items")
    if not isinstance(found, list):
        message = f"Coda's answer about {subject} has no list of items: a page was lost. Read again."
        raise ProtocolError(message)
    return found


def next_page_token(payload: Json, subject: str) -> str | None:
    """The token of the next page; its absence alone is the end (reference/coda-api.md section 6.1)."""
    token = payload.get("nextPageToken")
    if token is None or (isinstance(token, str) and token):
        return token
    message = f"Coda's answer about {subject} has a nextPageToken that is no text: cannot go on. Read again."
    raise ProtocolError(message)


def row_page(payload: Json, exclude: frozenset[str], subject: str) -> RowPage:
    """A page of rows. Cells of excluded columns are dropped here and reach no caller."""
    rows = tuple([row(item, exclude, subject) for item in items(payload, subject)])
    token = payload.get("nextSyncToken")
    return RowPage(rows=rows, next_sync_token=token if isinstance(token, str) and token else None)


def row(item: Any, exclude: frozenset[str], subject: str) -> Row:
    """A row. This is the one function that runs once for each row of a table: it does nothing twice."""
    try:
        values = item["values"]
        for column_id in exclude:
            values.pop(column_id, None)
        row_id, created_at, updated_at = item["id"], item["createdAt"], item["updatedAt"]
        if type(values) is dict and type(row_id) is type(created_at) is type(updated_at) is str:
            return Row(row_id, item.get("browserLink", ""), created_at, updated_at, values)
    except (TypeError, KeyError, AttributeError):
        pass
    message = f"Coda's answer about {subject} has an item that is no row (id, values, times). Read again."
    raise ProtocolError(message)


def user(payload: Json) -> User:
    """Who the token acts as."""
    subject = "the owner of the token"
    return User(
        login_id=_text(payload, "loginId", subject),
        name=_text_or(payload, "name", ""),
        scoped=payload.get("scoped") is True,
    )


def doc(payload: object) -> Doc:
    """A doc."""
    fields = _fields(payload, "a doc")
    return Doc(
        id=_text(fields, "id", "a doc"),
        name=_text_or(fields, "name", ""),
        browser_link=_text_or(fields, "browserLink", ""),
        over_api_size_limit=_object(fields, "docSize").get("overApiSizeLimit") is True,
        updated_at=_text_or(fields, "updatedAt", ""),
    )


def table_ref(payload: object) -> TableRef:
    """A table or view in a list."""
    fields = _fields(payload, "a table")
    return TableRef(
        id=_text(fields, "id", "a table"),
        name=_text_or(fields, "name", ""),
        table_type=_text_or(fields, "tableType", "table"),
        browser_link=_text_or(fields, "browserLink", ""),
        parent_id=_optional_text(_object(fields, "parentTable"), "id"),
    )


def table(payload: Json, subject: str) -> Table:
    """A table with its row count."""
    row_count = payload.get("rowCount")
    if not isinstance(row_count, int | float):
        message = f"Coda's answer about {subject} has no rowCount: whether a read is whole cannot be told."
        raise ProtocolError(message)
    reference = table_ref(payload)
    return Table(
        id=reference.id,
        name=reference.name,
        table_type=reference.table_type,
        browser_link=reference.browser_link,
        row_count=int(row_count),
        display_column_id=_optional_text(_object(payload, "displayColumn"), "id"),
        parent_id=reference.parent_id,
        parent_name=_optional_text(_object(payload, "parentTable"), "name"),
    )


def column(payload: object, subject: str) -> Column:
    """A column; a type that is not known stays what it is called, one that is not named is `other`."""
    fields = _fields(payload, subject)
    column_format = _object(fields, "format")
    return Column(
        id=_text(fields, "id", subject),
        name=_text(fields, "name", subject),
        type=_text_or(column_format, "type", "other"),
        is_array=column_format.get("isArray") is True,
        calculated=fields.get("calculated") is True,
        display=fields.get("display") is True,
        format=column_format,
    )


def accepted(payload: Json, subject: str) -> Accepted:
    """A write that was accepted, with whichever row ids the service gives."""
    many = payload.get("addedRowIds", payload.get("rowIds"))
    one = payload.get("id", payload.get("rowId"))
    row_ids = many if isinstance(many, list) else [one]
    return Accepted(
        request_id=_text(payload, "requestId", subject),
        row_ids=tuple(row_id for row_id in row_ids if isinstance(row_id, str)),
    )


def mutation_status(payload: Json) -> MutationStatus:
    """How far a write has come."""
    return MutationStatus(
        completed=payload.get("completed") is True, warning=_optional_text(payload, "warning")
    )


def resolved_link(payload: Json) -> ResolvedLink:
    """What a browser link leads to; doc and table are read from the API's own link to it."""
    subject = "a browser link"
    resource = _object(payload, "resource")
    found = TABLE_PATH.search(urlsplit(_text_or(resource, "href", "")).path)
    resolved_id = _text(resource, "id", subject)
    return ResolvedLink(
        type=_text(resource, "type", subject),
        id=resolved_id,
        name=_optional_text(resource, "name"),
        doc_id=unquote(found["doc"]) if found else None,
        table_id=unquote(found["table"]) if found and found["table"] else None,
    )


def _fields(payload: object, subject: str) -> Json:
    if isinstance(payload, dict):
        return payload
    message = f"Coda's answer about {subject} holds something that is no object. Read again."
    raise ProtocolError(message)


def _text(payload: Json, key: str, subject: str) -> str:
    value = payload.get(key)
    if isinstance(value, str) and value:
        return value
    message = (
        f"Coda's answer about {subject} lacks {key}. If this goes on, the service has changed: report it."
    )
    raise ProtocolError(message)


def _text_or(payload: Json, key: str, default: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else default


def _optional_text(payload: Json, key: str) -> str | None:
    value = payload.get(key)
    return value if isinstance(value, str) else None


def _object(payload: Json, key: str) -> Json:
    value = payload.get(key)
    return value if isinstance(value, dict) else {}
