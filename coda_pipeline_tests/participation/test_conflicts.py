"""A person's word settles a conflict, and the next sync finds both sides as the person wants them."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.conflicts import settle
from coda_pipeline.sync.participation_plan import plan_participation
from coda_pipeline.sync.plan_model import HoldCode, Op
from coda_pipeline.warehouse.write_back.plans import open_plans
from coda_pipeline_tests.participation.table import Table
from coda_pipeline_tests.participation.test_resolving import ENTRY, is_silent

ASK = "select conflict_id from sync.conflicts where outcome is null"
SHARE = "select share from core.participation"


def at_odds(engine: Engine) -> tuple[Table, int]:
    """Base 1.0, warehouse 0.5, Coda 0.8, and a person is asked."""
    table = Table(engine, policy="ask")
    table.put("A", **ENTRY, share=1)
    table.sync()
    table.execute("update core.participation set share = 0.5")
    table.put("A", **ENTRY, share=0.8)
    table.sync()
    assert table.select(SHARE) == [(Decimal("0.5"),)]
    ((conflict_id,),) = table.select(ASK)
    return table, conflict_id


@pytest.mark.parametrize(("take", "share"), [("coda", "0.8"), ("warehouse", "0.5"), ("0.6", "0.6")])
def test_a_field_takes_the_side_or_the_value_that_was_said(engine: Engine, take: str, share: str) -> None:
    table, conflict_id = at_odds(engine)
    settle(engine, conflict_id, take, by="hr@example.com", now=table.now)
    assert is_silent(table.sync())
    assert table.select(SHARE) == [(Decimal(share),)]
    outcome = take if take in ("coda", "warehouse") else "value"
    closed = table.select("select outcome, closed_by from sync.conflicts")
    assert closed == [(outcome, "hr@example.com")]


def test_a_settled_field_is_at_odds_again_only_after_the_next_edit(engine: Engine) -> None:
    table, conflict_id = at_odds(engine)
    settle(engine, conflict_id, "warehouse", by="hr", now=table.now)
    assert is_silent(table.sync(full=True))
    table.put("A", **ENTRY, share=0.9)
    assert table.sync().conflicts_raised == 1


@pytest.mark.parametrize(("take", "live"), [("coda", 0), ("warehouse", 1)])
def test_deleted_in_coda_and_edited_here(engine: Engine, take: str, live: int) -> None:
    table = Table(engine)
    table.put("A", **ENTRY, share=1)
    table.sync()
    table.execute("update core.participation set share = 0.5")
    table.delete("A")
    table.sync()
    assert len(table.live()) == 1
    settle(engine, table.select(ASK)[0][0], take, by="hr", now=table.now)
    assert is_silent(table.sync())
    assert len(table.live()) == live
    assert table.select(ASK) == []
    assert table.select("select coda_row_id, source from core.participation") == [(None, "warehouse")] * live


@pytest.mark.parametrize(("take", "comments"), [("coda", [("ещё нужна",)]), ("warehouse", [])])
def test_deleted_here_and_edited_in_coda(engine: Engine, take: str, comments: list[tuple[str]]) -> None:
    table = Table(engine)
    table.put("A", **ENTRY)
    table.sync()
    table.execute("delete from core.participation")
    table.put("A", **ENTRY, comment="ещё нужна")
    table.sync()
    assert table.live() == {}
    settle(engine, table.select(ASK)[0][0], take, by="hr", now=table.now)
    table.sync()
    assert table.select("select comment from core.participation") == comments
    assert table.select(ASK) == []
    assert is_silent(table.sync())


def test_what_does_not_fit_is_refused_and_nothing_is_settled(engine: Engine) -> None:
    table, conflict_id = at_odds(engine)
    with pytest.raises(ConfigurationError, match=r"0\.5"):
        settle(engine, conflict_id, "половина", by="hr", now=table.now)
    with pytest.raises(ConfigurationError, match="conflicts list"):
        settle(engine, conflict_id + 1, "coda", by="hr", now=table.now)
    assert table.select(ASK) == [(conflict_id,)]


def a_fragment(engine: Engine) -> tuple[Table, int]:
    """A row deleted in Coda just before a bulk write with its key reached it."""
    table = Table(engine)
    table.put("A", **ENTRY, share=1)
    table.sync()
    ((pid,),) = table.select("select participation_id from core.participation")
    table.put("A", **ENTRY, share=1, sync_id=pid)
    table.execute("update core.participation set share = 0.5")
    table.sync()
    table.execute(
        """insert into sync.writes (participation_id, op, source_table, row_id, method, before, after, digest,
                                    cells, state, sent_at, closed_at)
           values (:pid, 'update', 'participation', 'A', 'upsert', '{}', '{}', 'd', '{}', 'superseded',
                   now(), now())""",
        pid=pid,
    )
    table.delete("A")
    table.put("F", share=0.5, sync_id=pid)
    table.sync()
    assert is_silent(table.sync())
    assert is_silent(table.sync(full=True))
    assert table.live() == {"A": pid}
    assert table.select("select outcome from core.participation_records where row_id = 'F'") == [
        ("incomplete",)
    ]
    assert table.select("select kind, record_id from sync.conflicts") == [("fragment", "participation:F")]
    return table, table.select(ASK)[0][0]


def test_a_fragment_that_stays_is_never_taken_for_its_participation(engine: Engine) -> None:
    table, conflict_id = a_fragment(engine)
    settle(engine, conflict_id, "coda", by="hr", now=table.now)
    table.sync()
    assert table.live() == {}
    ((pid,),) = table.select("select participation_id from core.participation_all")
    table.put("F", **ENTRY, share=0.5, sync_id=pid)
    table.sync()
    assert set(table.live()) == {"F"}
    assert pid not in table.live().values()
    assert is_silent(table.sync(full=True))


def test_a_fragment_that_goes_is_planned_to_be_deleted_before_its_participation_is_made_again(
    engine: Engine,
) -> None:
    table, conflict_id = a_fragment(engine)
    settle(engine, conflict_id, "warehouse", by="hr", now=table.now)
    assert is_silent(table.sync())
    assert list(table.live()) == [None]
    plan_participation(engine, table.catalog, run_id="plan", now=table.now)
    with engine.connect() as conn:
        rows = {row.op: row for plan in open_plans(conn) for row in plan.rows}
    assert {hold.code for hold in rows[Op.CREATE].holds} >= {HoldCode.CONFLICT}
    assert rows[Op.DELETE].row_id == "F"
    assert HoldCode.DELETION not in {hold.code for hold in rows[Op.DELETE].holds}
    table.delete("F")
    assert is_silent(table.sync())
