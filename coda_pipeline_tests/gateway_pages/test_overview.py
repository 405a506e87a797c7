"""The overview: how fresh each table is, the button, what came of the presses, what waits for a person."""

import re

import pytest
from sqlalchemy import Engine

from coda_pipeline_tests.gateway.serving import gateway_on, serving
from coda_pipeline_tests.gateway_pages.scene import Browser, Scene, token_of


def test_a_press_on_the_page_is_stored_as_one_of_the_button(hr: Browser, scene: Scene) -> None:
    answer = hr.submit("/", {}, "/press")
    assert "Запрос принят" in answer.text
    assert "В очереди, скоро начнётся." in answer.text
    pressed = "select source, state, requested_by, token_id is not null from ops.trigger_requests join"
    found = scene.table.select(f"{pressed} ops.trigger_presses using (request_id)")
    assert found == [("button", "queued", "Анна из HR", True)]


def test_a_second_press_joins_the_request_that_waits(hr: Browser, scene: Scene) -> None:
    hr.submit("/", {}, "/press")
    assert "нажатий: 2" in hr.submit("/", {}, "/press").text
    assert scene.table.select("select count(*) from ops.trigger_requests") == [(1,)]


def test_the_page_reloads_itself_only_while_a_request_is_followed(hr: Browser) -> None:
    assert 'http-equiv="refresh"' not in hr.get("/").text
    assert 'http-equiv="refresh"' in hr.submit("/", {}, "/press").text
    assert 'http-equiv="refresh"' not in hr.get("/").text


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("complete", "Прочитана целиком"),
        ("incremental", "Дочитаны изменения"),
        ("TokenError", "Coda не приняла ключ доступа"),
        ("ServiceError", "прежние данные сохранены"),
    ],
)
def test_each_table_tells_how_its_last_read_went(outcome: str, says: str, hr: Browser, scene: Scene) -> None:
    scene.read(outcome, run_id="0a4f8fd2-6a7b-4f0e-9d6d-5f3f0a1b2c3d")
    page = hr.get("/").text
    assert says in page
    assert 'href="https://coda.io/d/_dHR#_tu1"' in page
    assert 'href="https://ui.example.org/runs/0a4f8fd2-6a7b-4f0e-9d6d-5f3f0a1b2c3d"' in page


def test_what_waits_for_a_person_is_counted_and_linked(hr: Browser, scene: Scene) -> None:
    assert "Сейчас решать нечего." in hr.get("/").text
    scene.a_bit_of_everything()
    page = hr.get("/").text
    links = dict(re.findall(r'<li><a href="([^"]+)">[^<]*: (\d+)</a>', page))
    assert links == {
        "/conflicts": "4",
        "/deletions": "3",
        "/plans": "2",
        "/duplicates": "2",
        "/duplicates?show=people": "1",
        "/duplicates?show=half": "1",
    }


def test_the_page_is_told_in_the_zone_of_the_configuration(engine: Engine, scene: Scene) -> None:
    section = scene.catalog.gateway.model_copy(update={"time_zone": "Asia/Yekaterinburg"})
    with serving(gateway_on(engine, scene.catalog.model_copy(update={"gateway": section}))) as served:
        browser = Browser(served.base_url)
        browser.sign_in(token_of(engine))
        assert "Times: Asia/Yekaterinburg" in browser.get("/").text
        browser.close()
