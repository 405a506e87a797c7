"""The pages about CODING: a connection tried step by step, the webhook's address, its secret, its events."""

import re
from collections.abc import Callable

from coda_pipeline.coding.events import EVENTS
from coda_pipeline.sandbox.coding.config import ISSUES, PROFILE, PROJECT, TEAM, USER
from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline.sync.coding.deliveries import store_delivery
from coda_pipeline_tests.gateway_coding.place import (
    CALLBACK,
    CONNECT,
    OUTSIDE,
    PAGE,
    SECRET,
    Place,
    catalog_of,
)
from coda_pipeline_tests.gateway_pages.scene import Browser, token_of

SCRIPT = "<script>alert(1)"


def test_the_page_gives_address_variable_and_events_and_no_secret(by_token: Place) -> None:
    listed = by_token.person.get("/coding").text
    assert f'<a href="{PAGE}">{TEAM}</a>' in listed
    page = by_token.person.get(PAGE).text
    assert f">{OUTSIDE}/v1/webhooks/coding/{TEAM}</textarea>" in page
    assert re.search(r"CODING_WEBHOOK_SECRET_DEMO_TEAM</code>:\s*<span class=\"good\">задана", page)
    assert re.search(r"CODING_TOKEN_DEMO_TEAM</code>:\s*<span class=\"good\">задана", page)
    assert all(f"<code>{event}</code>" in page for events in EVENTS.values() for event in events)
    for shown in (listed, page):
        assert SECRET not in shown
        assert by_token.sandbox.token not in shown
    assert "Service URL" in by_token.person.get(PAGE, params={"lang": "en"}).text


def test_the_documentation_lists_the_same_events() -> None:
    written = (PROJECT_DIR / "docs" / "coding.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`((?:ISSUE|ITERATION|MEMBER)_[A-Z_]+)`", written))
    assert listed == {event for events in EVENTS.values() for event in events}


def test_a_test_goes_step_by_step_and_is_kept_with_the_name(by_token: Place) -> None:
    answer = by_token.person.submit(PAGE, {"act": "test"})
    assert "Подключение проверено." in answer.text
    assert answer.text.count('<span class="good" aria-hidden="true">✓') == 5
    assert "Проверено: сегодня" in answer.text
    assert "всё в порядке" in by_token.person.get("/coding").text
    assert by_token.select("select team, examined_by from ops.coding_examinations") == [(TEAM, "Анна")]


def test_a_missing_scope_is_told_with_its_name_and_leaves_the_others_fine(by_token: Place) -> None:
    by_token.sandbox.people.restrict(by_token.sandbox.token, (USER, PROFILE, ISSUES))
    page = by_token.person.submit(PAGE, {"act": "test"}).text
    assert page.count("✓") == 4
    assert "Не хватает права project:member:ro" in page
    assert "не в порядке: 1" in by_token.person.get("/coding").text


def test_a_dead_token_is_told_with_its_variable_and_ends_the_test(by_token: Place) -> None:
    by_token.sandbox.people.expire_tokens()
    page = by_token.person.submit(PAGE, {"act": "test"}).text
    assert "CODING не принимает токен" in page
    assert "переменной CODING_TOKEN_DEMO_TEAM" in page
    assert "Остальные шаги не проверялись" in page
    assert by_token.sandbox.token not in page


def test_a_script_in_a_projects_name_stays_text(at: Callable[..., Place]) -> None:
    place = at(catalog_of(projects=[PROJECT, SCRIPT]))
    body = (
        b'{"event": "ISSUE_UPDATED", "team": {"domain": "<script>alert(2)"}, "project": {"name": "<script>"}}'
    )
    store_delivery(place.engine, TEAM, {"X-Coding-Delivery": "d-1"}, body)
    pages = [place.person.submit(PAGE, {"act": "test"}).text, place.person.get("/coding").text]
    assert "CODING не показывает такой проект" in pages[0]
    assert "&lt;script&gt;alert(1)" in pages[0]
    assert all("<script" not in page for page in pages)


def test_a_new_secret_is_shown_once_with_its_variable_and_kept_nowhere(by_token: Place) -> None:
    page = by_token.person.submit(PAGE, {"act": "secret"})
    (fresh,) = re.findall(r'<textarea id="secret"[^>]* readonly [^>]*>([\w-]{43})</textarea>', page.text)
    assert "переменную CODING_WEBHOOK_SECRET_DEMO_TEAM" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert SECRET not in page.text
    assert fresh not in by_token.person.get(PAGE).text
    tables = by_token.select("select table_name from information_schema.tables where table_schema = 'ops'")
    stored = [by_token.select(f"select string_agg(t::text, '') from ops.{name} as t") for (name,) in tables]
    assert fresh not in str(stored)
    again = by_token.person.submit(PAGE, {"act": "secret"}).text
    assert fresh not in again


def test_deliveries_are_counted_and_the_reason_of_the_last_that_was_set_aside_is_told(
    by_token: Place,
) -> None:
    assert "Ещё ни одного не пришло" in by_token.person.get(PAGE).text
    good = b'{"event": "ISSUE_UPDATED", "issue": {"code": 7}, "project": {"name": "demo-project"}}'
    store_delivery(by_token.engine, TEAM, {"X-Coding-Delivery": "d-1"}, good)
    store_delivery(by_token.engine, TEAM, {"X-Coding-Delivery": "d-2"}, b"<html>")
    store_delivery(by_token.engine, "other", {"X-Coding-Delivery": "d-3"}, good)
    page = re.sub(r"\s+", " ", by_token.person.get(PAGE).text)
    for name, number in (("За сутки", 2), ("Ждут", 1), ("Отложено: непонятны", 1)):
        assert re.search(rf"<dt>{name}</dt><dd[^>]*>{number}</dd>", page), name
    assert "The body is no JSON" in page


def test_a_stranger_is_asked_to_sign_in_and_then_brought_to_the_page(by_button: Place) -> None:
    for path in ("/coding", PAGE, CONNECT, f"{CALLBACK}?state=x&code=y&team={TEAM}"):
        stranger = Browser(by_button.served.base_url)
        assert "/sign-in" in stranger.get(path).url, path
        answer = stranger.sign_in(token_of(by_button.engine, "approve"), wanted=path, allow_redirects=False)
        assert answer.headers["Location"] == (path if path.startswith("/coding") else "/")
        stranger.close()
    assert by_button.select("select count(*) from ops.coding_connections") == [(0,)]


def test_a_form_without_the_key_of_its_page_tests_nothing(by_token: Place) -> None:
    assert by_token.person.post(PAGE, {"form_key": "0" * 64, "act": "test"}).status_code == 403
    assert len(by_token.sandbox.requests) == 0
    assert by_token.person.get("/coding/nobody").status_code == 404
