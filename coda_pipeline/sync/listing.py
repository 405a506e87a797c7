"""Taking the pages of one listing into staging.

The next page is fetched and made ready in a thread of its own while PostgreSQL stores the last one. A 504 on
a page means that the service cannot put so many rows into one answer: the listing starts again from the first
page with half as many rows a page (reference/coda-api.md section 11, point 12).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from coda_pipeline.catalog import TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.coda.models import RowPage
from coda_pipeline.errors import PageTimeoutError
from coda_pipeline.sync.encoding import encode_rows, unknown_columns
from coda_pipeline.sync.fingerprint import Fingerprint
from coda_pipeline.warehouse import stage

PAGE_ROWS = 500
MIN_PAGE_ROWS = 10

Ready = TypeVar("Ready")


class Taker(Protocol[Ready]):
    """Where pages go. `start` is called before the first page, again when a listing has to start again."""

    def start(self) -> None:
        """Forget what was taken."""
        ...

    def prepare(self, page: RowPage) -> Ready:
        """Make a page ready to be taken. Pure: called in the thread that fetches."""
        ...

    def take(self, ready: Ready) -> None:
        """Take the next page."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedPage:
    """A page of rows, ready to be staged, and what came with them."""

    lines: Sequence[bytes]
    sync_token: str | None
    unknown_columns: set[str]


class RowTaker:
    """Stages rows, and keeps what came with them. `on_rows` hears how many have been staged so far.

    `sync_token` is that of the *first* page: what changes between the first page and the last is then told
    again by the next delta rather than missed. `unknown_columns` are ids that the column list did not have.
    """

    def __init__(self, conn: Connection, fingerprint: Fingerprint, known_columns: frozenset[str]) -> None:
        self._conn = conn
        self._fingerprint = fingerprint
        self._known_columns = known_columns
        self.on_rows: Callable[[int], None] = lambda _: None
        self.sync_token: str | None = None
        self.unknown_columns: set[str] = set()
        self.rows = 0

    def start(self) -> None:
        """Forget what was staged."""
        stage.empty_stage(self._conn)
        self.sync_token, self.unknown_columns, self.rows = None, set(), 0

    def prepare(self, page: RowPage) -> EncodedPage:
        """Turn rows into the lines to be staged."""
        return EncodedPage(
            lines=encode_rows(page.rows, self._fingerprint),
            sync_token=page.next_sync_token,
            unknown_columns=unknown_columns(page.rows, self._known_columns),
        )

    def take(self, ready: EncodedPage) -> None:
        """Stage one page."""
        self.sync_token = self.sync_token or ready.sync_token
        if ready.lines:
            self.unknown_columns |= ready.unknown_columns
            stage.add_rows(self._conn, ready.lines)
            self.rows += len(ready.lines)
        self.on_rows(self.rows)


class IdTaker:
    """Notes the ids of a second listing; cells are not kept."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def start(self) -> None:
        """Forget the ids noted."""
        stage.empty_second_listing(self._conn)

    def prepare(self, page: RowPage) -> list[str]:
        """The ids of one page."""
        return [row.id for row in page.rows]

    def take(self, ready: list[str]) -> None:
        """Note the ids of one page."""
        stage.add_ids(self._conn, ready)


def take_pages(
    client: CodaClient, spec: TableSpec, taker: Taker[Ready], *, sync_token: str | None = None
) -> None:
    """Give every page of a table to `taker`, or those of the rows that changed since `sync_token`.

    Raises `PageTimeoutError` where even the smallest pages time out, and whatever the client raises.
    """
    page_rows = PAGE_ROWS
    while True:
        taker.start()
        pages = client.row_pages(
            spec.doc_id, spec.table_id, limit=page_rows, sync_token=sync_token, exclude=spec.excluded
        )
        try:
            for ready in _made_ahead(map(taker.prepare, pages)):
                taker.take(ready)
        except PageTimeoutError:
            if page_rows <= MIN_PAGE_ROWS:
                raise
            page_rows = max(MIN_PAGE_ROWS, page_rows // 2)
        else:
            return


def _made_ahead(pages: Iterator[Ready]) -> Iterator[Ready]:
    """The same items, each made in another thread while the caller still works on the one before."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="coda-page") as maker:
        coming = maker.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = maker.submit(next, pages, None)
            yield page
