"""Page and sync tokens: opaque to clients, and with every parameter of the first request frozen in them."""

import base64
import binascii
from dataclasses import asdict, dataclass, replace

import orjson

from coda_pipeline.sandbox import refusals

ROWS_KEY = "rows"


@dataclass(frozen=True)
class RowQuery:
    """What a listing of rows asks for, and how far it has come."""

    table_id: str
    value_format: str
    use_names: bool
    visible_only: bool
    sort_by: str
    query: str | None
    limit: int
    # Delta: rows changed after this sequence; None lists all.
    since: int | None
    since_day: str
    # The snapshot of the first page, which the next sync token stands for.
    sequence: int
    day: str
    offset: int = 0
    after: str | None = None
    kept_id: str | None = None

    def moved(self, **position: object) -> "RowQuery":
        """The same query at another place."""
        return replace(self, **position)  # pyright: ignore[reportArgumentType]


def seal(content: dict[str, object]) -> str:
    """An opaque token."""
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def unseal(token: str) -> dict[str, object]:
    """What a token holds. Refuses one that is not of our making as an invalid pageToken."""
    try:
        content = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        refusals.refuse(refusals.BAD_PAGE_TOKEN)
    if not isinstance(content, dict):
        refusals.refuse(refusals.BAD_PAGE_TOKEN)
    return content


def seal_query(query: RowQuery, generation: int) -> str:
    """A page token for rows."""
    return seal({"of": ROWS_KEY, "generation": generation, **asdict(query)})


def unseal_query(token: str, table_id: str, generation: int) -> RowQuery:
    """The listing that a page token goes on with. Refuses a token of another table or an expired one."""
    content = unseal(token)
    if content.pop("of", None) != ROWS_KEY or content.pop("generation", None) != generation:
        refusals.refuse(refusals.BAD_PAGE_TOKEN)
    if content.get("table_id") != table_id:
        refusals.refuse(refusals.BAD_PAGE_TOKEN)
    try:
        return RowQuery(**content)  # pyright: ignore[reportArgumentType]
    except TypeError:
        refusals.refuse(refusals.BAD_PAGE_TOKEN)


def page_of(items: list[object], limit: int, token: str | None, name: str) -> tuple[list[object], str | None]:
    """A page of a short list (docs, tables, columns) and the token of the next one."""
    start = 0
    if token is not None:
        content = unseal(token)
        if content.get("of") != name:
            refusals.refuse(refusals.BAD_PAGE_TOKEN)
        start, limit = int(str(content["offset"])), int(str(content["limit"]))
    end = start + limit
    following = seal({"of": name, "offset": end, "limit": limit}) if end < len(items) else None
    return items[start:end], following
