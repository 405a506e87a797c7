"""Random histories of both sides, with dumps that come, change and go: nothing of them is ever sent."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from coda_pipeline.sync.model import Outcome
from coda_pipeline_tests.sync.dump_world import DumpWorld
from coda_pipeline_tests.sync.test_histories import full_cells
from coda_pipeline_tests.sync.test_two_way_histories import TwoWayHistories
from coda_pipeline_tests.sync.world import is_silent

LINES = ["r0", "r1", "r2", "r9", "k-1", "k-2", "k-3"]


class DumpHistories(TwoWayHistories):
    """The histories of `TwoWayHistories`, and a dump of the live doc at any moment."""

    world: DumpWorld  # type: ignore[assignment]
    # What HR does to a row while it is being proved is the matter of `TwoWayHistories`.
    hr_edits_a_row_of_ours = None  # type: ignore[assignment]

    @initialize(
        policy=st.sampled_from(["coda_wins", "warehouse_wins", "ask"]),
        reverse=st.booleans(),
        bulk=st.booleans(),
    )
    def choose(self, policy: Any, reverse: bool, bulk: bool) -> None:  # type: ignore[override]
        self.world = DumpWorld(policy=policy, reverse=reverse, bulk=bulk)

    @rule(lines=st.dictionaries(st.sampled_from(LINES), full_cells, max_size=4))
    def a_dump_is_loaded(self, lines: dict[str, Any]) -> None:
        self.world.dump(lines)
        self.synced = False

    @rule(line=st.sampled_from(LINES))
    def a_dump_tells_of_a_row_as_it_is(self, line: str) -> None:
        if line in self.world.rows:
            self.world.dump({**self.world.lines, line: self.world.rows[line]})
            self.synced = False

    @rule()
    def everything_is_looked_at_again(self) -> None:
        self.sync()
        assert is_silent(self.world.sync(full=True))

    @precondition(lambda self: self.synced)
    @invariant()
    def every_line_is_accounted_for(self) -> None:
        lines = [r for r in self.world.records.values() if r.source == "dump" and r.deleted_at is None]
        assert {r.row_id for r in lines} == set(self.world.lines)
        assert all(r.outcome is Outcome.INCOMPLETE or r.participation_id for r in lines)

    @precondition(lambda self: self.synced)
    @invariant()
    def nothing_that_only_a_dump_tells_of_is_to_be_sent(self) -> None:
        fragments = self.world.state().fragments
        for row in self.world.plan():
            is_fragment = f"{row.source_table}:{row.row_id}" in fragments
            assert is_fragment or self.world.participations[row.participation_id].source != "dump"


DumpHistories.TestCase.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, derandomize=True
)
TestDumpHistories = DumpHistories.TestCase
