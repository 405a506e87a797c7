"""A small table of Coda as the warehouse sees it: facts of columns, and rows put straight into `raw`."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.warehouse.column_changes import ColumnChanges, ColumnFact
from coda_pipeline.warehouse.ledger import describe_table, record_columns
from coda_pipeline.warehouse.views import ensure_table, grow_views

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
LINK = "https://coda.io/d/_dDoc#_tuGrid"


def spec_of(name: str = "participation", *, excluded: Sequence[str] = ()) -> TableSpec:
    return TableSpec(name=name, doc_id="Doc", table_id=f"grid-{name}", excluded=frozenset(excluded))


def fact(column_id: str, name: str, column_type: str = "text", *, is_array: bool = False) -> ColumnFact:
    return ColumnFact(
        column_id, name, column_type, is_array, format={"type": column_type, "isArray": is_array}
    )


def learn(
    engine: Engine, columns: Sequence[ColumnFact], *, spec: TableSpec | None = None, now: datetime = NOW
) -> ColumnChanges:
    """What a full read does with the columns that it was told."""
    spec = spec or spec_of()
    with engine.begin() as conn:
        ensure_table(conn, spec)
        describe_table(conn, spec.name, title="Участие", link=LINK)
        changes = record_columns(conn, spec, columns, now=now)
        grow_views(conn, spec)
    return changes


def put(conn: Connection, row_id: str, values: Mapping[str, object], *, table: str = "participation") -> None:
    conn.execute(
        text(
            f"insert into raw.coda_{table} (row_id, values, row_hash, first_seen_at, received_at) "
            "values (:id, cast(:values as jsonb), 'h', :now, :now)"
        ),
        {"id": row_id, "values": json.dumps(values), "now": NOW},
    )


def put_all(
    engine: Engine, rows: Mapping[str, Mapping[str, object]], *, table: str = "participation"
) -> None:
    with engine.begin() as conn:
        for row_id, values in rows.items():
            put(conn, row_id, values, table=table)


def ask(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query.replace(":", "\\:")))]


def columns_of(engine: Engine, view: str) -> list[str]:
    query = (
        "select attname from pg_attribute where attnum > 0 and not attisdropped "
        f"and attrelid = '{view}'::regclass order by attnum"
    )
    return [str(name) for (name,) in ask(engine, query)]


def typed_columns_of(engine: Engine, view: str = "coda.participation") -> list[str]:
    return columns_of(engine, view)[4:]


def person(name: str, email: str | None = None) -> dict[str, str]:
    return {"@context": "http://schema.org/", "@type": "Person", "name": name} | (
        {"email": email} if email else {}
    )


def relation(name: str, row_id: str) -> dict[str, str]:
    return {
        "@context": "http://schema.org/",
        "@type": "StructuredValue",
        "additionalType": "row",
        "name": name,
    } | {"rowId": row_id}
