"""Resolving Участие: 100,000 records at first sight, and ten changed ones among them.

Two figures each: deciding alone (pure Python), and the whole (load, decide, apply, in a real PostgreSQL). The
floor of deciding is the barest script: a key of four texts, case folded, in a dictionary; nothing remembered.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from sqlalchemy import Engine, text

from bench.figures import Figure
from bench.pages import DOC, row_of, table_id
from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.sync.coda_records import record_of
from coda_pipeline.sync.identity import Known
from coda_pipeline.sync.model import Person, Record
from coda_pipeline.sync.normalize import norm
from coda_pipeline.sync.participation import resolve_participation
from coda_pipeline.sync.resolve import resolve
from coda_pipeline.sync.resolve_state import Rules, State
from coda_pipeline.warehouse.core.driver import copy_rows
from coda_pipeline.warehouse.core.rows import RawRow
from coda_pipeline.warehouse.views import ensure_table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RAW_COLUMNS = ("row_id", "values", "row_hash", "coda_updated_at", "received_at", "first_seen_at", "run_id")


def catalog(rows: int) -> Catalog:
    """The bench table as the only source of Участие."""
    fields = {
        "person": "c-person",
        "activity": "c-project",
        "role": "c-role",
        "started_on": "c-start",
        "ended_on": "c-end",
        "share": "c-share",
        "comment": "c-note",
    }
    content = {
        "coda": {"docs": [{"id": DOC, "tables": [{"id": table_id(rows), "name": "participation"}]}]},
        "participation": {"sources": [{"table": "participation", "fields": fields}]},
    }
    return parse_catalog(content, source="bench")


def measure(engine: Engine, rows: int = 100_000, changed: int = 10) -> list[Figure]:
    """Resolve a table of so many rows, then again after so many of them changed, in a migrated database."""
    of = catalog(rows)
    records = {r.record_id: r for r in _records(of, rows)}
    floor = _timed(lambda: _barest(records))
    decide = _timed(lambda: _decide(records))
    first, again = _in_postgresql(engine, of, rows, changed)
    return [
        Figure(f"decide {rows:,} new records", decide, "s", floor, "under 5 s", decide < 5),
        Figure(f"load, decide, apply {rows:,} new records", first, "s", floor),
        Figure(
            f"load, decide, apply {changed} changed among {rows:,}",
            again,
            "s",
            None,
            "under 0.5 s",
            again < 0.5,
        ),
    ]


def _records(of: Catalog, rows: int) -> list[Record]:
    spec, section = of.table("participation"), of.participation
    if section is None:
        return []
    source = section.sources[0]
    return [record_of(_raw(n), spec, source) for n in range(rows)]


def _raw(n: int, edition: int = 0) -> RawRow:
    row = row_of(n, edition)
    values = row["values"]
    return RawRow(str(row["id"]), f"{n}/{edition}", values, NOW, NOW, None, None)  # type: ignore[arg-type]


def _barest(records: dict[str, Record]) -> None:
    groups: dict[tuple[str, ...], list[str]] = {}
    for record_id, record in records.items():
        key = tuple(
            str(record.fields[name]).casefold() for name in ("person", "activity", "role", "started_on")
        )
        groups.setdefault(key, []).append(record_id)


def _decide(records: dict[str, Record]) -> None:
    people: dict[str, set[str]] = {}
    for record in records.values():
        person = record.fields["person"]
        if isinstance(person, Person):
            people.setdefault(norm(person.name), set()).add(norm(person.email))
    rules = Rules(("person", "activity", "role", "started_on"), "coda_wins", (DOC,))
    state = State(records=records, before={}, participations={}, known=Known(people, {}, (DOC,)))
    resolve(state, rules, now=NOW, new_id=uuid4)


def _in_postgresql(engine: Engine, of: Catalog, rows: int, changed: int) -> tuple[float, float]:
    with engine.begin() as conn:
        ensure_table(conn, of.table("participation"))
        copy_rows(conn, "raw.coda_participation", RAW_COLUMNS, (_line(n) for n in range(rows)))
    first = _timed(lambda: resolve_participation(engine, of, None, run_id="bench"))
    with engine.begin() as conn:
        conn.execute(text("analyze"))
        for n in range(0, rows, rows // changed):
            row_id, body, row_hash, *_ = _line(n, edition=1)
            query = text("update raw.coda_participation set values = :v, row_hash = :h where row_id = :r")
            conn.execute(query, {"v": body, "h": row_hash, "r": row_id})
    again = _timed(lambda: resolve_participation(engine, of, None, run_id="bench"))
    return first, again


def _line(n: int, edition: int = 0) -> tuple[object, ...]:
    raw = _raw(n, edition)
    return raw.row_id, orjson.dumps(raw.values).decode(), raw.row_hash, NOW, NOW, NOW, "bench"


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
