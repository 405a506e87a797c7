"""One source as planning sees it: a table with all mapped columns, a doc that knows a few people and
projects, and participations that agree with their rows until a test changes one side.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from coda_pipeline.catalog_participation import CANONICAL_FIELDS, ParticipationFields, ParticipationSource
from coda_pipeline.sync.model import Activity, Participation, Person, Record, Value
from coda_pipeline.sync.plan_inputs import Candidate, Column, Directory, PlanRules
from coda_pipeline.sync.plan_model import Decision, PlanRow
from coda_pipeline.sync.planning import plan_changes

DOC, TABLE = "doc1", "participation"
AT = datetime(2026, 1, 1, tzinfo=UTC)
SHARE = {"share": Decimal("0.5")}
ROLES = ("Аналитик", "Менеджер", "Ведущий, приглашённый")
COLUMNS = {
    column.id: column
    for column in (
        Column("c-person", "Сотрудник", "person"),
        Column("c-activity", "Проект", "lookup", target_table_id="grid-projects"),
        Column("c-role", "Роль", "select", options=ROLES),
        Column("c-start", "Начало", "date"),
        Column("c-end", "Конец", "date"),
        Column("c-share", "Доля", "percent", precision=0),
        Column("c-note", "Комментарий", "text"),
        Column("c-sync", "Ключ", "text"),
    )
}
SOURCE = ParticipationSource(
    table=TABLE,
    fields=ParticipationFields(
        person="c-person",
        activity="c-activity",
        role="c-role",
        started_on="c-start",
        ended_on="c-end",
        share="c-share",
        comment="c-note",
        sync_id="c-sync",
    ),
)
DIRECTORY = Directory(
    emails=frozenset({"anna@example.com", "boris@example.com", "ivan1@example.com", "ivan2@example.com"}),
    names={
        "анна белова": frozenset({"anna@example.com"}),
        "борис седов": frozenset({"boris@example.com", ""}),
        "иванов иван": frozenset({"ivan1@example.com", "ivan2@example.com"}),
        "новичок": frozenset({""}),
    },
    rows={"grid-projects": {"p1": "обучение", "p2": "аудит", "p3": "стройка", "p4": "стройка"}},
)
AGREED: dict[str, Value] = {
    "person": Person("Анна Белова", "anna@example.com"),
    "activity": Activity("Обучение", "p1"),
    "role": "Аналитик",
    "started_on": date(2024, 2, 1),
    "ended_on": None,
    "share": Decimal(1),
    "comment": None,
}


def rules(**changes: Any) -> PlanRules:
    """Everything allowed, keys included, unless a test says otherwise. `fields` and `columns` are changes."""
    source = changes.pop("source", SOURCE)
    if "fields" in changes:
        source = source.model_copy(update={"fields": source.fields.model_copy(update=changes.pop("fields"))})
    columns = dict(COLUMNS)
    for column_id, facts in changes.pop("columns", {}).items():
        if facts is None:
            del columns[column_id]
        else:
            columns[column_id] = replace(columns[column_id], **facts)
    plain: dict[str, Any] = {
        "source": source,
        "is_first": True,
        "columns": columns,
        "directory": DIRECTORY,
        "deletes": "ask",
        "changed_limit": 100,
        "mapping": "m1",
        "is_mapping_approved": True,
    }
    return PlanRules(**{**plain, **changes})


def record(row_id: str, fields: Mapping[str, Value], *, sync_id: str | None = None) -> Record:
    """A live row of Coda."""
    filled = {name: fields.get(name) for name in CANONICAL_FIELDS}
    return Record(f"{TABLE}:{row_id}", "coda", TABLE, DOC, row_id, "hash", filled, sync_id=sync_id)


def bound(
    number: int,
    row_id: str = "A",
    *,
    here: Mapping[str, Value] | None = None,
    coda: Mapping[str, Value] | None = None,
    agreed: Mapping[str, Value] | None = None,
    key: str | None = "own",
    **facts: Any,
) -> Candidate:
    """A participation with its row: what both agreed on, and what each side changed since."""
    pid = UUID(int=number)
    base = {**AGREED, **(agreed or {})}
    sync_id = str(pid) if key == "own" else key
    row = record(row_id, {**base, **(coda or {})}, sync_id=sync_id)
    p = Participation(pid, 2, {**base, **(here or {})}, "coda", TABLE, row_id, resolved_version=2)
    plain: dict[str, Any] = {"record": row, "values": row.fields, "base": base, "sync_id_in_row": sync_id}
    return Candidate(p, **{**plain, **facts})


def born(number: int, **here: Value) -> Candidate:
    """A participation that the application added, resolved and without a row."""
    p = Participation(
        UUID(int=number), 1, {**AGREED, **here}, "warehouse", natural_key="key", resolved_version=1
    )
    return Candidate(p)


def deleted(found: Candidate, *, extra_rows: tuple[Record, ...] = ()) -> Candidate:
    """The same after somebody deleted it in the warehouse."""
    p = found.participation._replace(deleted_at=AT, deleted_by="warehouse")
    return replace(found, participation=p, extra_rows=extra_rows)


def decision(digest: str, *, is_approved: bool = True) -> dict[str, Decision]:
    """A person's word on one digest."""
    return {digest: Decision(digest, is_approved, "hr", AT)}


def only(found: Candidate, given: PlanRules | None = None) -> PlanRow:
    (row,) = plan_changes([found], given or rules()).rows
    return row


def codes(row: PlanRow) -> list[str]:
    return [hold.code.value for hold in row.holds]


def many(count: int) -> list[Candidate]:
    return [bound(n, f"row-{n}", here=SHARE) for n in range(1, count + 1)]
