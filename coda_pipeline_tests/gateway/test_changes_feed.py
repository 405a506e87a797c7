"""The feed of changes: nothing is missed, however late it is committed; ends and merges are told."""

import time
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from coda_pipeline_tests.gateway.serving import Caller, Served
from coda_pipeline_tests.participation.table import Table

WITHIN_S = 120
PATH = "/v1/participation/changes"
INSERT = """
    insert into core.participation (person_name, activity, role, started_on)
    values ('Анна', 'Обучение', %s, '2024-03-01') returning participation_id
"""


@pytest.fixture
def caller(served: Served) -> Caller:
    return served.caller("read")


def feed(caller: Caller, after: str | None = None, **params: Any) -> dict[str, Any]:
    answer = caller.get(PATH, **params, **({"after": after} if after else {}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_until_through(database: str) -> None:
    """What is committed by now is in the feed once no transaction from before runs any more on the server.

    Other tests have some there, in databases of their own: transactions are counted for all together.
    """
    give_up_at = time.monotonic() + WITHIN_S
    with psycopg.connect(database, autocommit=True) as conn:
        (mark,) = conn.execute("select pg_current_xact_id()::text::bigint").fetchone()
        query = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s"
        while conn.execute(query, [mark]).fetchone() != (True,):
            assert time.monotonic() < give_up_at, f"an older transaction ran for over {WITHIN_S} s"
            time.sleep(0.05)


def roles(told: dict[str, Any]) -> list[str]:
    return [item["record"]["role"] for item in told["items"]]


def test_a_transaction_that_commits_late_is_not_missed(caller: Caller, database: str):
    with psycopg.connect(database) as early, psycopg.connect(database, autocommit=True) as quick:
        early.execute(INSERT, ["раньше начата, позже закончена"])
        quick.execute(INSERT, ["позже начата, раньше закончена"])
        first = feed(caller)
        assert roles(first) == []
        early.commit()
        wait_until_through(database)
        second = feed(caller, first["next"])
        assert sorted(roles(second)) == ["позже начата, раньше закончена", "раньше начата, позже закончена"]
        assert feed(caller, second["next"])["items"] == []


def test_readers_of_small_pages_see_every_change_once(caller: Caller, database: str):
    with psycopg.connect(database, autocommit=True) as conn:
        made = [str(conn.execute(INSERT, [f"роль {n}"]).fetchone()[0]) for n in range(7)]
    wait_until_through(database)
    seen, after, more = [], None, True
    while more:
        told = feed(caller, after, limit=3)
        seen += [item["participation_id"] for item in told["items"]]
        after, more = told["next"], told["more"]
    assert seen == made


def test_ends_and_merges_are_told_with_the_survivor(caller: Caller, database: str):
    with psycopg.connect(database, autocommit=True) as conn:
        kept, gone, merged = (conn.execute(INSERT, [role]).fetchone()[0] for role in "абв")
        wait_until_through(database)
        after = feed(caller)["next"]
        conn.execute("delete from core.participation where participation_id = %s", [gone])
        with conn.transaction():
            conn.execute("set local coda_pipeline.run_id = 'r'")
            conn.execute(
                "update core.participation_all set merged_into = %s where participation_id = %s",
                [kept, merged],
            )
    wait_until_through(database)
    told = {item["participation_id"]: item for item in feed(caller, after)["items"]}
    assert told[str(gone)]["kind"] == "deleted"
    assert told[str(gone)]["record"] is None
    assert (told[str(merged)]["kind"], told[str(merged)]["merged_into"]) == ("merged", str(kept))


def test_what_a_sync_wrote_is_told_too(caller: Caller, table: Table, database: str):
    after = feed(caller, "latest")["next"]
    table.put("i-1", person=("Анна", None), activity=("Обучение", None), role="а", started_on="2024-03-01")
    table.sync()
    wait_until_through(database)
    assert roles(feed(caller, after)) == ["а"]


def test_latest_starts_at_the_present(caller: Caller, database: str):
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(INSERT, ["до"])
        wait_until_through(database)
        after = feed(caller, "latest")["next"]
        conn.execute(INSERT, ["после"])
    wait_until_through(database)
    assert roles(feed(caller, after)) == ["после"]


def test_after_the_database_was_restored_elsewhere_readers_are_told_to_start_anew(
    caller: Caller, database: str, engine: Engine
):
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(INSERT, ["до"])
    wait_until_through(database)
    after = feed(caller)["next"]
    with engine.begin() as conn:
        conn.execute(text("update ops.feed set cluster = 'another server'"))
        conn.execute(text("update sync.participation_history set xact = '999999999'"))
    refused = caller.get(PATH, after=after)
    assert (refused.status_code, refused.json()["code"]) == (410, "feed_restarted")
    assert roles(feed(caller)) == ["до"]
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(INSERT, ["после"])
    wait_until_through(database)
    assert roles(feed(caller)) == ["до", "после"]


@pytest.mark.parametrize("after", ["x", "1.2", "1.99999999999999999999.1", "-1.0.0", "1.0.0; drop table"])
def test_what_is_no_position_is_refused(caller: Caller, after: str):
    assert caller.get(PATH, after=after).status_code == 422
