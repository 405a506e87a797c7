"""The application's API on Участие: what it reads, what it may write, what it is told when it may not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from coda_pipeline_tests.gateway.serving import Caller, Served
from coda_pipeline_tests.participation.table import Table

PATH = "/v1/participation"
ANNA = ("Анна Петрова", "anna@example.org")
TRAINING = ("Обучение", "i-training")
NEW = {
    "person_name": "Анна Петрова",
    "person_email": "anna@example.org",
    "activity": "Обучение",
    "activity_row_id": "i-training",
    "role": "Наставник",
    "started_on": "2026-05-01",
}


@pytest.fixture
def rows(table: Table) -> Table:
    """Two people in one activity, as read from Coda and resolved."""
    table.put("i-1", person=ANNA, activity=TRAINING, role="Аналитик", started_on="2024-03-01", share=0.5)
    table.put("i-2", person=("Иван Ёлкин", None), activity=TRAINING, role="Аналитик", started_on="2024-03-01")
    table.sync()
    return table


@pytest.fixture
def caller(served: Served, rows: Table) -> Caller:
    return served.caller("read", "write", name="payroll")


def anna(caller: Caller) -> dict[str, Any]:
    (found,) = caller.get(PATH, person_email="ANNA@example.org").json()["items"]
    return found


def patch(caller: Caller, record: dict[str, Any], body: Any, etag: str | None = None) -> Any:
    headers = {"If-Match": etag or f'"{record["version"]}"'}
    return caller.call("PATCH", f"{PATH}/{record['participation_id']}", json=body, headers=headers)


def mark_as_sync(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as conn:
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        conn.execute(text(statement), values)


def test_a_record_is_read_with_its_etag_and_how_it_stands_towards_coda(caller: Caller):
    record = anna(caller)
    answer = caller.get(f"{PATH}/{record['participation_id']}")
    assert answer.headers["ETag"] == '"1"'
    assert answer.json() == record
    assert (record["person_name"], record["role"], record["share"], record["year"]) == (
        "Анна Петрова", "Аналитик", 0.5, 2024,
    )  # fmt: skip
    assert record["sync"]["state"] == "synced"


def test_pages_follow_each_other_without_a_gap_or_a_repeat(caller: Caller, rows: Table):
    for n in range(7):
        rows.put(f"i-more-{n}", person=ANNA, activity=TRAINING, role=f"Роль {n}", started_on="2024-03-01")
    rows.sync()
    seen, after = [], None
    for _ in range(10):
        page = caller.get(PATH, limit=2, **({"after": after} if after else {})).json()
        seen += [record["participation_id"] for record in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 9
    assert set(seen) == {str(found) for found in rows.live().values()}


def test_filters_compare_as_people_spell(caller: Caller):
    assert [r["person_name"] for r in caller.get(PATH, person_name="елкин  ИВАН").json()["items"]] == []
    assert [r["person_name"] for r in caller.get(PATH, person_name="иван елкин").json()["items"]] == [
        "Иван Ёлкин"
    ]
    assert len(caller.get(PATH, year=2024, role="аналитик").json()["items"]) == 2
    assert caller.get(PATH, year=2023).json() == {"items": [], "next": None}


def test_an_edit_is_written_for_the_version_that_was_read_and_waits_for_coda(caller: Caller, rows: Table):
    record = anna(caller)
    answer = patch(caller, record, {"share": 0.8, "comment": "<b>🎄</b>"})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    changed = answer.json()
    assert (changed["share"], changed["comment"]) == (0.8, "<b>🎄</b>")
    assert changed["sync"]["state"] == "pending"
    assert changed["sync"]["reason"] == "changed here: share, comment"
    (writer,) = rows.select("select writer from sync.participation_history where op = 'update'")[0]
    assert writer.endswith(" for payroll")


def test_an_edit_of_a_version_that_is_gone_is_refused_and_changes_nothing(caller: Caller):
    record = anna(caller)
    assert patch(caller, record, {"share": 0.8}).status_code == 200
    late = patch(caller, record, {"share": 0.1})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert anna(caller)["share"] == 0.8


def test_of_many_edits_of_one_version_one_wins(caller: Caller, served: Served):
    record = anna(caller)
    callers = [served.caller("write") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda one: patch(one, record, {"comment": str(id(one))}).status_code, callers)
    assert sorted(answers) == [200, 412, 412, 412, 412, 412]


def test_without_a_version_nothing_is_written(caller: Caller):
    record = anna(caller)
    path = f"{PATH}/{record['participation_id']}"
    assert caller.call("PATCH", path, json={"share": 0.1}).status_code == 428
    assert caller.call("DELETE", path).status_code == 428
    assert caller.call("PATCH", path, json={"share": 0.1}, headers={"If-Match": 'W/"1"'}).status_code == 412
    assert caller.call("PATCH", path, json={"share": 0.1}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"share": 1.5}, "invalid", "share"),
        ({"share": "NaN"}, "invalid", "share"),
        ({"started_on": "01.02.2024"}, "invalid", "started_on"),
        ({"version": 9}, "invalid", "version"),
        ({"comment": "x" * 40_001}, "invalid", "comment"),
        ({"role": None}, "missing_field", "role"),
        ({"role": "  "}, "missing_field", "role"),
        ({"person_email": "nobody@example.org"}, "unknown_person", "person_email"),
        ({"person_name": "Никто Никогда"}, "unknown_person", "person_name"),
        ({"activity": "Нет такой"}, "unknown_activity", "activity"),
        ({"activity_row_id": "i-nothing"}, "unknown_activity", "activity_row_id"),
    ],
)
def test_what_does_not_fit_is_refused_at_once_with_its_field(
    caller: Caller, body: Any, code: str, field: str
):
    record = anna(caller)
    answer = patch(caller, record, body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert field in str(answer.json())
    assert anna(caller) == record


def test_a_new_participation_is_created_and_waits_for_coda(caller: Caller):
    answer = caller.post(PATH, NEW)
    assert answer.status_code == 201
    made = answer.json()
    assert made["source"] == "warehouse"
    assert made["sync"] == {"state": "pending", "reason": "not in Coda yet", "coda_url": None}
    assert caller.get(answer.headers["Content-Location"]).json() == made


def test_a_taken_natural_key_is_answered_with_the_id_that_has_it(caller: Caller):
    made = caller.post(PATH, NEW).json()
    again = caller.post(PATH, {**NEW, "role": " наставник "})
    assert (again.status_code, again.json()["code"]) == (409, "exists")
    assert again.json()["existing_id"] == made["participation_id"]
    edited = patch(caller, anna_of(caller, "Аналитик"), {"role": "Наставник", "started_on": "2026-05-01"})
    assert (edited.status_code, edited.json()["existing_id"]) == (409, made["participation_id"])


def anna_of(caller: Caller, role: str) -> dict[str, Any]:
    return next(r for r in caller.get(PATH, person_email=ANNA[1]).json()["items"] if r["role"] == role)


def test_of_many_creations_at_once_one_is_made_and_the_others_learn_its_id(caller: Caller, served: Served):
    callers = [served.caller("write") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: one.post(PATH, NEW), callers))
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert {answer.status_code for answer in others} == {409}
    assert {answer.json()["existing_id"] for answer in others} == {made["participation_id"]}


def test_a_repeated_creation_with_its_key_creates_nothing_and_answers_the_same(caller: Caller):
    headers = {"Idempotency-Key": "create-1"}
    first = caller.post(PATH, NEW, headers=headers)
    again = caller.post(PATH, NEW, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    reused = caller.post(PATH, {**NEW, "role": "Другая"}, headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")


def test_a_creation_that_was_refused_may_come_again_with_its_key(caller: Caller):
    headers = {"Idempotency-Key": "create-2"}
    assert caller.post(PATH, {**NEW, "role": None}, headers=headers).status_code == 422
    assert caller.post(PATH, {**NEW, "role": None}, headers=headers).status_code == 422
    assert caller.post(PATH, NEW, headers=headers).status_code == 201


def test_a_deleted_participation_is_gone_and_says_so(caller: Caller):
    record = anna(caller)
    path = f"{PATH}/{record['participation_id']}"
    assert caller.call("DELETE", path, headers={"If-Match": '"9"'}).status_code == 412
    assert caller.call("DELETE", path, headers={"If-Match": '"1"'}).status_code == 204
    assert (caller.get(path).status_code, caller.get(path).json()["code"]) == (410, "deleted")
    assert caller.call("DELETE", path, headers={"If-Match": "*"}).status_code == 410
    assert caller.get(f"{PATH}/{uuid4()}").status_code == 404


def test_a_merged_id_is_answered_with_its_survivor_and_writes_are_sent_there(caller: Caller, engine: Engine):
    record, made = anna(caller), caller.post(PATH, NEW).json()
    mark_as_sync(
        engine,
        "update core.participation_all set merged_into = :into where participation_id = :id",
        into=record["participation_id"],
        id=made["participation_id"],
    )
    answer = caller.get(f"{PATH}/{made['participation_id']}")
    assert answer.json()["participation_id"] == record["participation_id"]
    assert answer.headers["Content-Location"] == f"{PATH}/{record['participation_id']}"
    refused = patch(caller, made, {"share": 0.1})
    assert (refused.status_code, refused.json()["existing_id"]) == (409, record["participation_id"])


def test_the_application_writes_by_its_own_key(caller: Caller):
    path = f"{PATH}/by-external-id/заказ 7"
    made = caller.call("PUT", path, json=NEW)
    assert made.status_code == 201
    changed = caller.call("PUT", path, json={"share": "0.25"})
    assert changed.status_code == 200
    assert changed.json()["participation_id"] == made.json()["participation_id"]
    assert (changed.json()["share"], changed.json()["role"]) == (0.25, "Наставник")
    stale = caller.call("PUT", path, json={"share": 0.5}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


def test_an_external_id_that_is_taken_is_answered_with_its_holder(caller: Caller):
    made = caller.post(PATH, {**NEW, "external_id": "a-1"}).json()
    refused = caller.post(PATH, {**NEW, "role": "Другая", "external_id": "a-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "external_id_taken")
    assert refused.json()["existing_id"] == made["participation_id"]


def test_a_conflict_that_waits_for_a_person_is_told_with_its_field(served: Served, engine: Engine):
    asking = Table(engine, "ask")
    asking.put("i-9", person=ANNA, activity=TRAINING, role="Аналитик", started_on="2025-01-01", share=1)
    asking.sync()
    caller = served.caller("read", "write")
    patch(caller, anna(caller), {"share": 0.5})
    asking.put("i-9", person=ANNA, activity=TRAINING, role="Аналитик", started_on="2025-01-01", share=0.8)
    asking.sync()
    assert anna(caller)["sync"]["state"] == "conflict"
    assert anna(caller)["sync"]["reason"] == "changed on both sides: share"


def test_what_only_the_dump_knows_is_local(caller: Caller, engine: Engine):
    made = caller.post(PATH, NEW).json()
    mark_as_sync(
        engine,
        "update core.participation_all set source = 'dump' where participation_id = :id",
        id=made["participation_id"],
    )
    assert caller.get(f"{PATH}/{made['participation_id']}").json()["sync"]["state"] == "local"
