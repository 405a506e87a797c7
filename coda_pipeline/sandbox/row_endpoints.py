"""Reading rows: listRows and getRow (section 6.1 to 6.3). Writing them is in `write_endpoints`."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from coda_pipeline.sandbox import describe, refusals
from coda_pipeline.sandbox.cell_formats import VALUE_FORMATS, ValueFormat
from coda_pipeline.sandbox.document import RowVersion, TableState
from coda_pipeline.sandbox.exchange import Answer, Call
from coda_pipeline.sandbox.paging import RowQuery, seal, seal_query, unseal, unseal_query
from coda_pipeline.sandbox.read_endpoints import shown_columns
from coda_pipeline.sandbox.render import Layout
from coda_pipeline.sandbox.world import HostedDoc

SORTS = ("createdAt", "updatedAt", "natural")
SYNC_KEY = "sync"


def list_rows(call: Call) -> Answer:
    """GET …/rows. With `pageToken` every other parameter is ignored: they are frozen in it."""
    doc = call.doc()
    table = call.table(doc)
    token = call.params.get("pageToken")
    query = (
        _first_query(call, doc, table)
        if token is None
        else unseal_query(token, table.meta.id, doc.token_generation)
    )
    return _Listing(call, doc, table, query).answer()


def get_row(call: Call) -> Answer:
    """GET …/rows/{rowIdOrName}."""
    doc = call.doc()
    table = call.table(doc)
    row = call.row(doc, table)
    columns = shown_columns(doc, table, visible_only=False)
    layout = Layout(table.meta.id, _value_format(call), bool(call.flag("useColumnNames")), columns)
    body = doc.renderer.rows(table, layout, _as_replica_has_them(call, doc, table, [row]))
    parent = orjson.dumps(describe.table_reference(table.meta, doc.links))
    return Answer(200, b'%b,"parent":%b}' % (body[:-1], parent))


def _first_query(call: Call, doc: HostedDoc, table: TableState) -> RowQuery:
    sort_by = call.params.get("sortBy", SORTS[0])
    if sort_by not in SORTS:
        refusals.refuse(f"Unknown sortBy {sort_by}.")
    visible_only = call.flag("visibleOnly")
    if sort_by == "natural" and visible_only is False:
        refusals.refuse(refusals.SORT_OF_HIDDEN)
    since, since_day = _since(call, doc, table)
    return RowQuery(
        table_id=table.meta.id,
        value_format=_value_format(call),
        use_names=bool(call.flag("useColumnNames")),
        visible_only=bool(visible_only) or sort_by == "natural",
        sort_by=sort_by,
        query=call.params.get("query"),
        limit=min(call.limit(), call.world.config.max_page_rows),
        since=since,
        since_day=since_day,
        sequence=doc.snapshot.sequence,
        day=doc.renderer.today.isoformat(),
    )


def _since(call: Call, doc: HostedDoc, table: TableState) -> tuple[int | None, str]:
    token = call.params.get("syncToken")
    if token is None:
        return None, ""
    content = unseal(token)
    expected = {"of": SYNC_KEY, "table": table.meta.id, "generation": doc.token_generation}
    if any(content.get(key) != value for key, value in expected.items()):
        refusals.refuse(refusals.BAD_PAGE_TOKEN)
    return int(str(content["sequence"])), str(content["day"])


def _rows_of(doc: HostedDoc, table: TableState, query: RowQuery) -> Sequence[RowVersion]:
    if query.kept_id is not None:
        return doc.kept_lists[query.kept_id]
    rows: Sequence[RowVersion] = doc.snapshot.listed_rows(table, doc.renderer.today)
    if query.since is not None:
        rows = _changed_since(doc, table, rows, query)
    if query.query is not None:
        rows = _matching(doc, table, rows, query.query)
    if query.sort_by == "updatedAt":
        return sorted(rows, key=lambda row: (row.updated_at, row.ordinal))
    if query.sort_by == "natural":
        index = doc.snapshot.base_of(table).index
        return sorted(rows, key=lambda row: index[row.id])
    return rows


def _changed_since(
    doc: HostedDoc, table: TableState, rows: Sequence[RowVersion], query: RowQuery
) -> Sequence[RowVersion]:
    """Rows put since the token was made. Deleted ones are nowhere, and calculated values do not count."""
    base = doc.snapshot.base_of(table)
    is_calculated = any(column.days_until for column in base.meta.columns)
    if doc.calculated_in_delta and is_calculated and query.since_day != doc.renderer.today.isoformat():
        return rows
    changed, since = base.changed, query.since or 0
    return [row for row in rows if changed.get(row.id, 0) > since]


def _matching(
    doc: HostedDoc, table: TableState, rows: Sequence[RowVersion], query: str
) -> Sequence[RowVersion]:
    """Section 6.2: one test for equality with the plain text; a column name stands in quotes."""
    meta = doc.snapshot.base_of(table).meta
    quoted, _, rest = query[1:].partition('":') if query.startswith('"') else ("", "", "")
    name, text = (quoted, rest) if quoted else query.partition(":")[::2]
    column = meta.column(name)
    if column is None or (not quoted and column.id != name):
        refusals.refuse(f"Unknown column in query: {name}.")
    try:
        wanted = orjson.loads(text)
    except orjson.JSONDecodeError:
        refusals.refuse("The value of query is not JSON.")
    plain = wanted if isinstance(wanted, str) else text.strip()
    renderer = doc.renderer
    return [row for row in rows if renderer.text(renderer.cell(row, column)) == plain]


def _start_of(query: RowQuery, rows: Sequence[RowVersion]) -> int:
    if query.after is None:
        return query.offset
    created, ordinal = query.after.split("/")
    last = (created, int(ordinal))
    return sum((row.created_at.isoformat(), row.ordinal) <= last for row in rows)


@dataclass(frozen=True)
class _Listing:
    """One page of rows in the making."""

    call: Call
    doc: HostedDoc
    table: TableState
    query: RowQuery

    def answer(self) -> Answer:
        rows = _rows_of(self.doc, self.table, self.query)
        start = _start_of(self.query, rows)
        following = self._following(rows, start)
        href = f"{self.doc.links.table(self.table.meta.id)}/rows"
        # The first page's own address has a token, too (section 6.1).
        own = self.call.params.get("pageToken") or seal_query(self.query, self.doc.token_generation)
        rest: dict[str, object] = {"href": f"{href}?pageToken={own}"}
        if following is not None:
            rest |= {"nextPageToken": following, "nextPageLink": f"{href}?pageToken={following}"}
        rest["nextSyncToken"] = self._sync_token()
        if self.call.fault("no_items"):
            return Answer(200, orjson.dumps(rest))
        items = self._items(rows[start : start + self.query.limit])
        return Answer(200, b'{"items":[%b],%b' % (items, orjson.dumps(rest)[1:]))

    def _items(self, page: Sequence[RowVersion]) -> bytes:
        query = self.query
        columns = shown_columns(self.doc, self.table, visible_only=query.visible_only)
        layout = Layout(query.table_id, cast("ValueFormat", query.value_format), query.use_names, columns)
        seen = _as_replica_has_them(self.call, self.doc, self.table, page)
        return self.doc.renderer.rows(self.table, layout, seen)

    def _following(self, rows: Sequence[RowVersion], start: int) -> str | None:
        end = start + self.query.limit
        if end >= len(rows):
            return None
        if self.call.fault("repeat_page_token"):
            return self.call.params.get("pageToken")
        paging = self.call.world.config.switches.paging
        following = self.query.moved(offset=end)
        if paging == "keyset" and self.query.sort_by == "createdAt":
            last = rows[end - 1]
            following = self.query.moved(after=f"{last.created_at.isoformat()}/{last.ordinal}")
        elif paging == "frozen":
            kept_id = self.query.kept_id or str(uuid.uuid4())
            self.doc.kept_lists[kept_id] = rows
            following = self.query.moved(offset=end, kept_id=kept_id)
        return seal_query(following, self.doc.token_generation)

    def _sync_token(self) -> str:
        is_first = self.call.world.config.switches.sync_token_of == "first_page"  # noqa: S105
        return seal(
            {
                "of": SYNC_KEY,
                "table": self.query.table_id,
                "generation": self.doc.token_generation,
                "sequence": self.query.sequence if is_first else self.doc.snapshot.sequence,
                "day": self.query.day if is_first else self.doc.renderer.today.isoformat(),
            }
        )


def _as_replica_has_them(
    call: Call, doc: HostedDoc, table: TableState, rows: Sequence[RowVersion]
) -> Sequence[RowVersion]:
    if not call.fault("stale_replica"):
        return rows
    previous = doc.snapshot.base_of(table).previous
    return [previous.get(row.id, row) for row in rows]


def _value_format(call: Call) -> ValueFormat:
    wanted = call.params.get("valueFormat", VALUE_FORMATS[0])
    if wanted not in VALUE_FORMATS:
        refusals.refuse("Validation failed.", "valueFormat must be one of " + ", ".join(VALUE_FORMATS))
    return cast("ValueFormat", wanted)
