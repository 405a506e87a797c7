"""The operations that change rows. Each answers that the write was accepted, never that it was applied.

Here: the methods that `client.CodaClient` inherits, and what may be written. Not here: reading back what
became of a write, which is the only way to know (reference/coda-api.md section 4).
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from coda_pipeline.coda import parse
from coda_pipeline.coda.address import table_path, table_subject
from coda_pipeline.coda.models import Accepted
from coda_pipeline.errors import FatalError
from coda_pipeline.http import Transport

# What may be written into a cell: no null (clear with "" or []), and lists at most one level deep.
Scalar: TypeAlias = str | int | float | bool
CellInput: TypeAlias = Scalar | Sequence[Scalar | Sequence[Scalar]]


class RowWrites:
    """Writes to rows. What is not safe to repeat is never repeated: an insert without a key, a button."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upsert_rows(
        self,
        doc_id: str,
        table_id: str,
        rows: Sequence[Mapping[str, CellInput]],
        *,
        key_columns: Sequence[str] = (),
        disable_parsing: bool = False,
    ) -> Accepted:
        """Insert rows, or with `key_columns` update every row that has the same key and insert the others.

        Each row is column id -> value. Only an upsert by key is repeated after a failure. New row ids come
        back for inserts without a key alone, in order. Base tables only.
        """
        for row in rows:
            _check_cells(row, key_columns)
        body: dict[str, object] = {"rows": [{"cells": _cells(row)} for row in rows]}
        if key_columns:
            body["keyColumns"] = list(key_columns)
        return self._write(
            "POST",
            table_path(doc_id, table_id, "rows"),
            body,
            subject=f"rows of {table_subject(doc_id, table_id)}",
            repeatable=bool(key_columns),
            params={"disableParsing": "true"} if disable_parsing else None,
        )

    def update_row(
        self,
        doc_id: str,
        table_id: str,
        row_id: str,
        cells: Mapping[str, CellInput],
        *,
        disable_parsing: bool = False,
    ) -> Accepted:
        """Change the named cells of one row and leave the others."""
        _check_cells(cells, ())
        return self._write(
            "PUT",
            table_path(doc_id, table_id, "rows", row_id),
            {"row": {"cells": _cells(cells)}},
            subject=f"row {row_id} of {table_subject(doc_id, table_id)}",
            params={"disableParsing": "true"} if disable_parsing else None,
        )

    def delete_row(self, doc_id: str, table_id: str, row_id: str) -> Accepted:
        """Delete one row."""
        subject = f"row {row_id} of {table_subject(doc_id, table_id)}"
        return self._write("DELETE", table_path(doc_id, table_id, "rows", row_id), None, subject=subject)

    def delete_rows(self, doc_id: str, table_id: str, row_ids: Sequence[str]) -> Accepted:
        """Delete rows."""
        body = {"rowIds": list(row_ids)}
        subject = f"rows of {table_subject(doc_id, table_id)}"
        return self._write("DELETE", table_path(doc_id, table_id, "rows"), body, subject=subject)

    def push_button(self, doc_id: str, table_id: str, row_id: str, column_id: str) -> Accepted:
        """Press a button in a row. It may do anything, so it is never repeated."""
        return self._write(
            "POST",
            table_path(doc_id, table_id, "rows", row_id, "buttons", column_id),
            None,
            subject=f"button {column_id} in row {row_id} of {table_subject(doc_id, table_id)}",
            repeatable=False,
        )

    def _write(
        self,
        method: str,
        path: str,
        body: object,
        *,
        subject: str,
        repeatable: bool = True,
        params: Mapping[str, str | int] | None = None,
    ) -> Accepted:
        payload = self._transport.send(
            method, path, body, kind="row_write", repeatable=repeatable, params=params, subject=subject
        )
        return parse.accepted(payload, subject)


def _cells(row: Mapping[str, CellInput]) -> list[dict[str, object]]:
    return [{"column": column_id, "value": value} for column_id, value in row.items()]


def _check_cells(row: Mapping[str, CellInput], key_columns: Sequence[str]) -> None:
    """What Coda refuses or leaves open is refused here: no value at all, and a row without a key cell."""
    lacking = [column_id for column_id in key_columns if column_id not in row]
    empty = [column_id for column_id, value in row.items() if value is None]
    if lacking or empty:
        columns = ", ".join(sorted({*lacking, *empty}))
        message = (
            f"Nothing was sent: rows to write lack a value in {columns}; clear a cell with an empty text."
        )
        raise FatalError(message)
