"""whoami, docs, tables, columns, resolveBrowserLink and mutationStatus. Rows are in `row_endpoints`."""

import re
from datetime import timedelta
from urllib.parse import quote

from coda_pipeline.sandbox import describe, refusals
from coda_pipeline.sandbox.document import Column, TableState
from coda_pipeline.sandbox.exchange import Answer, Call, ok
from coda_pipeline.sandbox.links import BROWSER_BASE
from coda_pipeline.sandbox.paging import page_of
from coda_pipeline.sandbox.world import HostedDoc

MAX_COLUMNS = 100
TABLE_TYPES = ("table", "view")
BROWSER_LINK = re.compile(
    rf"{re.escape(BROWSER_BASE)}/d/(?:[^/#?]*?)_d(?P<doc>[\w-]+?)(?:/[^#]*)?"
    r"(?:#(?:.*?_tu(?P<table>(?:grid|table)-[\w-]+?))?(?:/_ru(?P<row>i-[\w-]+))?(?:/.*)?)?$"
)


def whoami(call: Call) -> Answer:
    """GET /whoami: works with every token."""
    return ok(describe.user(call.token, call.world.api_base))


def list_docs(call: Call) -> Answer:
    """GET /docs. A restricted token has no path to it."""
    if call.token.scopes:
        raise refusals.forbidden()
    docs = [_doc(doc) for doc in call.world.docs_of(call.token)]
    wanted = call.params.get("query", "").casefold()
    found = [doc for doc in docs if wanted in str(doc["name"]).casefold()]
    return _page(call, list(found), f"{call.world.api_base}/docs", "docs", call.limit())


def get_doc(call: Call) -> Answer:
    """GET /docs/{docId}."""
    return ok(_doc(call.doc()))


def list_tables(call: Call) -> Answer:
    """GET /docs/{docId}/tables: references, not whole tables."""
    doc = call.doc()
    wanted = call.params.get("tableTypes")
    types = TABLE_TYPES if wanted is None else tuple(wanted.split(","))
    metas = [t.meta for t in doc.snapshot.tables.values() if TABLE_TYPES[t.meta.is_view] in types]
    if call.params.get("sortBy") == "name":
        metas.sort(key=lambda meta: meta.name)
    items: list[object] = [describe.table_reference(meta, doc.links) for meta in metas]
    return _page(call, items, f"{doc.links.doc}/tables", "tables", call.limit())


def get_table(call: Call) -> Answer:
    """GET /docs/{docId}/tables/{tableIdOrName}."""
    doc = call.doc()
    table = call.table(doc)
    rows = len(doc.snapshot.listed_rows(table, doc.renderer.today))
    off = call.fault("row_count_off")
    return ok(describe.table(table, doc.snapshot, doc.links, rows + (off.by if off else 0)))


def list_columns(call: Call) -> Answer:
    """GET …/columns."""
    doc = call.doc()
    table = call.table(doc)
    limit = call.limit()
    if limit > MAX_COLUMNS:
        if call.world.config.switches.columns_over_limit == "refuse":
            refusals.refuse("Validation failed.", f"limit must be at most {MAX_COLUMNS}")
        limit = MAX_COLUMNS
    columns = shown_columns(doc, table, visible_only=bool(call.flag("visibleOnly")))
    items: list[object] = [describe.column(c, table.meta.id, doc.snapshot, doc.links) for c in columns]
    return _page(call, items, f"{doc.links.table(table.meta.id)}/columns", "columns", limit)


def get_column(call: Call) -> Answer:
    """GET …/columns/{columnIdOrName}."""
    doc = call.doc()
    table = call.table(doc)
    column = call.column(doc, table, call.parts[2])
    if column not in shown_columns(doc, table, visible_only=False):
        raise refusals.not_found(refusals.COLUMN_UNKNOWN)
    described = describe.column(column, table.meta.id, doc.snapshot, doc.links)
    return ok(described | {"parent": describe.table_reference(table.meta, doc.links)})


def shown_columns(doc: HostedDoc, table: TableState, *, visible_only: bool) -> tuple[Column, ...]:
    """The columns that an answer has: a view never shows its hidden ones, a table only when asked."""
    hidden = table.meta.hidden if table.meta.is_view or visible_only else frozenset()
    return tuple(c for c in doc.snapshot.base_of(table).meta.columns if c.id not in hidden)


def mutation_status(call: Call) -> Answer:
    """GET /mutationStatus/{requestId}: pending, then completed; there is no failed state (section 4)."""
    switches = call.world.config.switches
    for doc in call.world.docs.values():
        mutation = doc.timeline.mutation(call.parts[0])
        if mutation is None:
            continue
        now = call.world.clock.now()
        if now < mutation.accepted_at + timedelta(seconds=switches.early_404_s):
            break
        done_at = mutation.applies_at if switches.completed_when == "applied" else mutation.readable_at
        status: dict[str, object] = {"completed": now >= done_at}
        if switches.warning_null:
            status["warning"] = None
        return ok(status)
    raise refusals.not_found()


def resolve_browser_link(call: Call) -> Answer:
    """GET /resolveBrowserLink: what a link for people points to, if this token may reach it."""
    url = call.params.get("url", "")
    found = BROWSER_LINK.match(url)
    if found is None:
        refusals.refuse("The URL is not a link to a doc.")
    doc = call.world.docs.get(found["doc"])
    scoped = {scope.doc_id for scope in call.token.scopes}
    if doc is None or doc not in call.world.docs_of(call.token) or (scoped and doc.id not in scoped):
        raise refusals.not_found()
    resource = _resource(doc, found["table"], found["row"], degrade=bool(call.flag("degradeGracefully")))
    href = f"{call.world.api_base}/resolveBrowserLink?url={quote(url, safe='')}"
    return ok({"type": "apiLink", "href": href, "browserLink": url, "resource": resource})


def _resource(
    doc: HostedDoc, table_id: str | None, row_id: str | None, *, degrade: bool
) -> dict[str, object]:
    table = doc.snapshot.tables.get(table_id) if table_id else None
    if table_id and table is None and not degrade:
        raise refusals.not_found()
    if table is None:
        return {"type": "doc", "id": doc.id, "name": doc.name, "href": doc.links.doc}
    row = doc.snapshot.base_of(table).rows.get(row_id) if row_id else None
    if row_id and row is None and not degrade:
        raise refusals.not_found()
    meta = table.meta
    if row is None:
        return {"type": "table", "id": meta.id, "name": meta.name, "href": doc.links.table(meta.id)}
    return {"type": "row", "id": row.id, "href": doc.links.row(meta.id, row.id)}


def _doc(doc: HostedDoc) -> dict[str, object]:
    return describe.doc(doc.name, doc.snapshot, doc.links, over_size=doc.over_size)


def _page(call: Call, items: list[object], href: str, name: str, limit: int) -> Answer:
    token = call.params.get("pageToken")
    page, following = page_of(items, limit, token, name)
    content: dict[str, object] = {
        "items": page,
        "href": href if token is None else f"{href}?pageToken={token}",
    }
    if following is not None:
        repeated = call.fault("repeat_page_token")
        following = token if repeated and token else following
        content |= {"nextPageToken": following, "nextPageLink": f"{href}?pageToken={following}"}
    if call.fault("no_items"):
        del content["items"]
    return ok(content)
