"""A plan on the terminal: a person can tell what will change, why it waits, and how long it takes."""

from dataclasses import replace
from uuid import UUID

from coda_pipeline.catalog_limits import RateLimit, RateLimits
from coda_pipeline.sync.plan_inputs import Candidate
from coda_pipeline.sync.plan_model import Plan
from coda_pipeline.sync.plan_text import (
    filling_in_line,
    filling_in_seconds,
    headline,
    mapping_lines,
    row_lines,
)
from coda_pipeline.sync.planning import plan_changes, plan_keys
from coda_pipeline_tests.sync.planned import born, bound, deleted, record, rules
from coda_pipeline_tests.sync.world import cell


def shown(found: list[Candidate], plan: Plan) -> list[str]:
    about = {one.participation.participation_id: one.participation.fields for one in found}
    lines = [headline(plan)]
    for row in plan.rows:
        link = row.row_id and f"https://coda.io/{row.row_id}"
        lines += ["", *row_lines(row, about.get(row.participation_id, {}), link)]
    return lines


def test_an_update_tells_who_what_from_what_to_what_and_where():
    found = [bound(1, here={"share": cell("share", 0.5), "comment": "новый"})]
    plan = plan_changes(found, rules())
    who = "Анна Белова <anna@example.com> · Обучение (p1) · Аналитик · 2024-02-01"
    assert shown(found, plan) == [
        "Plan for participation (changes): 1 update",
        "",
        f"update {plan.rows[0].digest}  {who}",
        "    share: 1 → 0.5",
        "    comment: (blank) → новый",
        "    https://coda.io/A",
    ]


def test_a_row_that_waits_says_why():
    found = [deleted(bound(1), extra_rows=(record("B", {"role": "Менеджер"}),))]
    lines = shown(found, plan_changes(found, rules()))
    assert lines[0] == "Plan for participation (changes): 2 delete; 2 waiting"
    assert lines[-3:] == [
        "    role: Менеджер → (deleted)",
        "    waits: a deletion waits for an approval [deletion]",
        "    https://coda.io/B",
    ]


def test_a_create_tells_all_that_is_sent_and_its_key():
    lines = shown([], plan_changes([born(7, comment="новый")], rules()))
    assert "    person: (blank) → Анна Белова <anna@example.com>" in lines
    assert f"    sync_id: (blank) → {UUID(int=7)}" in lines
    assert not any("ended_on" in line for line in lines)


def test_two_activities_of_one_name_can_be_told_apart():
    found = [bound(1, here={"activity": cell("activity", "Обучение (p2)")})]
    assert "    activity: Обучение (p1) → Обучение (p2)" in shown(found, plan_changes(found, rules()))


def test_of_a_long_text_the_lines_that_differ_are_shown():
    old = "первая строка\nвторая\nтретья"
    found = [bound(1, agreed={"comment": old}, here={"comment": old.replace("вторая", "2-я")})]
    lines = shown(found, plan_changes(found, rules()))
    assert lines[3:6] == ["    comment:", "      - вторая", "      + 2-я"]


def test_of_a_very_long_line_the_part_that_differs_is_shown():
    old, new = "а" * 5000 + "б" + "в" * 5000, "а" * 5000 + "г" + "в" * 5000
    found = [bound(1, agreed={"comment": old}, here={"comment": new})]
    lines = shown(found, plan_changes(found, rules()))
    assert lines[4].startswith("      - …ааа")
    assert "аб" in lines[4]
    assert "аг" in lines[5]
    assert all(len(line) < 300 for line in lines)


def test_a_text_that_was_long_and_is_cleared_is_shown_short():
    found = [bound(1, agreed={"comment": "а" * 5000}, here={"comment": None})]
    lines = shown(found, plan_changes(found, rules()))
    assert lines[3].endswith("а… → (blank)")
    assert len(lines[3]) < 300


def test_what_a_cell_holds_cannot_command_the_terminal():
    found = [bound(1, here={"comment": "крас\x1b[31mный\x07"})]
    assert not any("\x1b" in line or "\x07" in line for line in shown(found, plan_changes(found, rules())))


def test_a_plan_that_is_blocked_says_that_nothing_is_sent():
    plan = replace(plan_changes([bound(1)], rules()), plan_id=4, blocked_by=("natural_key_unique",))
    assert headline(plan) == (
        "Plan 4 for participation (changes): nothing to do; nothing is sent: natural_key_unique"
    )


def test_a_changed_mapping_shows_ten_rows_before_and_after():
    found = [bound(n, f"r{n}", here={"comment": f"правка {n}"}) for n in range(1, 31)]
    plan = plan_changes(found, rules(is_mapping_approved=False))
    lines = list(mapping_lines(plan, about={}))
    assert "30 rows wait" in lines[0]
    assert [line for line in lines if "→" in line] == [
        f"    comment: (blank) → правка {n}" for n in range(1, 11)
    ]


def test_the_duration_of_filling_in_keys_follows_from_the_limit():
    assert round(filling_in_seconds(300, RateLimits())) == round(300 * 10.309 / 3)
    assert filling_in_seconds(10, RateLimits(row_writes=RateLimit(requests=5, seconds=1), slack=0)) == 2


def test_a_plan_of_keys_tells_how_long_it_takes():
    found = [bound(n, f"r{n}", key=None) for n in range(1, 61)]
    line = filling_in_line(plan_keys(found, rules()), RateLimits())
    assert line is not None
    assert line.startswith("Filling in 60 keys takes about 3 min")
    assert filling_in_line(plan_changes(found, rules()), RateLimits()) is None
