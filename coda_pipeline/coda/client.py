"""Coda's API as an object: docs, tables, columns, rows, writes.

Here: one method for each operation that the project uses, typed both ways, and the paging. Not here: time-
outs, retries and the rate budget (see `http`, `budget`), judgement about what was read (see `sync`).

The one thing to know: pages follow `nextPageToken` alone, on our own base URL. All other parameters are
frozen in the token, and the links in an answer may name another host (reference/coda-api.md section 6.1).
"""

from collections.abc import Iterator, Mapping
from typing import Self

from coda_pipeline.budget import Kind, LocalBudget, SharedBudget
from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.coda import parse
from coda_pipeline.coda.address import path, table_path, table_subject
from coda_pipeline.coda.models import (
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
from coda_pipeline.coda.writes import RowWrites
from coda_pipeline.errors import (
    CodaPipelineError,
    ExpiredTokenError,
    NotFoundError,
    ProtocolError,
    RequestRefusedError,
)
from coda_pipeline.http import Transport
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.settings import Settings

# Coda's maximum for columns; the one for rows is not published and is clamped silently.
COLUMNS_PER_PAGE = 100
TABLES_PER_PAGE = 100
DOCS_PER_PAGE = 100


class CodaClient(RowWrites):
    """Every operation on Coda that the project uses. One client serves one token.

    All methods raise `TokenError` (401, 403), `NotFoundError` (404), `RequestRefusedError` (400),
    `ServiceError`, `RateLimitedError` and `ProtocolError`. Iterators send their requests while they are read.
    """

    def __enter__(self) -> Self:
        """Use it in a `with` statement to close its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close connections."""
        self.close()

    def close(self) -> None:
        """Close connections, those of the rate budget included."""
        self._transport.close()

    @property
    def requests_sent(self) -> int:
        """How many HTTP requests went out so far, repetitions included."""
        return self._transport.requests_sent

    def whoami(self) -> User:
        """Who the token acts as. From then on errors name that login."""
        user = parse.user(self._transport.get("/whoami", subject="owner of the token"))
        self._transport.named(user.login_id)
        return user

    def docs(self) -> Iterator[Doc]:
        """The docs that the token's owner has opened at least once, latest activity first."""
        for page in self._pages("/docs", {"limit": DOCS_PER_PAGE}, subject="docs", kind="doc_listing"):
            yield from map(parse.doc, parse.items(page, "docs"))

    def doc(self, doc_id: str) -> Doc:
        """One doc."""
        return parse.doc(self._transport.get(path("docs", doc_id), subject=f"doc {doc_id}"))

    def tables(self, doc_id: str) -> Iterator[TableRef]:
        """Base tables and views of a doc."""
        subject = f"doc {doc_id}"
        for page in self._pages(path("docs", doc_id, "tables"), {"limit": TABLES_PER_PAGE}, subject=subject):
            yield from map(parse.table_ref, parse.items(page, subject))

    def table(self, doc_id: str, table_id: str) -> Table:
        """One table or view with its row count. `NotFoundError` tells whether doc or table is unknown."""
        subject = table_subject(doc_id, table_id)
        try:
            return parse.table(self._transport.get(table_path(doc_id, table_id), subject=subject), subject)
        except NotFoundError:
            self.doc(doc_id)
            raise

    def columns(self, doc_id: str, table_id: str) -> list[Column]:
        """All columns of a table, hidden ones included."""
        subject = f"columns of {table_subject(doc_id, table_id)}"
        address = table_path(doc_id, table_id, "columns")
        pages = self._pages(address, {"limit": COLUMNS_PER_PAGE}, subject=subject)
        return [parse.column(item, subject) for page in pages for item in parse.items(page, subject)]

    def row_pages(
        self,
        doc_id: str,
        table_id: str,
        *,
        limit: int = 500,
        sync_token: str | None = None,
        exclude: frozenset[str] = frozenset(),
    ) -> Iterator[RowPage]:
        """All rows of a table, or those changed since a sync token, in the `rich` form by column id.

        Deletions are never in a delta. Cells of columns in `exclude` are dropped. Raises `PageTimeoutError`
        on a 504 (start again with a smaller `limit`) and `ExpiredTokenError` where a sync or page token is
        refused.
        """
        subject = f"rows of {table_subject(doc_id, table_id)}"
        address = table_path(doc_id, table_id, "rows")
        params: dict[str, str | int] = {"valueFormat": "rich", "limit": limit}
        if sync_token is not None:
            params["syncToken"] = sync_token
        expired = False
        try:
            for page in self._pages(address, params, subject=subject, page_of_rows=True):
                yield parse.row_page(page, exclude, subject)
        except RequestRefusedError as error:
            # One text for both kinds of token (reference/coda-api.md section 2).
            expired = "token" in error.service_words.lower()
            if not expired:
                raise
        if expired:
            message = f"Coda no longer accepts the sync or page token for {subject}: read the table in full."
            raise ExpiredTokenError(message)

    def row(self, doc_id: str, table_id: str, row_id: str, *, exclude: frozenset[str] = frozenset()) -> Row:
        """One row. `NotFoundError` where it is gone, or not yet in the snapshot that answers."""
        subject = f"row {row_id} of {table_subject(doc_id, table_id)}"
        address = table_path(doc_id, table_id, "rows", row_id)
        return parse.row(
            self._transport.get(address, {"valueFormat": "rich"}, subject=subject), exclude, subject
        )

    def has_row(self, doc_id: str, table_id: str, row_id: str) -> bool:
        """Whether a row answers. False where it is gone, or not yet in the snapshot that answers."""
        try:
            self.row(doc_id, table_id, row_id)
        except NotFoundError:
            return False
        return True

    def resolve_browser_link(self, url: str) -> ResolvedLink:
        """What a link copied from the browser leads to."""
        payload = self._transport.get("/resolveBrowserLink", {"url": url}, subject="object under this link")
        return parse.resolved_link(payload)

    def mutation_status(self, request_id: str) -> MutationStatus:
        """How far a write has come. `NotFoundError` soon after the write (not yet known) and a day later."""
        address = path("mutationStatus", request_id)
        return parse.mutation_status(self._transport.get(address, subject=f"write {request_id}"))

    def _pages(
        self,
        address: str,
        params: Mapping[str, str | int],
        *,
        subject: str,
        kind: Kind = "read",
        page_of_rows: bool = False,
    ) -> Iterator[parse.Json]:
        """Every page of a list. A token that comes a second time would go round for ever: an error."""
        seen: set[str] = set()
        while True:
            page = self._transport.get(address, params, kind=kind, subject=subject, page_of_rows=page_of_rows)
            token = parse.next_page_token(page, subject)
            yield page
            if token is None:
                return
            if token in seen:
                message = (
                    f"Coda gave the same page token twice for {subject}: the list has no end. Read again."
                )
                raise ProtocolError(message)
            seen.add(token)
            params = {"pageToken": token}
            del page


def connect_coda(
    settings: Settings, limits: RateLimits, database_url: str | None, *, policy: RetryPolicy | None = None
) -> CodaClient:
    """A client for reading: for the token of the settings, on the budget of the user it belongs to.

    Asks `whoami` once. With a database the budget is shared by all processes that use it, else it is this
    process's own. Raises `TokenError` where there is no token or it is refused.
    """
    transport = Transport(
        base_url=settings.coda_base_url,
        token=settings.coda_token,
        budget=LocalBudget(limits),
        policy=policy,
    )
    return _connect(transport, limits, database_url)


def connect_coda_for_writing(
    settings: Settings, limits: RateLimits, database_url: str | None, *, policy: RetryPolicy | None = None
) -> CodaClient:
    """As `connect_coda`, for the token under whose owner's name edits appear. One user has one budget."""
    transport = Transport(
        base_url=settings.coda_base_url,
        token=settings.coda_token_for_writing,
        budget=LocalBudget(limits),
        policy=policy,
        token_setting="CODA_WRITE_TOKEN" if settings.has_own_write_token else "CODA_API_TOKEN",
    )
    return _connect(transport, limits, database_url)


def _connect(transport: Transport, limits: RateLimits, database_url: str | None) -> CodaClient:
    client = CodaClient(transport)
    try:
        user = client.whoami()
        if database_url is not None:
            transport.budget = SharedBudget(limits, database_url=database_url, user=user.login_id)
            # The question for the login was one read of this budget.
            transport.budget.acquire("read")
    except CodaPipelineError:
        client.close()
        raise
    return client
