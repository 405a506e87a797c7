"""The readable cases: each file of `cases/` is a history of both sides and what must be true after it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from coda_pipeline_tests.sync.dump_world import DumpWorld
from coda_pipeline_tests.sync.world import cell, is_silent

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
FIELDS = ("person", "activity", "role", "started_on", "ended_on", "share", "comment")


class Reader:
    """Plays one case. P1, P2 … are names that a case gives to participations when it first mentions them."""

    def __init__(self, policy: str) -> None:
        self.world = DumpWorld(policy=policy)  # type: ignore[arg-type]
        self.names: dict[str, UUID] = {}
        self.sent_before = 0

    def play(self, step: dict[str, Any]) -> None:
        (verb, what), *_ = step.items()
        getattr(self, f"do_{verb}")(what)

    def do_hr(self, rows: dict[str, Any]) -> None:
        for row_id, cells in rows.items():
            if cells == "deletes it":
                self.world.delete(row_id)
                continue
            source = cells.pop("copy of", None)
            values = {n: cell(n, v) for n, v in cells.items() if n in FIELDS}
            if "our key" in cells:
                values["sync_id"] = str(self.names[cells["our key"]])
            if source:
                self.world.copy(source, row_id, **values)
            else:
                self.world.put(row_id, **values)

    def do_dump(self, lines: dict[str, Any]) -> None:
        self.world.dump({i: {n: cell(n, v) for n, v in cells.items()} for i, cells in lines.items()})

    def do_application(self, changes: dict[str, Any]) -> None:
        for name, fields in changes.items():
            if fields == "deletes it":
                self.world.remove(self.names[name])
                continue
            values = {n: cell(n, v) for n, v in fields.items()}
            if name in self.names:
                self.world.edit(self.names[name], **values)
            else:
                self.names[name] = self.world.insert(**values)

    def do_sync(self, options: dict[str, Any] | None) -> None:
        gone = frozenset(f"participation:{row}" for row in (options or {}).get("rows that answer 404", ()))
        self.world.sync(gone=gone)
        again = self.world.sync()
        assert is_silent(again), f"a second sync is not silent: {again}"

    def do_round(self, options: dict[str, Any] | None) -> None:
        """Read, resolve, send, let Coda apply it, read and prove; or only up to a point."""
        until = (options or {}).get("until")
        self.world.bulk = bool((options or {}).get("in bulk"))
        self.world.pull()
        self.world.send()
        if until == "sent":
            return
        self.world.apply()
        self.world.pull()

    def do_coda(self, what: str) -> None:
        {"applies it": self.world.apply, "says it is done, and does nothing": self.world.lose}[what]()

    def do_minutes(self, count: int) -> None:
        self.world.clock += timedelta(minutes=count)

    def do_person(self, what: dict[str, str]) -> None:
        (conflict,) = self.world.open_conflicts
        self.world.settle(conflict, str(what["takes"]))

    def do_idle(self, _: None) -> None:
        """A further round writes nothing, on either side."""
        before = {row: dict(cells) for row, cells in self.world.rows.items()}
        assert self.world.round() == 0
        assert is_silent(self.world.sync())
        assert self.world.rows == before

    def do_then(self, facts: dict[str, Any]) -> None:
        for fact, expected in facts.items():
            getattr(self, "see_" + fact.replace(" ", "_"))(expected)

    def see_participations(self, expected: dict[str, dict[str, Any]]) -> None:
        live = self.world.live
        for name, facts in expected.items():
            if name not in self.names:
                self.names[name] = next(i for i, p in live.items() if p.coda_row_id == facts["row"])
            p = live[self.names[name]]
            for fact, value in facts.items():
                if fact == "row":
                    assert p.coda_row_id == value
                elif fact == "source":
                    assert p.source == value
                else:
                    assert p.fields[fact] == cell(fact, value), (name, fact)
        assert {self.names[name] for name in expected} == set(live)

    def see_coda(self, expected: dict[str, dict[str, Any]]) -> None:
        assert set(self.world.rows) == set(expected)
        for row_id, facts in expected.items():
            for name, value in facts.items():
                wanted = str(self.names[value]) if name == "our key" else cell(name, value)
                found = self.world.rows[row_id].get("sync_id" if name == "our key" else name)
                assert found == wanted, (row_id, name)

    def see_sent(self, expected: int) -> None:
        found, self.sent_before = self.world.sent - self.sent_before, self.world.sent
        assert found == expected

    def see_writes(self, expected: list[str]) -> None:
        assert [f"{w.op} {w.state}" for w in self.world.writes] == expected

    def see_duplicates(self, expected: dict[str, str]) -> None:
        found = {r.row_id: r.reason for r in self.world.records.values() if r.outcome == "duplicate"}
        assert found == expected

    def see_twins(self, expected: dict[str, str]) -> None:
        records = [r for r in self.world.records.values() if r.deleted_at is None]
        assert {r.row_id: r.reason for r in records if r.outcome == "twin"} == expected

    def see_incomplete(self, expected: dict[str, str]) -> None:
        found = {r.row_id: r.reason for r in self.world.records.values() if r.outcome == "incomplete"}
        assert found == expected

    def see_ambiguous(self, expected: list[str]) -> None:
        assert sorted(r.row_id for r in self.world.records.values() if r.is_ambiguous) == expected

    def see_merged(self, expected: dict[str, str]) -> None:
        found = {i: p.merged_into for i, p in self.world.participations.items() if p.merged_into}
        assert found == {self.names[one]: self.names[other] for one, other in expected.items()}

    def see_deleted(self, expected: dict[str, str]) -> None:
        found = {i: p.deleted_by for i, p in self.world.participations.items() if p.deleted_at}
        assert found == {self.names[name]: side for name, side in expected.items()}

    def see_conflicts(self, expected: list[dict[str, Any]]) -> None:
        found = [
            {
                "about": next(n for n, i in self.names.items() if i == c.participation_id),
                "what": c.field or c.kind.value,
                "base": c.base,
                "warehouse": c.warehouse,
                "coda": c.coda,
                "won": c.outcome or "open",
            }
            for c in self.world.conflicts
        ]
        wanted = [
            {k: cell(e["what"], v) if k in ("base", "warehouse", "coda") else v for k, v in e.items()}
            for e in expected
        ]
        keyed = sorted(found, key=lambda c: (c["about"], c["what"], c["won"]))
        assert [{k: c[k] for k in e} for c, e in zip(keyed, wanted, strict=True)] == wanted


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_the_case_ends_as_promised(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    reader = Reader(case.get("policy", "coda_wins"))
    for step in case["steps"]:
        reader.play({step: None} if isinstance(step, str) else step)


def test_there_are_cases() -> None:
    assert len(CASES) >= 20
