"""`plans`, `rejected` and `adopt`: what would change in Coda, and a person's word on it."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from coda_pipeline.sync.plan_model import Hold, HoldCode, Op, Plan, PlanKind
from coda_pipeline.warehouse.installation import installation_differences
from coda_pipeline.warehouse.write_back.plans import load_plan, store_plan
from coda_pipeline.warehouse.write_back.rejected import list_rejected, reject
from coda_pipeline_tests.cli.conftest import Terminal
from coda_pipeline_tests.core_tables.samples import apply, bound
from coda_pipeline_tests.plan_store.samples import DELETION, NOW, P1, P2, plan, row, select, write

KEYS = Hold(HoldCode.KEYS, "filling in keys waits for an approval")
MAPPING = Hold(HoldCode.MAPPING, "the mapping is new or changed")
FIRST, SECOND = row(P1, Op.DELETE, DELETION, digest="aaaaaa1111"), row(P2, Op.UPDATE, digest="aaaaaa2222")


def store(engine: Engine, new: Plan) -> str:
    with engine.begin() as conn:
        return str(store_plan(conn, new, run_id="run", now=NOW))


@pytest.fixture
def plan_id(engine: Engine) -> str:
    apply(engine, bound(P1, "i-1"))
    return store(engine, plan(FIRST, SECOND))


def held(engine: Engine, plan_id: str) -> Mapping[str, list[str]]:
    with engine.connect() as conn:
        return {r.digest: [hold.code.value for hold in r.holds] for r in load_plan(conn, int(plan_id)).rows}


def test_the_list_counts_rows_and_reasons_and_says_that_nothing_is_sent(ready: Terminal, plan_id: str):
    answer = ready.here("plans", "list")
    assert answer.status == 0, answer.err
    [_, line] = answer.out.splitlines()
    assert line.split("\t")[:5] == [plan_id, "participation", "changes", "open", "2026-01-01 12:00"]
    assert line.split("\t")[5:] == ["0", "1", "1", "0", "1", "deletion: 1"]
    assert "Nothing is sent: CODA_PIPELINE_ALLOW_WRITE is not set to 1." in answer.err


def test_showing_a_plan_tells_each_row_before_and_after_why_it_waits_and_whose_name_it_gets(
    ready: Terminal, plan_id: str
):
    answer = ready.here("plans", "show", plan_id)
    assert answer.status == 0, answer.err
    assert "comment: старый → новый" in answer.out
    assert "waits: a deletion waits for an approval [deletion]" in answer.out
    assert "under the name of" in answer.err
    assert "automations" in answer.err


def test_a_long_plan_is_cut_and_says_so(ready: Terminal, plan_id: str):
    answer = ready.here("plans", "show", plan_id, "--limit", "1")
    assert FIRST.digest in answer.out
    assert SECOND.digest not in answer.out
    assert "and 1 more" in answer.out


@pytest.mark.parametrize(
    "name", [FIRST.digest, "AAAAAA1", str(P1)], ids=["digest", "beginning", "participation"]
)
def test_one_row_is_approved_by_any_of_its_names(ready: Terminal, engine: Engine, plan_id: str, name: str):
    answer = ready.here("plans", "approve", plan_id, "--row", name, "--by", "Анна")
    assert answer.status == 0, answer.err
    assert "1 row(s) approved by Анна" in answer.out
    assert held(engine, plan_id) == {FIRST.digest: [], SECOND.digest: []}
    assert select(engine, "select digest, decided_by from sync.plan_decisions") == [(FIRST.digest, "Анна")]


@pytest.mark.parametrize("name", ["aaaaaa", "aaaa", "bbbbbb", "99"])
def test_a_name_that_fits_several_rows_or_none_does_nothing(
    ready: Terminal, engine: Engine, plan_id: str, name: str
):
    answer = ready.here("plans", "approve", plan_id, "--row", FIRST.digest, "--row", name)
    assert answer.status == 1
    assert "Nothing was done" in answer.err
    assert select(engine, "select count(*) from sync.plan_decisions") == [(0,)]


@pytest.mark.parametrize("args", [[], ["--all", "--row", FIRST.digest]])
@pytest.mark.parametrize("word", ["approve", "discard"])
def test_rows_or_all_must_be_said(ready: Terminal, plan_id: str, word: str, args: list[str]):
    assert ready.here("plans", word, plan_id, *args).status == 2


def test_discarding_all_keeps_every_row_out(ready: Terminal, engine: Engine, plan_id: str):
    assert ready.here("plans", "discard", plan_id, "--all").status == 0
    assert held(engine, plan_id) == {FIRST.digest: ["deletion", "discarded"], SECOND.digest: ["discarded"]}


def test_a_changed_mapping_is_approved_alone_or_with_all(ready: Terminal, engine: Engine):
    plan_id = store(engine, plan(row(P1, Op.UPDATE, MAPPING), mapping="m2"))
    assert "The mapping of participation changed" in ready.here("plans", "show", plan_id).out
    answer = ready.here("plans", "approve", plan_id, "--mapping", "--by", "Анна")
    assert answer.status == 0, answer.err
    assert held(engine, plan_id) == {row(P1).digest: []}
    query = "select fingerprint, approved_by from sync.approved_mappings"
    assert select(engine, query) == [("m2", "Анна")]
    assert ready.here("plans", "approve", store(engine, plan(mapping="m3")), "--all").status == 0
    assert select(engine, query)[0][0] == "m3"


def test_a_plan_that_was_replaced_cannot_be_approved_any_more(ready: Terminal, engine: Engine, plan_id: str):
    store(engine, plan(SECOND))
    answer = ready.here("plans", "approve", plan_id, "--all")
    assert answer.status == 1
    assert "plans list" in answer.err


def test_the_keys_come_as_a_table_to_paste(ready: Terminal, engine: Engine, plan_id: str):
    key = replace(row(P1, Op.KEY, KEYS), before={"sync_id": None}, after={"sync_id": str(P1)})
    keys = store(engine, plan(key, kind=PlanKind.KEYS))
    answer = ready.here("plans", "show", keys, "--csv")
    assert answer.status == 0, answer.err
    [line] = csv.DictReader(io.StringIO(answer.out))
    assert (line["row_id"], line["key"]) == ("i-1", str(P1))
    assert line["person"]
    assert ready.here("plans", "show", plan_id, "--csv").status == 1


def test_rejected_rows_are_listed_with_the_reason_and_tried_again_on_request(ready: Terminal, engine: Engine):
    with engine.begin() as conn:
        number = reject(
            conn, write(P1), ["comment"], "accepted but not applied", digest="d", run_id=None, now=NOW
        )
    listed = ready.here("rejected", "list")
    assert "accepted but not applied" in listed.out
    assert ready.here("rejected", "retry").status == 2
    assert ready.here("rejected", "retry", "999").status == 1
    assert ready.here("rejected", "retry", str(number)).status == 0
    with engine.connect() as conn:
        assert list_rejected(conn) == []
    assert ready.here("rejected", "retry", "--all").status == 1


def test_a_copied_database_is_adopted_by_a_persons_word_alone(ready: Terminal, engine: Engine):
    asked = ready.here("adopt")
    assert asked.status == 1
    assert "another database of the server" in asked.err
    with engine.connect() as conn:
        assert installation_differences(conn)
    assert ready.here("adopt", "--yes").status == 0
    with engine.connect() as conn:
        assert installation_differences(conn) == ()
    assert "nothing to adopt" in ready.here("adopt").out
