"""A raw table of Участие written by hand, as a read would leave it, and the catalogue over it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.catalog_participation import ConflictPolicy
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.resolve_report import ResolveReport
from coda_pipeline.warehouse.views import ensure_table

FIELDS = {
    "person": "c-p",
    "activity": "c-a",
    "role": "c-r",
    "started_on": "c-s",
    "ended_on": "c-e",
    "share": "c-l",
    "comment": "c-n",
    "sync_id": "c-k",
}
START = datetime(2026, 1, 1, tzinfo=UTC)


def catalog(policy: ConflictPolicy = "coda_wins") -> Catalog:
    """One doc, one table, every field mapped."""
    tables = [{"id": "grid-1", "name": "participation"}]
    source = {"table": "participation", "fields": FIELDS}
    content = {
        "coda": {"docs": [{"id": "doc1", "tables": tables}]},
        "participation": {"sources": [source], "conflicts": policy},
    }
    return parse_catalog(content, source="test")


class Table:
    """raw.coda_participation, and what people do to it."""

    def __init__(self, engine: Engine, policy: ConflictPolicy = "coda_wins") -> None:
        self.engine, self.catalog, self.minutes, self.runs = engine, catalog(policy), 0, 0
        with engine.begin() as conn:
            ensure_table(conn, self.catalog.table("participation"))

    def now(self) -> datetime:
        self.minutes += 1
        return START + timedelta(minutes=self.minutes)

    def put(self, row_id: str, **fields: Any) -> None:
        """A row as read: `person` and `activity` as (name, id), the others as scalars; what is not given is
        blank.
        """
        values = {column: rich(name, fields.get(name)) for name, column in FIELDS.items()}
        body = json.dumps(values, ensure_ascii=False)
        parameters = {
            "row_id": row_id,
            "values": body,
            "row_hash": hashlib.blake2b(body.encode(), digest_size=16).hexdigest(),
            "now": self.now(),
        }
        statement = text("""
            insert into raw.coda_participation as t
                   (row_id, values, row_hash, coda_created_at, coda_updated_at, first_seen_at, received_at,
                    run_id)
            values (:row_id, cast(:values as jsonb), :row_hash, :now, :now, :now, :now, 'test')
            on conflict (row_id) do update set values = excluded.values, row_hash = excluded.row_hash,
                   coda_updated_at = excluded.coda_updated_at, received_at = excluded.received_at,
                   deleted_at = null
        """)
        with self.engine.begin() as conn:
            conn.execute(statement, parameters)

    def delete(self, row_id: str) -> None:
        with self.engine.begin() as conn:
            query = text("update raw.coda_participation set deleted_at = :now where row_id = :row_id")
            conn.execute(query, {"row_id": row_id, "now": self.now()})

    def sync(self, *, full: bool = False) -> ResolveReport:
        self.runs += 1
        return resolve_participation(
            self.engine, self.catalog, None, run_id=f"run {self.runs}", now=self.now, full=full
        )

    def execute(self, statement: str, **parameters: Any) -> int:
        """The application's SQL; how many rows it says it touched."""
        with self.engine.begin() as conn:
            return conn.execute(text(statement), parameters).rowcount

    def select(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(text(query), parameters)]

    def live(self) -> dict[str | None, UUID]:
        """Row id -> participation id of what core.participation shows."""
        return dict(self.select("select coda_row_id, participation_id from core.participation"))  # type: ignore[arg-type]


def rich(name: str, value: Any) -> Any:
    """A value as Coda's rich form has it."""
    if value is None:
        return ""
    if name == "person":
        who, email = value
        return {"@type": "Person", "name": who, "email": email} if email else f"```{who}```"
    if name == "activity":
        what, row_id = value
        if row_id is None:
            return f"```{what}```"
        return {"@type": "StructuredValue", "additionalType": "row", "name": what, "rowId": row_id}
    if name in ("started_on", "ended_on"):
        return f"{value}T00:00:00.000+03:00"
    return value if name == "share" else f"```{value}```"
