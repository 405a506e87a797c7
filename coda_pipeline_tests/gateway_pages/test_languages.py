"""Russian or English: as asked for, then as chosen before, then as the browser prefers."""

import re
from collections.abc import Callable

import pytest

from coda_pipeline.gateway.pages.done import DONE
from coda_pipeline.gateway.pages.reasons import HOLD
from coda_pipeline.gateway.pages.words import PAGES
from coda_pipeline.sync.plan_model import HoldCode
from coda_pipeline_tests.gateway_pages.scene import Browser


@pytest.mark.parametrize(
    ("accepted", "heading"),
    [("ru-RU,ru;q=0.9", "Вход"), ("en-GB", "Sign in"), ("fr", "Sign in"), ("", "Sign in")],
)
def test_a_page_comes_in_the_language_of_the_browser(
    accepted: str, heading: str, open_browser: Callable[..., Browser]
) -> None:
    answer = open_browser(Accept_Language=accepted).get("/sign-in")
    assert f"<h1>{heading}</h1>" in answer.text
    assert f'<html lang="{answer.headers["Content-Language"]}">' in answer.text


def test_a_choice_is_kept_and_goes_before_what_the_browser_prefers(hr: Browser) -> None:
    assert "<h1>Обзор</h1>" in hr.get("/").text
    assert "<h1>Overview</h1>" in hr.get("/", params={"lang": "en"}).text
    assert "<h1>Duplicates</h1>" in hr.get("/duplicates").text
    assert "<h1>Дубли</h1>" in hr.get("/duplicates", params={"lang": "ru"}).text


@pytest.mark.parametrize("asked", ["de", "", "../../etc/passwd", "RU"])
def test_a_language_that_there_is_not_changes_nothing(asked: str, hr: Browser) -> None:
    assert "<h1>Обзор</h1>" in hr.get("/", params={"lang": asked}).text


def test_the_switch_stays_on_the_same_part_of_the_same_list(hr: Browser) -> None:
    answer = hr.get("/duplicates", params={"show": "half", "page": "1"})
    assert 'href="/duplicates?show=half&amp;page=1&amp;lang=en"' in answer.text


def test_errors_come_in_the_language_that_was_chosen(hr: Browser) -> None:
    hr.get("/", params={"lang": "en"})
    assert "out of date" in hr.post("/press", {"form_key": "x"}).text


def test_every_text_says_the_same_things_in_both_languages() -> None:
    for key, words in {**PAGES, **DONE}.items():
        given = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (words.ru, words.en)]
        assert given[0] == given[1], key
        assert re.search("[а-яё]", words.ru, re.IGNORECASE) or key in {"lang_en"}, key


def test_every_reason_to_wait_has_words() -> None:
    assert set(HOLD) == {code.value for code in HoldCode}
