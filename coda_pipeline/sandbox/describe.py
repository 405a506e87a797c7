"""How docs, tables, columns and users look over HTTP (sections 5, 6 and 6.4). Rows are in `render`."""

from collections.abc import Mapping

from coda_pipeline.sandbox.config import TokenSpec
from coda_pipeline.sandbox.document import Column, DocState, TableMeta, TableState
from coda_pipeline.sandbox.links import BROWSER_BASE, Links
from coda_pipeline.sandbox.render import utc_text

Json = dict[str, object]
PAGE_ID = "canvas-HrPage0001"
WORKSPACE: Mapping[str, object] = {
    "id": "ws-Sandbox001",
    "type": "workspace",
    "browserLink": f"{BROWSER_BASE}/docs?workspaceId=ws-Sandbox001",
    "name": "Песочница",
}
FOLDER: Mapping[str, object] = {
    "id": "fl-Sandbox001",
    "type": "folder",
    "browserLink": f"{BROWSER_BASE}/folders/fl-Sandbox001",
    "name": "Кадры",
}


def user(spec: TokenSpec, api_base: str) -> Json:
    """Whoami."""
    return {
        "name": spec.name,
        "loginId": spec.login,
        "type": "user",
        "href": f"{api_base}/whoami",
        "tokenName": spec.token_name,
        "scoped": bool(spec.scopes),
        "workspace": WORKSPACE,
    }


def doc(name: str, state: DocState, links: Links, *, over_size: bool) -> Json:
    """A doc. `docSize.baseTableCount` is not in the specification, yet there live (section 11)."""
    bases = [t for t in state.tables.values() if not t.meta.is_view]
    return {
        "id": links.doc_id,
        "type": "doc",
        "href": links.doc,
        "browserLink": links.browser_doc,
        "name": name,
        "owner": "hr.lead@example.com",
        "ownerName": "Руководитель службы кадров",
        "docSize": {
            "totalRowCount": sum(len(t.rows) for t in bases),
            "tableAndViewCount": len(state.tables),
            "pageCount": 1,
            "overApiSizeLimit": over_size,
            "baseTableCount": len(bases),
        },
        "createdAt": utc_text(min(t.meta.created_at for t in state.tables.values())),
        "updatedAt": utc_text(state.calculated_at),
        "workspace": WORKSPACE,
        "folder": FOLDER,
        "workspaceId": WORKSPACE["id"],
        "folderId": FOLDER["id"],
    }


def table_reference(meta: TableMeta, links: Links) -> Json:
    """A table or view as lists and parents show it."""
    return {
        "id": meta.id,
        "type": "table",
        "tableType": "view" if meta.is_view else "table",
        "href": links.table(meta.id),
        "browserLink": links.browser_table(meta.id),
        "name": meta.name,
        "parent": _page(links),
    }


def table(table: TableState, state: DocState, links: Links, row_count: int) -> Json:
    """A table in full."""
    meta, base = table.meta, state.base_of(table).meta
    display = base.display
    described = table_reference(meta, links) | {
        "displayColumn": {"id": display.id, "type": "column", "href": links.column(meta.id, display.id)},
        "rowCount": row_count,
        "sorts": [],
        "layout": "default",
        "createdAt": utc_text(meta.created_at),
        "updatedAt": utc_text(state.calculated_at),
    }
    if meta.is_view:
        described["parentTable"] = table_reference(base, links)
        described["filter"] = {"valid": True, "isVolatile": True, "hasTodayFormula": True}
    return described


def column(column: Column, table_id: str, state: DocState, links: Links) -> Json:
    """A column. What does not apply is absent, not false."""
    described: Json = {
        "id": column.id,
        "type": "column",
        "name": column.name,
        "href": links.column(table_id, column.id),
        "format": _format(column, state, links),
    }
    if column.display:
        described["display"] = True
    if not column.is_written_by_people:
        described["calculated"] = True
    if column.formula is not None:
        described["formula"] = column.formula
    return described


def _format(column: Column, state: DocState, links: Links) -> Json:
    described: Json = {"type": column.kind, "isArray": column.is_array, **dict(column.extras)}
    target = state.tables.get(column.target_id or "")
    if target is not None:
        described["table"] = {k: v for k, v in table_reference(target.meta, links).items() if k != "parent"}
    if column.kind == "select":
        described["options"] = [{"name": option} for option in column.options]
    return described


def _page(links: Links) -> Json:
    return {
        "id": PAGE_ID,
        "type": "page",
        "href": f"{links.doc}/pages/{PAGE_ID}",
        "browserLink": f"{links.browser_doc}/_su{PAGE_ID[-5:]}",
        "name": "Кадры",
    }
