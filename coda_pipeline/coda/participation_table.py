"""Access to one fixed table of the catalogue: the doc, the table and the excluded columns are given once.

Here: what `client` offers for a table, bound to a `TableSpec`, so that no caller can forget the columns
that are excluded or ask the wrong doc. Not here: what is done with the rows (see `sync`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coda_pipeline.catalog import TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.coda.models import Accepted, Column, MutationStatus, Row, RowPage, Table
from coda_pipeline.coda.writes import CellInput
from coda_pipeline.errors import ConfigurationError, NotFoundError


@dataclass(frozen=True)
class ParticipationTable:
    """Участие, or any other table of the catalogue. Raises as the methods of `CodaClient` do."""

    client: CodaClient
    spec: TableSpec

    def table(self) -> Table:
        """The table with its row count. Raises `ConfigurationError` for a view, naming its base table."""
        table = self.client.table(self.spec.doc_id, self.spec.table_id)
        if table.is_view:
            base = (
                f"{table.parent_id} ({table.parent_name})" if table.parent_id else "of which Coda tells no id"
            )
            message = (
                f"{self.spec.table_id} in doc {self.spec.doc_id} is a view: it hides rows and columns, so it "
                f"cannot be read as table {self.spec.name!r}. Put the id of its base table, {base}, into the "
                "configuration."
            )
            raise ConfigurationError(message)
        return table

    def columns(self) -> list[Column]:
        """All columns, the excluded ones included. Raises `NotFoundError` where a mapped one is missing."""
        columns = self.client.columns(self.spec.doc_id, self.spec.table_id)
        missing = self.spec.mapped - {column.id for column in columns}
        if missing:
            message = (
                f"Table {self.spec.name!r} ({self.spec.table_id} in doc {self.spec.doc_id}) has no column "
                f"{', '.join(sorted(missing))}, which the configuration maps: it was deleted, or the id is "
                "wrong. Map another column; `coda-pipeline discover` lists them."
            )
            raise NotFoundError(message)
        return columns

    def pages(self, *, limit: int = 500, sync_token: str | None = None) -> Iterator[RowPage]:
        """All rows, or those changed since a sync token, without the excluded columns."""
        return self.client.row_pages(
            self.spec.doc_id,
            self.spec.table_id,
            limit=limit,
            sync_token=sync_token,
            exclude=self.spec.excluded,
        )

    def row(self, row_id: str) -> Row:
        """One row without the excluded columns."""
        return self.client.row(self.spec.doc_id, self.spec.table_id, row_id, exclude=self.spec.excluded)

    def upsert(self, rows: Sequence[Mapping[str, CellInput]], *, key_columns: Sequence[str] = ()) -> Accepted:
        """Insert rows, or update by key and insert the others."""
        return self.client.upsert_rows(self.spec.doc_id, self.spec.table_id, rows, key_columns=key_columns)

    def update(self, row_id: str, cells: Mapping[str, CellInput]) -> Accepted:
        """Change the named cells of one row."""
        return self.client.update_row(self.spec.doc_id, self.spec.table_id, row_id, cells)

    def delete(self, row_ids: Sequence[str]) -> Accepted:
        """Delete rows."""
        return self.client.delete_rows(self.spec.doc_id, self.spec.table_id, row_ids)

    def status(self, accepted: Accepted) -> MutationStatus:
        """How far a write has come."""
        return self.client.mutation_status(accepted.request_id)
