"""Connecting a team by the button: whose state, which team, which code; and what is missing is said."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import Engine, text

from coda_pipeline.sandbox.coding.config import CLIENT_ID, ISSUES, TEAM, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline_tests.gateway.serving import gateway_on, serving
from coda_pipeline_tests.gateway_coding.place import CALLBACK, CONNECT, PAGE, Place, browser, catalog_of
from coda_pipeline_tests.gateway_pages.scene import Browser


def grants(place: Place) -> list[Any]:
    return place.select("select team, granted_by from ops.coding_grants")


def sent_to(place: Place, **options: Any) -> dict[str, str]:
    """What goes along to CODING's page."""
    answer = place.person.get(CONNECT, allow_redirects=False, **options)
    assert answer.headers["Location"].startswith(f"{place.sandbox.base_url}/oauth_authorize.html")
    return {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def code_of(place: Place) -> str:
    """A code as CODING gives one to a person who agrees."""
    asked = {"client_id": CLIENT_ID, "redirect_uri": "http://x.invalid/", "scope": ISSUES}
    url = f"{place.sandbox.base_url}/oauth_authorize.html"
    answer = requests.get(url, params=asked, allow_redirects=False, timeout=10)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def come_back(who: Browser, place: Place, **given: str) -> str:
    """The page that a person sees after CODING has sent them back."""
    answer = {"code": code_of(place), "team": TEAM, **given}
    return who.get(CALLBACK, params=answer).text


def test_one_press_connects_the_team_and_its_tables_can_be_read(by_button: Place) -> None:
    assert "Команда ещё не подключена" in by_button.person.get(PAGE).text
    assert f'class="button main" href="{CONNECT}"' in by_button.person.get(PAGE).text
    page = by_button.person.get(CONNECT)
    assert "Команда подключена." in page.text
    assert urlsplit(page.url).path == PAGE
    assert "code=" not in page.url
    assert "Подключено: Анна, сегодня" in page.text
    assert grants(by_button) == [(TEAM, "Анна")]
    assert by_button.person.submit(PAGE, {"act": "test"}).text.count("✓") == 5


def test_a_state_that_nobody_waits_for_connects_nothing(by_button: Place) -> None:
    sent_to(by_button)
    for state in ("", "x", "ж" * 600):
        assert "начато не здесь" in come_back(by_button.person, by_button, state=state)
    assert grants(by_button) == []
    assert by_button.sandbox.requests.count(path_contains="access_token") == 0


def test_a_state_works_once(by_button: Place) -> None:
    state = sent_to(by_button)["state"]
    assert "Команда подключена." in come_back(by_button.person, by_button, state=state)
    assert "начато не здесь" in come_back(by_button.person, by_button, state=state)
    assert by_button.sandbox.requests.count(path_contains="access_token") == 1


def test_a_state_of_another_session_connects_nothing_and_is_used_up(by_button: Place) -> None:
    state = sent_to(by_button)["state"]
    other = browser(by_button.served, "Иван")
    assert "начато не здесь" in come_back(other, by_button, state=state)
    other.close()
    assert "начато не здесь" in come_back(by_button.person, by_button, state=state)
    assert grants(by_button) == []


def test_a_state_ends_after_a_while(by_button: Place) -> None:
    state = sent_to(by_button)["state"]
    with by_button.engine.begin() as conn:
        conn.execute(text("update ops.coding_connections set expires_at = clock_timestamp()"))
    assert "начато не здесь" in come_back(by_button.person, by_button, state=state)
    assert by_button.select("select count(*) from ops.coding_grants") == [(0,)]


def test_the_answer_of_another_team_is_not_even_exchanged(by_button: Place) -> None:
    for team in ("other-team", ""):
        state = sent_to(by_button)["state"]
        assert "от имени другой команды" in come_back(by_button.person, by_button, state=state, team=team)
    assert by_button.sandbox.requests.count(path_contains="access_token") == 0


def test_a_grant_of_another_team_is_not_kept_whatever_the_address_says(
    engine: Engine, at: Callable[..., Place]
) -> None:
    with CodingSandboxServer(CodingConfig(rate=None, content="empty", team="other-team")) as elsewhere:
        place = at(catalog_of(auth="oauth"), coding_base_url=elsewhere.base_url)
        place.sandbox = elsewhere
        state = sent_to(place)["state"]
        assert "от имени другой команды" in come_back(place.person, place, state=state)
        assert elsewhere.requests.count(path_contains="access_token") == 1
    assert grants(place) == []


def test_no_code_or_one_that_does_not_work_is_told(by_button: Place) -> None:
    for code in ("", "used-up"):
        state = sent_to(by_button)["state"]
        assert "CODING не дал разрешения" in come_back(by_button.person, by_button, state=state, code=code)
    assert grants(by_button) == []


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"coda_pipeline_secret_key": None}, "CODA_PIPELINE_SECRET_KEY"),
        ({"coda_pipeline_secret_key": "nonsense"}, "CODA_PIPELINE_SECRET_KEY"),
        ({"coding_oauth_client_id": None}, "CODING_OAUTH_CLIENT_ID"),
    ],
    ids=["key", "broken-key", "application"],
)
def test_without_a_key_or_an_application_there_is_no_button_and_the_page_says_why(
    missing: dict[str, Any], named: str, at: Callable[..., Place]
) -> None:
    place = at(catalog_of(auth="oauth"), **missing)
    page = place.person.get(CONNECT)
    assert urlsplit(page.url).path == PAGE
    assert named in page.text
    assert f'href="{CONNECT}"' not in page.text
    assert "nonsense" not in page.text
    assert place.select("select count(*) from ops.coding_connections") == [(0,)]


