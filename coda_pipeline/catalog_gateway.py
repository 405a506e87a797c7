"""The section `gateway` of the configuration file.

Who stands before it, how times are shown, and the request table, which is the button without a public door.
"""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, IPvAnyNetwork, StringConstraints

from coda_pipeline.catalog_entry import Entry


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        message = "expected the name of a time zone, such as Europe/Moscow"
        raise ValueError(message) from None
    return name


Column = Annotated[str, StringConstraints(min_length=1)]


class RequestTable(Entry):
    """A table in Coda in which a button of HR adds a row to ask for a sync; the answer is written into it.

    `answer` is the text column that holds the sentence, `requested_by` the column that says who pressed.
    """

    doc: Column
    table: Column
    answer: Column
    requested_by: Column | None = None
    language: Literal["ru", "en"] = "ru"


class GatewaySection(Entry):
    """How the gateway is reached and what it shows."""

    # Proxies whose word on the caller's address (and, on the pages, on the user) is taken.
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    # The header in which they name the user who is signed in; none: the pages take tokens only.
    user_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    # In which times are told to people.
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    request_table: RequestTable | None = None
    # A request that waits longer than this in the queue is reported.
    old_queue_s: Annotated[float, Field(gt=0)] = 300.0
