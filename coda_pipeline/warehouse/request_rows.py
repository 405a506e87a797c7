"""Rows of the request table in Coda: which request each row asked for, and what was written into it last."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

_REMEMBER = text("""
    insert into ops.request_rows (doc_id, table_id, row_id, request_id)
    values (:doc_id, :table_id, :row_id, :request_id)
""")
_OPEN = text("""
    select row_id, request_id, told from ops.request_rows
     where doc_id = :doc_id and table_id = :table_id and not is_final order by seen_at, row_id
""")
_TOLD = text("""
    update ops.request_rows set told = :told, is_final = :is_final
     where doc_id = :doc_id and table_id = :table_id and row_id = :row_id
""")


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A row that waits for its last answer."""

    row_id: str
    request_id: UUID
    told: str | None


class RequestRows:
    """The rows of one table, in the caller's transaction."""

    def __init__(self, conn: Connection, doc_id: str, table_id: str) -> None:
        self._conn = conn
        self._table = {"doc_id": doc_id, "table_id": table_id}

    def unknown(self, row_ids: Collection[str]) -> set[str]:
        """Those of these that have not asked before."""
        query = text(
            "select row_id from ops.request_rows"
            " where doc_id = :doc_id and table_id = :table_id and row_id = any(:ids)"
        )
        return set(row_ids) - set(self._conn.scalars(query, {**self._table, "ids": list(row_ids)}))

    def remember(self, row_id: str, request_id: UUID) -> None:
        """This row asked for that request."""
        self._conn.execute(_REMEMBER, {**self._table, "row_id": row_id, "request_id": request_id})

    def waiting(self) -> list[AskedRow]:
        """Rows whose last answer has not been written."""
        return [AskedRow(*row) for row in self._conn.execute(_OPEN, self._table)]

    def note_told(self, row_id: str, told: str, *, is_final: bool) -> None:
        """What was written into a row."""
        self._conn.execute(_TOLD, {**self._table, "row_id": row_id, "told": told, "is_final": is_final})
