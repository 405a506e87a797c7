"""The lists: duplicates side by side, unclear people, half-filled rows; parts of long lists; nothing runs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.gateway.pages.paging import paging
from coda_pipeline.gateway.pages.values import safe_link
from coda_pipeline_tests.gateway_pages.scene import ANNA, LINK, SCRIPT, TRAINING, Browser, Scene

PAGES = (
    "/", "/duplicates", "/duplicates?show=people", "/duplicates?show=half", "/conflicts", "/deletions",
    "/plans", "/plans/1",
)  # fmt: skip


def test_a_group_shows_which_row_stays_and_why_and_marks_what_differs(hr: Browser, scene: Scene) -> None:
    scene.duplicates()
    page = hr.get("/duplicates").text
    assert re.findall(r"<mark>([^<]*)</mark>", page) == ["пусто", "пусто", "50 %", "50 %", "первая запись"]
    assert re.findall(r'<th scope="col" class="stays">([^<]*)</th>', page) == ["Остаётся"]
    assert "изменена позже других" in page
    assert page.count("изменена раньше, чем остающаяся") == 2
    assert re.findall(rf'href="{re.escape(LINK)}([^"]*)"', page) == ["i-3", "i-1", "i-2"]


def test_an_unclear_person_is_listed_with_those_who_could_be_meant(hr: Browser, scene: Scene) -> None:
    scene.namesakes()
    page = hr.get("/duplicates", params={"show": "people"}).text
    assert "i.sokolov@example.org, ivan@example.org" in page
    assert re.findall(rf'href="{re.escape(LINK)}([^"]*)"', page) == ["n-3"]


def test_a_half_filled_row_tells_what_it_lacks(hr: Browser, scene: Scene) -> None:
    scene.half_filled()
    assert "Роль: не заполнено" in hr.get("/duplicates", params={"show": "half"}).text


def test_a_large_group_tells_how_many_rows_it_does_not_show(hr: Browser, scene: Scene) -> None:
    for number in range(12):
        scene.table.put(
            f"m-{number:02}", person=ANNA, activity=TRAINING, role="Наставник", started_on="2024-03-01"
        )
    scene.sync()
    page = hr.get("/duplicates").text
    assert "строк: 12" in page
    assert "И ещё строк: 4." in page


def test_a_long_list_is_shown_in_parts_that_together_are_the_whole(hr: Browser, scene: Scene) -> None:
    for number in range(23):
        for copy in "ab":
            scene.table.put(f"g-{number}-{copy}", person=ANNA, activity=TRAINING, role=f"Роль {number}",
                            started_on="2024-03-01")  # fmt: skip
    scene.sync()
    seen: list[str] = []
    for number in ("1", "2", "3"):
        seen += re.findall(r"<h2[^>]*>[^<]*(Роль \d+)", hr.get("/duplicates", params={"page": number}).text)
    assert sorted(seen) == sorted(f"Роль {number}" for number in range(23))
    last = hr.get("/duplicates", params={"page": "999"}).text
    assert "21–23 из 23" in last
    assert 'rel="next"' not in last


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "1.5", "٣", ""])
def test_a_part_that_there_is_not_is_the_nearest_there_is(page: str, hr: Browser, scene: Scene) -> None:
    scene.duplicates()
    for path in ("/duplicates", "/conflicts", "/deletions", "/plans"):
        assert hr.get(path, params={"page": page}).status_code == 200


def test_a_script_in_a_persons_name_stays_text(hr: Browser, scene: Scene) -> None:
    scene.a_bit_of_everything()
    scene.put("s-1", person=(f'"><img src=x onerror=alert(1)>{SCRIPT}', "x@example.org"), activity=TRAINING)
    scene.duplicates(person=(SCRIPT, "anna@example.org"))
    for path in PAGES:
        page = hr.get(path).text
        assert "<script" not in page
        assert "<img" not in page
    assert "&lt;script&gt;" in hr.get("/duplicates").text


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/plans", "", None, "http://[x"]
)
def test_only_links_to_pages_are_links(link: str | None, hr: Browser, scene: Scene) -> None:
    assert safe_link(link) is None
    scene.duplicates()
    scene.table.execute("update core.participation_records set browser_link = :link", link=link)
    assert hr.get("/duplicates").text.count("нет строки в Coda") == 3


def test_a_plain_link_is_one() -> None:
    assert safe_link(f"{LINK}i-1") == f"{LINK}i-1"


@given(st.integers(0, 500), st.integers(1, 60))
def test_the_parts_of_a_list_are_all_of_it_and_none_of_it_twice(total: int, size: int) -> None:
    parts = [
        paging(str(number), size=size, total=total)
        for number in range(1, paging(None, size=size, total=total).last + 1)
    ]
    assert [place for part in parts for place in range(part.offset, min(part.offset + size, total))] == list(
        range(total)
    )
