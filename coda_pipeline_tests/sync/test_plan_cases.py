"""The readable plans: each file of `plan_cases/` tells what both sides hold and what must be planned.

A participation starts in agreement with its row; `agreed`, `here` and `coda` say what is otherwise.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from coda_pipeline.sync.model import Activity, Person, Unreadable, Value
from coda_pipeline.sync.plan_inputs import Candidate, PlanRules
from coda_pipeline.sync.plan_model import Decision, Op, PlanRow
from coda_pipeline.sync.planning import plan_changes, plan_keys
from coda_pipeline_tests.sync.planned import AT, born, bound, deleted, record, rules
from coda_pipeline_tests.sync.world import cell

CASES = sorted((Path(__file__).parent / "plan_cases").glob("*.yaml"))


def value(name: str, text: Any) -> Value:
    """As in the cases of resolving, and «?reason» for a cell that does not fit its field."""
    if isinstance(text, str) and text.startswith("?"):
        return Unreadable(text[1:])
    return cell(name, text)


def values(texts: dict[str, Any] | None) -> dict[str, Value]:
    return {name: value(name, text) for name, text in (texts or {}).items()}


def participation_id(name: str) -> UUID:
    return UUID(int=int(name[1:]))


def candidate(name: str, told: dict[str, Any]) -> Candidate:
    number = int(name[1:])
    if "row" not in told:
        found = born(number, **values(told.get("here")))
    else:
        key = told.get("key in row", "own")
        found = bound(
            number,
            told["row"],
            agreed=values(told.get("agreed")),
            here=values(told.get("here")),
            coda=values(told.get("coda")),
            key=str(participation_id(key)) if str(key).startswith("P") else key,
            row_state=told.get("row state", "live"),
            open_conflicts=frozenset(told.get("open conflicts", ())),
            is_key_unique=told.get("key is unique", True),
        )
    found = replace(found, in_flight=told.get("in flight", False))
    extra = tuple(record(row_id, values(fields)) for row_id, fields in told.get("duplicates", {}).items())
    return deleted(found, extra_rows=extra) if told.get("deleted here") else found


def decided(candidates: list[Candidate], given: PlanRules, words: dict[str, str]) -> PlanRules:
    """The rules with what people said of rows of the plan, by `<op> <P…> <row>`."""
    rows = [*plan_changes(candidates, given).rows, *plan_keys(candidates, given).rows]
    digests = {title(row): row.digest for row in rows}
    said = {digests[row]: Decision(digests[row], word == "approved", "hr", AT) for row, word in words.items()}
    return replace(given, decisions=said)


def title(row: PlanRow) -> str:
    return " ".join(filter(None, (row.op.value, f"P{row.participation_id.int}", row.row_id)))


def plain(name: str, of: Value) -> object:
    """A value in the form that a case writes."""
    if isinstance(of, Person | Activity):
        mark = "{} <{}>" if isinstance(of, Person) else "{} ({})"
        return mark.format(*of) if of[1] else of[0]
    if isinstance(of, Unreadable):
        return f"?{of.reason}"
    return float(of) if name == "share" and of is not None else of  # type: ignore[arg-type]


def described(row: PlanRow, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a case may ask of a row, as far as it does. Reasons to wait are always told."""
    fields = {
        name: {"from": plain(name, row.before.get(name)), "to": plain(name, row.after.get(name))}
        for name in {**row.before, **row.after}
        if name != "sync_id"
    }
    if row.op is Op.CREATE:
        fields = {name: change["to"] for name, change in fields.items()}
    facts: dict[str, Any] = {
        "fields": fields,
        "sends": dict(row.cells),
        "waits": [f"{h.code.value} {h.field}" if h.field else h.code.value for h in row.holds],
        "by key": row.is_keyed,
    }
    return {name: fact for name, fact in facts.items() if name in wanted or (name == "waits" and fact)}


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_the_case_plans_as_promised(path: Path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = rules(**case.get("rules", {}))
    candidates = [candidate(name, told) for name, told in case["participations"].items()]
    given = decided(candidates, given, case.get("decisions", {}))
    for wanted, plan in (
        (case.get("changes", {}), plan_changes(candidates, given)),
        (case.get("keys", {}), plan_keys(candidates, given)),
    ):
        found = {title(row): described(row, wanted.get(title(row), {})) for row in plan.rows}
        assert found == wanted


def test_there_are_cases():
    assert len(CASES) >= 15
