"""What a batch of records does to the warehouse: each change once, with history, whoever brought it."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from coda_pipeline.warehouse.coding.landing import tombstone
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline_tests.coding_sync.records import MONDAY, PLACE, issue, land, one, sql

LATER = MONDAY + timedelta(minutes=10)
EDITED = {"Name": "Edited", "UpdatedAt": 1640000060000}


def physical(engine: Engine) -> list[tuple[str, str]]:
    return [
        tuple(r) for r in sql(engine, "select xmin::text, ctid::text from raw.coding_issues order by code")
    ]


def test_inserts_and_updates_are_told_apart_and_the_version_before_is_kept(engine: Engine) -> None:
    assert land(engine, Table.ISSUES, issue(1), issue(2)).inserted == 2
    landed = land(engine, Table.ISSUES, issue(1), issue(2, **EDITED), issue(3), read_at=LATER, run_id="run-2")
    assert (landed.inserted, landed.updated) == (1, 1)
    kept = one(engine, "select * from raw.coding_history")
    assert (kept.table_name, kept.id, kept.record["Name"], kept.ended_as) == (
        "issues",
        2,
        "Issue 2",
        "replaced",
    )
    assert kept.ended_by_run == "run-2"
    assert (
        kept.valid_to == one(engine, "select received_at from raw.coding_issues where code = 2").received_at
    )


def test_the_same_list_again_writes_nothing(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1), issue(2))
    before = physical(engine)
    landed = land(engine, Table.ISSUES, issue(1), issue(2), read_at=LATER)
    assert (landed.inserted, landed.updated) == (0, 0)
    assert physical(engine) == before


def test_a_new_signature_in_an_address_is_no_change(engine: Engine) -> None:
    def with_file(sign: str) -> dict:
        return issue(1, Files=[{"FileId": 5, "Name": "a", "Url": f"https://x/y?{sign}"}])

    land(engine, Table.ISSUES, with_file("sign=1"))
    before = physical(engine)
    assert land(engine, Table.ISSUES, with_file("sign=2"), read_at=LATER).updated == 0
    assert physical(engine) == before


def test_an_older_version_that_arrives_later_is_ignored(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1, **EDITED))
    assert land(engine, Table.ISSUES, issue(1), read_at=LATER).updated == 0
    assert one(engine, "select name from coding.issues").name == "Edited"


def test_a_newer_version_wins_although_it_was_asked_for_earlier(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1), read_at=LATER)
    assert land(engine, Table.ISSUES, issue(1, **EDITED), read_at=MONDAY).updated == 1


def test_of_two_states_of_one_second_the_one_looked_at_later_stays(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1, Name="second edit"), read_at=LATER)
    assert land(engine, Table.ISSUES, issue(1, Name="first edit"), read_at=MONDAY).updated == 0
    assert one(engine, "select name from coding.issues").name == "second edit"


def test_a_record_that_comes_back_is_live_again_and_counts_as_updated(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1))
    with engine.begin() as conn:
        assert tombstone(conn, PLACE, Table.ISSUES, [1], looked_at=LATER, run_id="run-2", now=LATER) == 1
        assert tombstone(conn, PLACE, Table.ISSUES, [1], looked_at=LATER, run_id="run-3", now=LATER) == 0
    assert sql(engine, "select from coding.issues") == []
    assert land(engine, Table.ISSUES, issue(1), read_at=LATER).updated == 1
    assert [r.ended_as for r in sql(engine, "select ended_as from raw.coding_history")] == ["deleted"]


def test_who_was_seen_after_it_was_looked_for_in_vain_stays(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1), read_at=LATER)
    with engine.begin() as conn:
        assert tombstone(conn, PLACE, Table.ISSUES, [1], looked_at=MONDAY, run_id="run-2", now=LATER) == 0


def test_a_record_with_a_nul_character_is_kept_without_it(engine: Engine) -> None:
    land(engine, Table.ISSUES, issue(1, Description="a\x00b"))
    assert one(engine, "select description from coding.issues").description == "a\ufffdb"


versions = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=8, unique=True
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=versions, data=st.data())
def test_any_order_of_landing_ends_in_the_latest_state(engine: Engine, seen, data) -> None:
    """Each look is (code, edit that was there, minute of it); none shows less than one before."""
    with engine.begin() as conn:
        conn.exec_driver_sql("truncate raw.coding_issues, raw.coding_history")
    looks = [(c, e, m) for c, e, m in seen if all(e2 <= e for c2, e2, m2 in seen if c2 == c and m2 < m)]
    for code, edit, minute in data.draw(st.permutations(looks)):
        payload = issue(code, Name=f"edit {edit}", UpdatedAt=1640000000000 + edit * 1000)
        land(engine, Table.ISSUES, payload, read_at=MONDAY + timedelta(minutes=minute))
    found = {row.code: row.name for row in sql(engine, "select code, name from coding.issues")}
    assert found == {c: f"edit {max(e for c2, e, _ in looks if c2 == c)}" for c, _, _ in looks}
