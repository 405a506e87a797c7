"""Whatever happens to hooks on their way, with a slow poll behind they end in the tables of polling."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coda_pipeline.sandbox.coding.people import People
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.coding_sync.conftest import Copy, client_of, lasting, later

# So many stay, so that no guard holds what is deleted.
KEPT = 4
MAX_DELETIONS = 5
ROLES = ("ProjectAdmin", "ProjectMember")

act = st.sampled_from(
    [
        "create",
        "rename",
        "rename",
        "assign",
        "finish",
        "nest",
        "plan",
        "comment",
        "delete",
        "sprint",
        "member",
    ]
)
# What becomes of a delivery: how often it arrives, after how many other acts, and whether its times are old.
way = st.tuples(st.sampled_from([0, 1, 1, 2]), st.integers(0, 4), st.booleans())
# Which act on which record, how long after the last; then whether hooks are worked off, and polls made.
step = st.tuples(act, st.integers(0, 30), st.integers(0, 3), way, st.booleans(), st.booleans())
stories = st.lists(step, min_size=1, max_size=8)
# Without shrinking, which would tell the story anew for minutes.
telling = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@pytest.fixture
def by_polls(sandbox, server) -> Iterator[Copy]:
    """A copy in a warehouse of its own."""
    with server.database() as url, client_of(sandbox) as client:
        engine = warehouse_engine(url)
        yield Copy(client, engine, sandbox, incremental="polling")
        engine.dispose()


@pytest.fixture
def copy(copy: Copy) -> Copy:
    """A copy that hooks keep up to date, and a poll every hour."""
    copy.incremental = "webhook"
    return copy


class Story:
    """One project of its own, people who act in it, and hooks that come as they like."""

    tellings = 0

    def __init__(self, sandbox) -> None:
        Story.tellings += 1
        self.name = f"story-{Story.tellings}"
        self.sandbox = sandbox
        self.people: People = sandbox.people.inside(self.name)
        self.codes = [self.people.create_issue(f"Issue {n}") for n in range(KEPT + 2)]
        self.sprint = self.people.create_iteration("Sprint")
        self.member = self.people.add_member("Kim")
        self.deleted = 0
        sandbox.hooks.connect(sandbox.world.projects[self.name].id, "http://unused.invalid/", "secret")

    def act(self, what: str, number: int) -> None:
        """Let people do something; `number` says with what."""
        people, code = self.people, self.codes[number % len(self.codes)]
        acts: dict[str, Callable[[], object]] = {
            "create": lambda: self.codes.append(people.create_issue(f"New {number}", iteration=self.sprint)),
            "rename": lambda: people.edit_issue(code, name=f"Name {number}"),
            "assign": lambda: people.edit_issue(code, assignee=self.member),
            "finish": lambda: people.edit_issue(code, status="已完成"),
            "nest": lambda: code > self.codes[0] and people.edit_issue(code, parent=self.codes[0]),
            "plan": lambda: people.plan(self.sprint, [code]),
            "comment": lambda: people.comment(code),
            "delete": self.delete_the_last,
            "sprint": lambda: people.edit_iteration(self.sprint, name=f"Sprint {number}"),
            "member": lambda: people.set_roles(self.member, ROLES[: 1 + number % 2]),
        }
        acts[what]()

    def delete_the_last(self) -> None:
        """Delete an issue, as long as no guard would hold that."""
        if len(self.codes) > KEPT and self.deleted < MAX_DELETIONS:
            self.deleted += 1
            self.people.delete_issue(self.codes.pop())

    def truth(self, copy: Copy) -> dict:
        """What CODING answers now."""
        client = copy.client
        project = client.project(self.name)
        return {
            Table.ISSUES: {code: lasting(dict(client.issue(self.name, code).payload)) for code in self.codes},
            Table.ITERATIONS: {i.code: dict(i.payload) for i in client.iterations(self.name)},
            Table.MEMBERS: {m.id: lasting(dict(m.payload)) for m in client.members(project)},
        }


@settings(telling, max_examples=3)
@given(steps=stories, backwards=st.booleans())
def test_late_repeated_reordered_stale_and_lost_deliveries_end_in_the_tables_of_polling(
    copy, by_polls, sandbox, steps, backwards
):
    tell(copy, by_polls, sandbox, steps, backwards=backwards)


@pytest.mark.drill
@settings(telling, max_examples=25)
@given(steps=stories, backwards=st.booleans())
def test_whatever_happens_to_deliveries_they_end_in_the_tables_of_polling(
    copy, by_polls, sandbox, steps, backwards
):
    tell(copy, by_polls, sandbox, steps, backwards=backwards)


def tell(copy: Copy, by_polls: Copy, sandbox, steps: list, *, backwards: bool) -> None:
    """One project is read by polls alone, and by hooks that come as they like with a slow poll behind."""
    story = Story(sandbox)
    copy.project = by_polls.project = story.name
    sandbox.hooks.log.clear()
    copy.poll()
    by_polls.poll()
    on_the_way: list[tuple[int, object]] = []
    for number, (what, which, seconds, (times, delay, is_stale), is_worked_off, is_polled) in enumerate(
        steps
    ):
        later(sandbox, seconds)
        if is_stale:
            sandbox.hooks.inject("stale")
        story.act(what, which)
        made, sandbox.hooks.log = sandbox.hooks.log, []
        on_the_way += [(number + delay, one) for one in made] * times
        due = [one for arrives, one in on_the_way if arrives <= number]
        for delivery in reversed(due) if backwards else due:
            copy.take(delivery)
        if is_worked_off:
            copy.work_off()
        if is_polled:
            by_polls.poll()
    copy.work_off()
    later(sandbox, 7200)
    truth = story.truth(copy)
    for one in (copy, by_polls):
        one.poll()
        assert differences(one.everything(), truth) == []


def differences(found: dict, expected: dict) -> list[str]:
    """Which fields of which records differ, in words: two whole tables would say nothing."""
    said = []
    for table, records in expected.items():
        said += [f"{table}: ids {sorted(set(found[table]) ^ set(records))}"] * (
            set(found[table]) != set(records)
        )
        for key in records.keys() & found[table].keys():
            said += [
                f"{table} {key} {name}: {found[table][key].get(name)} is {value}"
                for name, value in records[key].items()
                if found[table][key].get(name) != value
            ]
    return said
