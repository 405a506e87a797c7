"""One request and its answer, as the endpoints see them: no sockets, no ASGI."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from coda_pipeline.sandbox import refusals
from coda_pipeline.sandbox.config import TokenSpec
from coda_pipeline.sandbox.document import Column, RowVersion, TableState
from coda_pipeline.sandbox.faults import Fault, FaultKind
from coda_pipeline.sandbox.world import HostedDoc, World

MIN_LIMIT = 1
DEFAULT_LIMIT = 25


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass
class Call:
    """A request that has been let in. `parts` are the segments of its path that stand for something."""

    world: World
    token: TokenSpec
    method: str
    path: str
    parts: Sequence[str]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    faults: Sequence[Fault] = ()

    def fault(self, kind: FaultKind) -> Fault | None:
        """The arranged failure of this kind, if this request has one."""
        return next((fault for fault in self.faults if fault.kind == kind), None)

    def doc(self) -> HostedDoc:
        """The doc of the path, if the token may see it."""
        doc = self.world.docs.get(self.parts[0])
        if doc is None:
            raise refusals.not_found()
        if doc.is_deleted:
            raise refusals.not_found(refusals.DOC_DELETED)
        if doc not in self.world.docs_of(self.token):
            raise refusals.Refusal(self.world.config.switches.no_access_status)
        self._check_version(doc)
        self._check_scope(doc, None)
        return doc

    def table(self, doc: HostedDoc) -> TableState:
        """The table or view of the path."""
        table = doc.snapshot.find_table(self.parts[1])
        if table is None:
            self._check_scope(doc, "")
            raise refusals.not_found(refusals.TABLE_UNKNOWN)
        self._check_scope(doc, table.meta.id)
        return table

    def row(self, doc: HostedDoc, table: TableState) -> RowVersion:
        """The row of the path, by id or by what its display column shows."""
        base = doc.snapshot.base_of(table)
        wanted = self.parts[2]
        row = base.rows.get(wanted) or next(
            (r for r in base.rows.values() if r.values.get(base.meta.display.id) == wanted), None
        )
        is_shown = not table.meta.is_view or row in doc.snapshot.listed_rows(table, doc.renderer.today)
        if row is None or not is_shown:
            raise refusals.not_found(refusals.ROW_UNKNOWN)
        return row

    def column(self, doc: HostedDoc, table: TableState, wanted: str) -> Column:
        """A column by id, name or URL."""
        meta = doc.snapshot.base_of(table).meta
        column = meta.column(wanted) or meta.column(wanted.rsplit("/", 1)[-1])
        if column is None:
            raise refusals.not_found(refusals.COLUMN_UNKNOWN)
        return column

    def json(self) -> object:
        """The body as JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            refusals.refuse("Request body is not valid JSON.")

    def limit(self) -> int:
        """The `limit` parameter, 25 where it is absent."""
        text = self.params.get("limit")
        if text is None:
            return DEFAULT_LIMIT
        if not text.isascii() or not text.isdigit() or int(text) < MIN_LIMIT:
            refusals.refuse("Validation failed.", "limit must be an integer of at least 1")
        return int(text)

    def flag(self, name: str) -> bool | None:
        """A boolean parameter."""
        text = self.params.get(name)
        if text is None:
            return None
        if text.lower() not in ("true", "false"):
            refusals.refuse(f"Parameter {name} must be true or false.")
        return text.lower() == "true"

    def _check_version(self, doc: HostedDoc) -> None:
        """`X-Coda-Doc-Version`: `latest` fails while any edit is on its way, anything else always fails."""
        wanted = self.headers.get("x-coda-doc-version", "")
        if wanted and (wanted != "latest" or doc.timeline.is_behind):
            refusals.refuse(refusals.STALE)

    def _check_scope(self, doc: HostedDoc, table_id: str | None) -> None:
        """A restricted token sees its doc or table only. `table_id` None: not known yet; "": no such."""
        if not self.token.scopes:
            return
        operation = "read" if self.method == "GET" else "write"
        is_about_table = "/tables/" in self.path
        for scope in self.token.scopes:
            covers = scope.table_id in (None, table_id) or (table_id is None and is_about_table)
            if scope.doc_id == doc.id and operation in scope.operations and covers:
                return
        raise refusals.forbidden()


Endpoint = Callable[[Call], Answer]


def ok(content: object, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, orjson.dumps(content))
