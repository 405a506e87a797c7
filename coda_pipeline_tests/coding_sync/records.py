"""Records of CODING for tests of the warehouse's side, with every kind of "unset" that CODING has."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from coda_pipeline.sync.coding.encoding import staged
from coda_pipeline.warehouse.coding.landing import LandedRecords, land_records
from coda_pipeline.warehouse.coding.places import Place, Table

PLACE = Place("demo-team", "demo-project")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOBODY = {
    "Id": 0,
    "Status": 0,
    "Avatar": "",
    "Name": "",
    "Email": "",
    "TeamId": 0,
    "Phone": "",
    "GlobalKey": "",
}
NO_ISSUE = {"Code": 0, "Type": "", "Name": "", "IssueStatusId": 0, "Priority": "", "Assignee": NOBODY}


def issue(code: int, **fields: Any) -> dict[str, Any]:
    """An issue of which nothing is set but what is given."""
    return {
        "Code": code,
        "Type": "MISSION",
        "ParentType": "MISSION",
        "IssueTypeId": 7,
        "IssueTypeDetail": {
            "Id": 7,
            "Name": "任务",
            "IssueType": "MISSION",
            "Description": "",
            "IsSystem": True,
        },
        "Name": f"Issue {code}",
        "Description": "",
        "IterationId": 0,
        "Iteration": {"Code": 0, "Name": "", "Status": ""},
        "IssueStatusId": 4,
        "IssueStatusName": "未开始",
        "IssueStatusType": "TODO",
        "Priority": "",
        "Assignee": NOBODY,
        "Creator": NOBODY,
        "StartDate": 0,
        "DueDate": 0,
        "WorkingHours": 0.0,
        "StoryPoint": "",
        "CreatedAt": 1640000000000,
        "UpdatedAt": 1640000000000,
        "CompletedAt": 0,
        "Parent": NO_ISSUE,
        "Epic": NO_ISSUE,
        "SubTasks": [],
        "Labels": [],
        "Watchers": [],
        "Files": [],
        "ThirdLinks": [],
        "CustomFields": [],
        "ProjectModule": {"Id": 0, "Name": ""},
        "RequirementType": {"Id": 0, "Name": ""},
        "DefectType": {"Id": 0, "Name": "", "IconUrl": ""},
        **fields,
    }


def land(
    engine: Engine,
    table: Table,
    *payloads: dict[str, Any],
    read_at: datetime = MONDAY,
    run_id: str = "run-1",
    confirms: bool = False,
) -> LandedRecords:
    """Bring records into the warehouse as a read does."""
    records = [
        staged(p["Id"] if table is Table.MEMBERS else p["Code"], p, read_at=read_at, updated_at=_updated(p))
        for p in payloads
    ]
    with engine.begin() as conn:
        return land_records(
            conn, PLACE, table, records, run_id=run_id, now=read_at + timedelta(seconds=1), confirms=confirms
        )


def sql(engine: Engine, statement: str, **values: Any) -> list[Any]:
    """What a query answers."""
    with engine.begin() as conn:
        return list(conn.execute(text(statement), values))


def one(engine: Engine, statement: str, **values: Any) -> Any:
    """The only row."""
    [row] = sql(engine, statement, **values)
    return row


def _updated(payload: dict[str, Any]) -> datetime | None:
    ms = payload.get("UpdatedAt")
    return None if ms is None else datetime.fromtimestamp(ms // 1000, UTC)
