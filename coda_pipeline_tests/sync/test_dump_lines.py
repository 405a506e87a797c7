"""Lines of a dump among live rows: whatever the order in which they come, the tables are the same."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coda_pipeline.sync.model import Activity, Person
from coda_pipeline_tests.sync.dump_world import DumpWorld
from coda_pipeline_tests.sync.world import is_silent

ANNA, NAMELESS = Person("Анна Белова", "anna@example.com"), Person("анна белова")
IVAN = Person("Иванов Иван", "ivan@example.com")
P1 = Activity("Обучение", "p1")
KEYS: dict[str, list[Any]] = {
    "person": [ANNA, NAMELESS, IVAN, Person("Новый")],
    "activity": [P1, Activity("Обучение"), Activity("Архив")],
    "role": ["аналитик", "Аналитик ", "менеджер"],
    "started_on": [date(2024, 2, 1), date(2023, 6, 1)],
}
REST: dict[str, list[Any]] = {
    "ended_on": [date(2024, 12, 31), None],
    "share": [Decimal("0.5"), Decimal(1), None],
    "comment": ["раз", "два", None],
}
VALUES = KEYS | REST
cells = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
blankable = st.fixed_dictionaries(
    {name: st.sampled_from([*values, None]) for name, values in KEYS.items()}
    | {name: st.sampled_from(values) for name, values in REST.items()}
)
rows = st.dictionaries(st.sampled_from(["i-1", "i-2", "i-3", "i-4"]), blankable, max_size=4)
lines = st.dictionaries(st.sampled_from(["i-1", "i-2", "i-9", "k-1", "k-2", "k-3"]), cells, max_size=5)


def world_of(rows: dict[str, dict[str, Any]], *, reverse: bool = False) -> DumpWorld:
    world = DumpWorld(reverse=reverse)
    for row_id, values in rows.items():
        world.put(row_id, **values)
    return world


@given(rows, lines)
@settings(max_examples=80, deadline=None)
def test_a_backfill_before_or_after_the_first_live_sync_ends_in_the_same_tables(
    rows: dict[str, Any], lines: dict[str, Any]
) -> None:
    live_first = world_of(rows)
    live_first.sync()
    live_first.dump(lines)
    live_first.sync()
    dump_first = DumpWorld()
    dump_first.dump(lines)
    dump_first.sync()
    for row_id, values in rows.items():
        dump_first.put(row_id, **values)
    dump_first.sync()
    together = world_of(rows)
    together.dump(lines)
    together.sync()
    assert live_first.shown() == dump_first.shown() == together.shown()
    assert live_first.outcomes() == dump_first.outcomes() == together.outcomes()
    assert live_first.groups() == dump_first.groups() == together.groups()
    assert not live_first.conflicts
    assert not dump_first.conflicts


@given(rows, lines)
@settings(max_examples=40, deadline=None)
def test_a_second_sync_of_the_same_dump_asks_for_nothing(rows: dict[str, Any], lines: dict[str, Any]) -> None:
    world = world_of(rows)
    world.dump(lines)
    world.sync()
    assert is_silent(world.sync())
    world.dump(lines)
    assert is_silent(world.sync())
    assert is_silent(world.sync(full=True))


@given(rows, lines)
@settings(max_examples=40, deadline=None)
def test_the_order_of_lines_and_rows_does_not_matter(rows: dict[str, Any], lines: dict[str, Any]) -> None:
    worlds = [world_of(rows, reverse=reverse) for reverse in (False, True)]
    for world in worlds:
        world.dump(lines)
        world.sync()
    assert worlds[0].shown() == worlds[1].shown()


@given(rows, lines)
@settings(max_examples=40, deadline=None)
def test_a_complete_live_row_is_shown_as_it_is_whatever_a_dump_says(
    rows: dict[str, Any], lines: dict[str, Any]
) -> None:
    alone = world_of(rows)
    alone.sync()
    with_dump = world_of(rows)
    with_dump.dump(lines)
    with_dump.sync()
    assert set(alone.shown()) <= set(with_dump.shown())
    assert all(line[1] == "dump" for line in set(with_dump.shown()) - set(alone.shown()))


@given(rows, lines)
@settings(max_examples=40, deadline=None)
def test_a_dump_that_is_withdrawn_leaves_nothing_behind(rows: dict[str, Any], lines: dict[str, Any]) -> None:
    alone = world_of(rows)
    alone.sync()
    world = world_of(rows)
    world.dump(lines)
    world.sync()
    world.dump({})
    world.sync()
    assert world.shown() == alone.shown()
    assert not world.conflicts
    assert is_silent(world.sync())


@given(rows, lines, st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_deleted_here_stays_deleted_whatever_dump_comes(
    rows: dict[str, Any], lines: dict[str, Any], data: st.DataObject
) -> None:
    world = world_of({})
    world.dump(lines)
    world.sync()
    if not world.live:
        return
    pid = data.draw(st.sampled_from(sorted(world.live)))
    world.remove(pid)
    kept = world.shown()
    world.sync()
    assert world.shown() == kept
    world.dump({})
    world.sync()
    world.dump(lines)
    world.sync()
    assert pid not in world.live
    assert is_silent(world.sync())
    for row_id, values in rows.items():
        world.put(row_id, **values)
    world.sync()
    assert pid not in world.live
    assert is_silent(world.sync())


def dumped_before_and_after_deletion(rows: dict[str, Any], lines: dict[str, Any]) -> tuple[Any, Any]:
    """Two worlds in which every row was deleted in Coda: after the dump came, and before."""
    dump_first, dump_last = world_of(rows), world_of(rows)
    dump_first.dump(lines)
    for world in (dump_first, dump_last):
        world.sync()
        for row_id in list(world.rows):
            world.delete(row_id)
        world.sync()
    dump_last.dump(lines)
    dump_last.sync()
    return dump_first, dump_last


@given(rows, lines)
@settings(max_examples=40, deadline=None)
def test_a_deleted_row_that_a_dump_tells_of_stays_as_history(
    rows: dict[str, Any], lines: dict[str, Any]
) -> None:
    dump_first, dump_last = dumped_before_and_after_deletion(rows, lines)
    twins = {r.participation_id for r in dump_first.records.values() if r.outcome == "survivor"}
    assert twins == set(dump_first.live)
    assert all(p.source == "dump" for world in (dump_first, dump_last) for p in world.live.values())
    for world in (dump_first, dump_last):
        assert is_silent(world.sync())
        assert is_silent(world.sync(full=True))
    for row_id, values in rows.items():
        dump_first.put(row_id, **values)
    before = world_of(rows)
    before.dump(lines)
    before.sync()
    dump_first.sync()
    assert {s[1:] for s in dump_first.shown()} == {s[1:] for s in before.shown()}


identified = {"person": [ANNA, IVAN, Person("анна  белова", "anna@example.com")], "activity": [P1]}
full_cells = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in (VALUES | identified).items()}
)


@given(
    st.dictionaries(st.sampled_from(["i-1", "i-2", "i-3"]), full_cells, max_size=3),
    st.dictionaries(st.sampled_from(["i-1", "i-9", "k-1", "k-2"]), full_cells, max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_the_history_of_deleted_rows_is_the_same_whenever_the_dump_came(
    rows: dict[str, Any], lines: dict[str, Any]
) -> None:
    dump_first, dump_last = dumped_before_and_after_deletion(rows, lines)
    assert sorted(s[:2] for s in dump_first.shown()) == sorted(s[:2] for s in dump_last.shown())


def test_equal_rows_that_take_the_places_of_two_lines_rank_as_if_there_were_no_dump() -> None:
    row = {"person": ANNA, "activity": Activity("Обучение"), "role": "аналитик"}
    row |= {"started_on": date(2024, 2, 1)}
    dump_first = world_of({})
    dump_first.dump({"i-1": row | {"activity": P1}, "i-2": row})
    dump_first.sync()
    dump_first.put("i-2", **row)
    dump_first.put("i-1", **row)
    dump_first.sync()
    assert [p.row for p in dump_first.live.values()] == ["participation:i-1"]
    assert is_silent(dump_first.sync())


def test_lines_that_name_a_deleted_thing_in_two_ways_are_both_its_lines() -> None:
    line = {"person": ANNA, "activity": P1, "role": "аналитик", "started_on": date(2024, 2, 1)}
    world = world_of({"i-1": line})
    world.sync()
    world.delete("i-1")
    world.sync()
    world.dump({"i-9": line, "k-1": line | {"activity": Activity("Обучение")}})
    world.sync()
    assert len(world.live) == len(world.groups()) == 1
    assert is_silent(world.sync())


def test_an_edit_here_of_what_only_a_dump_tells_is_never_lost() -> None:
    world = DumpWorld()
    line = {"person": ANNA, "activity": Activity("Обучение", "p1"), "role": "аналитик"}
    line |= {"started_on": date(2024, 2, 1), "share": Decimal("0.4")}
    world.dump({"k-1": line})
    world.sync()
    (pid,) = world.live
    world.edit(pid, share=Decimal("0.5"))
    world.sync()
    world.dump({})
    world.sync()
    assert world.live[pid].fields["share"] == Decimal("0.5")
    assert [c.kind.value for c in world.open_conflicts] == ["deleted_in_coda"]
    world.dump({"k-1": line})
    world.sync()
    world.put("A", **(line | {"share": Decimal("0.8")}))
    world.sync()
    assert world.live[pid].fields["share"] == Decimal("0.8")
    settled = world.conflicts[-1]
    assert (settled.field, settled.base, settled.warehouse, settled.coda, settled.outcome) == (
        "share", Decimal("0.4"), Decimal("0.5"), Decimal("0.8"), "coda",
    )  # fmt: skip
