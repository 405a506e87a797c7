"""Records and participations to store, all that is stored, and a source table in `raw`."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Engine, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.sync.model import (
    Activity,
    BaseKey,
    Conflict,
    Fields,
    Outcome,
    Participation,
    Person,
    Record,
    Resolution,
)
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.apply import apply_resolution
from coda_pipeline.warehouse.views import ensure_table

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPEC = TableSpec(name="participation", doc_id="Doc", table_id="grid-1")
P1, P2, P3 = (UUID(int=n) for n in (1, 2, 3))


def fields(**given: object) -> Fields:
    """All canonical fields: Анна's, except for what is given."""
    return {
        "person": Person("Анна Петрова", "anna@example.org"),
        "activity": Activity("Обучение", "i-training"),
        "role": "аналитик",
        "started_on": date(2024, 3, 1),
        "ended_on": None,
        "share": Decimal("0.5"),
        "comment": None,
        **given,
    }


def record(row_id: str = "i-a", *, of: Fields | None = None, **given: object) -> Record:
    facts = {
        "record_id": f"participation:{row_id}",
        "source": "coda",
        "source_table": "participation",
        "doc_id": "Doc",
        "row_id": row_id,
        "row_hash": "h1",
        "created_at": NOW,
        "updated_at": NOW,
        "participation_id": P1,
        "outcome": Outcome.SURVIVOR,
        "natural_key": "key",
    }
    return Record(**facts | {"fields": of or fields()} | given)


def participation(participation_id: UUID = P1, *, of: Fields | None = None, **given: object) -> Participation:
    facts = {
        "participation_id": participation_id,
        "version": 1,
        "source": "coda",
        "source_table": "participation",
        "coda_row_id": "i-a",
        "created_at": NOW,
    }
    return Participation(**facts | {"fields": of or fields()} | given)


def bound(participation_id: UUID = P1, row_id: str = "i-a", **given: object) -> Resolution:
    """What a first sync decides of one row: a participation bound to it."""
    values, key = fields(**given), f"key of {row_id}"
    return Resolution(
        inserts=(participation(participation_id, of=values, coda_row_id=row_id),),
        records=(record(row_id, of=values, participation_id=participation_id, natural_key=key),),
        bases={BaseKey(participation_id, f"participation:{row_id}"): values},
        resolved={participation_id: key},
    )


def apply(
    engine: Engine, resolution: Resolution, *, seen: Mapping[UUID, int] | None = None, run_id: str = "run-1"
) -> set[UUID]:
    with engine.begin() as conn:
        return apply_resolution(conn, resolution, seen=seen or {}, run_id=run_id, now=NOW)


def loaded(
    engine: Engine,
) -> tuple[list[Record], list[Participation], dict[BaseKey, Fields], list[Conflict]]:
    """All records, participations, bases and open conflicts."""
    with engine.connect() as conn:
        return load.records(conn), load.participations(conn), load.bases(conn), load.open_conflicts(conn)


def put_raw(engine: Engine, rows: Mapping[str, str]) -> None:
    """Rows of the source with these digests, as a read leaves them."""
    with engine.begin() as conn:
        ensure_table(conn, SPEC)
        for row_id, row_hash in rows.items():
            conn.execute(
                text(
                    "insert into raw.coda_participation (row_id, values, row_hash, browser_link,"
                    " coda_created_at, coda_updated_at, first_seen_at, received_at)"
                    " values (:id, cast(:values as jsonb), :hash, :link, :now, :now, :now, :now)"
                ),
                {
                    "id": row_id,
                    "values": json.dumps({"c-1": {"name": row_id}}),
                    "hash": row_hash,
                    "link": f"https://coda.io/d/_dDoc#_rui-{row_id}",
                    "now": NOW,
                },
            )


def run(engine: Engine, statement: str, **parameters: object) -> None:
    with engine.begin() as conn:
        conn.execute(text(statement), parameters)