def test_another_site_that_sends_a_browser_here_gets_it_no_further_than_the_page(by_button: Place) -> None:
    answer = by_button.person.get(CONNECT, allow_redirects=False, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Location"] == PAGE
    assert by_button.select("select count(*) from ops.coding_connections") == [(0,)]


def test_a_team_with_a_token_has_no_button(by_token: Place) -> None:
    assert CONNECT not in by_token.person.get(PAGE).text
    assert "пока нельзя" in by_token.person.get(CONNECT).text


def test_the_public_door_sends_the_browser_on_to_the_session_and_knows_nothing_else(
    engine: Engine, at: Callable[..., Place]
) -> None:
    catalog = catalog_of(auth="oauth")
    settings = Settings(coding_base_url="http://127.0.0.1:9")
    door = gateway_on(engine, catalog, coding=CodingTeams(settings, engine))
    with serving(door, public=True) as public:
        place = at(catalog, public_url=public.base_url)
        assert sent_to(place)["redirect_uri"] == f"{public.base_url}{CALLBACK}"
        outsider = Browser(public.base_url)
        assert {outsider.get(path).status_code for path in ("/coding", PAGE, CONNECT)} == {404}
        answer = outsider.get(CALLBACK, params={"state": "x"})
        assert answer.status_code == 404
        assert "press the button again" in answer.text
        outsider.close()
        page = place.person.get(CONNECT)
    assert "Команда подключена." in page.text
    assert page.url.startswith(place.served.base_url)
    assert grants(place) == [(TEAM, "Анна")]


def test_a_grant_that_coding_refuses_is_told_on_the_page(by_button: Place) -> None:
    by_button.person.get(CONNECT)
    with by_button.engine.begin() as conn:
        conn.execute(text("update ops.coding_grants set expires_at = now()"))
    by_button.sandbox.clock.advance(91 * 24 * 3600)
    page = by_button.person.submit(PAGE, {"act": "test"}).text
    assert "Команда не подключена, или CODING больше не принимает подключение" in page
    assert "CODING больше не принимает это подключение (сегодня" in page
    assert "Подключить заново" in page
