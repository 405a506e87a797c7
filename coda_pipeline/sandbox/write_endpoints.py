"""Writing: every call answers 202 at once and takes effect later, or silently never (sections 4 and 7)."""

from collections.abc import Mapping, Sequence

from coda_pipeline.sandbox import effects, refusals
from coda_pipeline.sandbox.document import Column, TableState
from coda_pipeline.sandbox.exchange import Answer, Call, ok
from coda_pipeline.sandbox.timeline import Effect
from coda_pipeline.sandbox.world import HostedDoc

ACCEPTED = 202
BYTES_PER_KB = 1024
Edit = tuple[tuple[Column, object], ...]


def upsert_rows(call: Call) -> Answer:
    """POST …/rows: inserts, or with `keyColumns` upserts; into base tables only."""
    doc = call.doc()
    table = call.table(doc)
    if table.meta.is_view:
        refusals.refuse("Rows can only be added to a base table, not to a view.")
    body = _object(call.json(), "the body")
    rows = [_edit_of(call, doc, table, row) for row in _list(body.get("rows"), "rows")]
    keys = _keys_of(call, doc, table, body)
    _check_keys(call, rows, keys)
    new_ids = [doc.new_row_id() for _ in rows]
    effect = effects.Upsert(
        doc,
        table.meta.id,
        list(zip(new_ids, rows, strict=True)),
        keys,
        is_parsed=not call.flag("disableParsing"),
        is_one_per_key=call.world.config.switches.same_key_twice == "one_row",
    )
    answer = _accept(call, doc, effect)
    return ok(answer if keys else answer | {"addedRowIds": new_ids}, ACCEPTED)


def update_row(call: Call) -> Answer:
    """PUT …/rows/{rowIdOrName}: only the named cells change."""
    doc = call.doc()
    table = call.table(doc)
    row = call.row(doc, table)
    body = _object(call.json(), "the body")
    edit = _edit_of(call, doc, table, body.get("row"))
    base_id = doc.snapshot.base_of(table).meta.id
    is_parsed = not call.flag("disableParsing")
    answer = _accept(call, doc, effects.Update(doc, base_id, row.id, edit, is_parsed))
    return ok(answer | {"id": row.id}, ACCEPTED)


def delete_row(call: Call) -> Answer:
    """DELETE …/rows/{rowIdOrName}; through a view as well."""
    doc = call.doc()
    table = call.table(doc)
    row = call.row(doc, table)
    base_id = doc.snapshot.base_of(table).meta.id
    return ok(_accept(call, doc, effects.Delete(base_id, [row.id])) | {"id": row.id}, ACCEPTED)


def delete_rows(call: Call) -> Answer:
    """DELETE …/rows with ids in the body; ids that are not there change nothing."""
    doc = call.doc()
    table = call.table(doc)
    body = _object(call.json(), "the body")
    ids = _list(body.get("rowIds"), "rowIds")
    if not all(isinstance(row_id, str) for row_id in ids):
        refusals.refuse("Validation failed.", "rowIds must be a list of texts")
    base_id = doc.snapshot.base_of(table).meta.id
    answer = _accept(call, doc, effects.Delete(base_id, [str(row_id) for row_id in ids]))
    return ok(answer | {"rowIds": ids}, ACCEPTED)


def push_button(call: Call) -> Answer:
    """POST …/buttons/{columnIdOrName}: does what the button does, each time."""
    doc = call.doc()
    table = call.table(doc)
    row = call.row(doc, table)
    column = call.column(doc, table, call.parts[3])
    if column.kind != "button":
        refusals.refuse("The column is not a button.")
    base_id = doc.snapshot.base_of(table).meta.id
    answer = _accept(
        call, doc, effects.Press(call.world, doc, base_id, row.id, column.id, by=call.token.login)
    )
    return ok(answer | {"rowId": row.id, "columnId": column.id}, ACCEPTED)


def trigger_automation(call: Call) -> Answer:
    """POST /docs/{docId}/hooks/automation/{ruleId} (section 8): queued, each time."""
    doc = call.doc()
    if not call.parts[1].startswith("grid-auto-"):
        raise refusals.not_found()
    return ok(_accept(call, doc, effects.nothing), ACCEPTED)


def _accept(call: Call, doc: HostedDoc, effect: Effect) -> dict[str, object]:
    request_id = doc.new_request_id()
    doc.timeline.accept(request_id, effects.nothing if call.fault("swallow") else effect)
    return {"requestId": request_id}


def _edit_of(call: Call, doc: HostedDoc, table: TableState, row: object) -> Edit:
    """The cells of one row of the body, checked; formula and button cells are dropped without a word."""
    cells = [_object(cell, "a cell") for cell in _list(_object(row, "a row").get("cells"), "cells")]
    for cell in cells:
        if not isinstance(cell.get("column"), str) or not _is_value(cell.get("value")):
            refusals.refuse("Validation failed.", "a cell needs a column and a value that is not null")
    _check_size(call, [cell["value"] for cell in cells])
    edits = [(call.column(doc, table, str(cell["column"])), cell["value"]) for cell in cells]
    return tuple((column, value) for column, value in edits if column.is_written_by_people)


def _keys_of(call: Call, doc: HostedDoc, table: TableState, body: Mapping[str, object]) -> tuple[Column, ...]:
    named = _list(body.get("keyColumns", []), "keyColumns")
    keys = tuple(call.column(doc, table, str(name)) for name in named)
    if any(not key.is_written_by_people for key in keys):
        refusals.refuse("A formula column cannot be a key column.")
    return keys


def _check_keys(call: Call, rows: Sequence[Edit], keys: Sequence[Column]) -> None:
    if call.world.config.switches.missing_key_cell == "blank":
        return
    for row in rows:
        if any(key not in (column for column, _ in row) for key in keys):
            refusals.refuse("Every row needs a cell for each key column.")


def _is_value(value: object, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth <= 1 and all(_is_value(part, depth + 1) for part in value)
    return isinstance(value, str | int | float | bool)


def _check_size(call: Call, values: Sequence[object]) -> None:
    """Section 7: UTF-8 bytes of all values, a newline counts twice, in units of 1024."""
    size = sum(len(text.encode()) + text.count("\n") for text in _texts(values))
    limit = call.world.config.max_row_kb
    if size > limit * BYTES_PER_KB:
        kb = round(size / BYTES_PER_KB)
        refusals.refuse(f"Row edit of size {kb} KB exceeds maximum size of {limit} KB.")


def _texts(values: Sequence[object]) -> list[str]:
    return [
        text
        for v in values
        for text in (_texts(v) if isinstance(v, list) else [v if isinstance(v, str) else str(v)])
    ]


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        refusals.refuse(f"Validation failed: {what} must be an object.")
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        refusals.refuse("Validation failed.", f"{what} must be a list")
    return value
