"""Plans and writes made by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from coda_pipeline.sync.model import Activity, Person
from coda_pipeline.sync.plan_model import Hold, HoldCode, Method, Op, Plan, PlanKind, PlanRow, Write

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
P1, P2, P3 = (UUID(int=n) for n in (1, 2, 3))
DELETION = Hold(HoldCode.DELETION, "a deletion waits for an approval")
UNKNOWN = Hold(HoldCode.PERSON_UNKNOWN, "person: the doc knows no such person", "person")


def row(pid: UUID = P1, op: Op = Op.UPDATE, *holds: Hold, after: Any = "новый", **given: Any) -> PlanRow:
    """An update of the comment of row `i-<n>`, unless told otherwise."""
    what: dict[str, Any] = {
        "participation_id": pid,
        "op": op,
        "source_table": "participation",
        "row_id": None if op is Op.CREATE else f"i-{pid.int}",
        "before": {"comment": "старый"},
        "after": {"comment": after},
        "digest": f"{op.value}-{pid.int}-{after}",
        "cells": {"c-n": after},
        "is_keyed": True,
        "holds": holds,
    }
    return PlanRow(**what | given)


FULL_ROW = replace(
    row(P2, Op.CREATE, DELETION, UNKNOWN),
    before={},
    after={
        "person": Person('Анна «Ёлка», \\ "x"', "anna@example.com"),
        "activity": Activity("Обучение\nи развитие", "p1"),
        "started_on": date(2024, 2, 1),
        "ended_on": None,
        "share": Decimal("0.50"),
        "sync_id": str(P2),
    },
    cells={"c-p": "anna@example.com", "c-l": 0.5, "c-a": ["p1"], "c-e": "", "c-x": []},
)


def plan(*rows: PlanRow, **given: Any) -> Plan:
    """An open plan of changes of `participation`."""
    what: dict[str, Any] = {
        "source_table": "participation",
        "kind": PlanKind.CHANGES,
        "rows": rows,
        "mapping": "m1",
    }
    return Plan(**what | given)


def write(pid: UUID = P1, op: Op = Op.UPDATE, method: Method = Method.PUT, **given: Any) -> Write:
    """What sending `row(pid, op)` stores."""
    planned = row(pid, op)
    what: dict[str, Any] = {
        "participation_id": pid,
        "op": op,
        "source_table": planned.source_table,
        "row_id": planned.row_id,
        "method": method,
        "before": planned.before,
        "after": planned.after,
        "digest": planned.digest,
        "cells": planned.cells,
        "sent_at": NOW,
    }
    return Write(**what | given)


def select(engine: Engine, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        return [tuple(found) for found in conn.execute(text(query), parameters)]


def marks(engine: Engine, *tables: str) -> Mapping[str, list[Any]]:
    """Which transaction wrote each row of these tables last: unchanged, where nothing was written."""
    return {
        t: sorted(r[0] for r in select(engine, f"select ctid::text || ' ' || xmin from {t}")) for t in tables
    }
