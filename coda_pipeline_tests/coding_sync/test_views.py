"""What analysts see: unset values are NULL, times are UTC, dates are the days of UTC+8."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Engine

from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline_tests.coding.reference import reference
from coda_pipeline_tests.coding_sync.records import PLACE, issue, land, one, sql


def test_every_kind_of_unset_reads_null(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1))
    row = one(engine, "select * from coding.issues")._asdict()
    assert {name for name, value in row.items() if value is not None} == {
        *("team", "project", "code", "name", "type", "type_name", "type_id", "status_name", "status_type"),
        *("status_id", "working_hours", "created_at", "updated_at", "received_at"),
    }


def test_an_unset_date_of_an_iteration_is_null_and_a_set_one_is_a_day_of_utc_8(engine: Engine) -> None:
    base = {
        "Code": 8,
        "Name": "Sprint",
        "Goal": "",
        "Status": "WAIT_PROCESS",
        "Assignee": 0,
        "UpdatedAt": 1000,
    }
    land(
        engine,
        Table.ITERATIONS,
        {**base, "StartAt": -28800000, "EndAt": -28800000},
        {**base, "Code": 9, "StartAt": 1668009600000, "EndAt": 1668268799000},
    )
    rows = sql(engine, "select code, start_on, end_on, assignee_id from coding.iterations order by code")
    assert [tuple(row) for row in rows] == [
        (8, None, None, None),
        (9, date(2022, 11, 10), date(2022, 11, 12), None),
    ]


def test_an_issue_in_full_reads_typed(engine: Engine) -> None:
    land(
        engine,
        Table.ISSUES,
        issue(
            27,
            Priority="3",
            StoryPoint="0.5",
            WorkingHours=6,
            StartDate=1675872000000,
            DueDate=1676044799000,
            CompletedAt=1675224192000,
            Iteration={"Id": 1, "Code": 8, "Name": "Sprint 1", "Status": "PROCESSING"},
            Parent={**issue(3)},
            Assignee={"Id": 9, "Name": "Lee"},
            Labels=[{"Id": 1, "Name": "ui", "Color": "#fff"}, {"Id": 2, "Name": "api"}],
            SubTasks=[{"Code": 28}, {"Code": 29}],
            Files=[{"FileId": 5, "Name": "a.png", "Url": "https://x/y?sign=1"}],
            CustomFields=[
                {"Id": 3, "Name": "客户", "ValueString": "ACME"},
                {"Id": 4, "ValueString": '["a"]'},
            ],
        ),
    )
    row = one(engine, "select * from coding.issues")
    assert (row.priority, row.story_points, row.working_hours) == (3, Decimal("0.5"), Decimal(6))
    assert (row.start_on, row.due_on) == (date(2023, 2, 9), date(2023, 2, 10))
    assert row.completed_at == datetime(2023, 2, 1, 4, 3, 12, tzinfo=UTC)
    assert (row.iteration_code, row.iteration_name, row.parent_code) == (8, "Sprint 1", 3)
    assert (row.assignee_id, row.assignee_name, row.labels) == (9, "Lee", ["ui", "api"])
    assert (row.sub_task_codes, row.file_names) == ([28, 29], ["a.png"])
    assert row.custom_fields == {"客户": "ACME", "4": '["a"]'}


def test_a_value_of_another_form_reads_null_and_breaks_no_query(engine: Engine) -> None:
    odd = dict.fromkeys(issue(0), "odd") | {
        "Labels": {"a": 1},
        "CustomFields": [1, None, {}],
        "CreatedAt": [1],
    }
    land(engine, Table.ISSUES, odd | {"Code": 1, "UpdatedAt": 1640000000000, "StartDate": 10**18})
    row = one(engine, "select * from coding.issues")
    assert (row.priority, row.start_on, row.created_at, row.labels) == (None, None, None, None)


def test_a_member_shows_roles_and_whether_active(engine: Engine) -> None:
    member = {
        "Id": 6,
        "TeamId": 1,
        "Name": "lee",
        "Email": "lee@example.com",
        "Phone": "",
        "Status": -3,
        "EmailValidation": 1,
        "PhoneValidation": 0,
        "Roles": [{"RoleId": "1", "RoleType": "ProjectMember", "RoleTypeName": "开发"}],
    }
    land(engine, Table.MEMBERS, member)
    row = one(engine, "select * from coding.project_members")
    assert (row.member_id, row.phone, row.status, row.is_active) == (6, None, -3, False)
    assert (row.roles, row.role_types, row.role_ids) == (["开发"], ["ProjectMember"], [1])
    assert (row.is_email_valid, row.is_phone_valid) == (True, False)


def test_every_column_of_the_views_is_explained(engine: Engine) -> None:
    bare = sql(
        engine,
        "select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where n.nspname = 'coding' and c.relkind = 'v' and col_description(c.oid, a.attnum) is null",
    )
    assert bare == []


def test_a_recorded_issue_reads_typed(engine: Engine) -> None:
    recorded = reference("coding-recorded-responses.json")["responses"]
    payload = recorded["DescribeIssue"]["Response"]["Issue"]
    land(engine, Table.ISSUES, payload)
    row = one(engine, "select * from coding.issues")
    assert (row.team, row.project, row.code) == (PLACE.team, PLACE.project, payload["Code"])
    assert row.updated_at == datetime.fromtimestamp(payload["UpdatedAt"] / 1000, UTC)
    assert row.parent_code is None
    assert one(engine, "select record from raw.coding_issues").record == payload
