"""Who may look and act: by a token with scope `approve`, or by a listed proxy's word; whose forms count."""

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.gateway.rates import Rate, Rates
from coda_pipeline.warehouse.page_sessions import find_session, open_session
from coda_pipeline.warehouse.tokens import revoke_tokens
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.gateway_pages.scene import Browser, Scene, token_of

PAGES = ("/", "/duplicates", "/conflicts", "/deletions", "/plans", "/plans/1")
FORMS = ("/press", "/conflicts", "/deletions", "/plans/1", "/rejected", "/sign-out")
COOKIE = "coda_pipeline_session"
Open = Callable[..., Browser]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in_and_then_brought_where_they_wanted(
    path: str, open_browser: Open, engine: Engine
) -> None:
    browser = open_browser()
    asked = browser.get(path)
    assert asked.url.partition("?")[0].endswith("/sign-in")
    assert "Вставьте ключ доступа" in asked.text
    answer = browser.sign_in(token_of(engine), wanted=path, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/v1/participation", "javascript:x"],
)
def test_nobody_is_sent_elsewhere_after_signing_in(wanted: str, open_browser: Open, engine: Engine) -> None:
    answer = open_browser().sign_in(token_of(engine), wanted=wanted, allow_redirects=False)
    assert answer.headers["Location"] == "/"


def test_a_token_without_the_scope_is_refused_in_hrs_words(open_browser: Open, engine: Engine) -> None:
    browser = open_browser()
    answer = browser.sign_in(token_of(engine, "read", "write", "trigger"))
    assert answer.status_code == 403
    assert "нужно право «approve»" in answer.text
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize("token", ["", "x", "cdp_0123456789abcdef_wrong", "<script>", "Ж" * 300])
def test_a_wrong_token_is_refused_and_not_repeated_on_the_page(token: str, open_browser: Open) -> None:
    answer = open_browser().sign_in(token)
    assert answer.status_code == 401
    assert "Ключ доступа неверен" in answer.text
    assert len(token) < 2 or token not in answer.text


def test_many_wrong_tokens_have_to_wait(engine: Engine, scene: Scene) -> None:
    slow = gateway_on(engine, scene.catalog, wrong_tokens=Rates(Rate(burst=2, per_s=0.1)))
    with serving(slow) as served:
        browser = Browser(served.base_url)
        answers = [browser.sign_in("wrong").status_code for _ in range(3)]
        browser.close()
    assert answers == [401, 401, 429]


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(open_browser: Open, engine: Engine) -> None:
    answer = open_browser().sign_in(token_of(engine), allow_redirects=False)
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Path=/" in said
    assert "Secure" not in said


def test_the_database_knows_neither_the_session_nor_the_token(hr: Browser, engine: Engine) -> None:
    with engine.connect() as conn:
        stored = conn.scalar(text("select string_agg(s::text, ' ') from ops.page_sessions as s")) or ""
    assert hr.cookies[COOKIE] not in stored
    assert "Анна из HR" in stored


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(hr: Browser, open_browser: Open) -> None:
    copy = open_browser()
    copy.set_cookie(COOKIE, hr.cookies[COOKIE])
    assert "Обзор" in copy.get("/").text
    assert "Вы вышли" in hr.submit("/", {}, "/sign-out").text
    assert "/sign-in" in copy.get("/").url


def test_a_session_ends_with_its_token(open_browser: Open, engine: Engine) -> None:
    browser = open_browser()
    browser.sign_in(token_of(engine, "approve", name="guest"))
    assert browser.get("/").url.endswith("/")
    with engine.begin() as conn:
        revoke_tokens(conn, "guest")
    assert "/sign-in" in browser.get("/").url


def test_a_session_ends_by_itself(engine: Engine) -> None:
    with engine.begin() as conn:
        ended = open_session(conn, "anna", None, valid_for=timedelta(seconds=-1))
        going_on = open_session(conn, "anna", None)
        assert find_session(conn, ended) is None
        assert find_session(conn, going_on)
        assert conn.scalar(text("select count(*) from ops.page_sessions")) == 1


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_key_of_its_page_changes_nothing(path: str, hr: Browser, scene: Scene) -> None:
    for key in ("", "0" * 64, "Ж"):
        answer = hr.post(path, {"form_key": key, "sure": "yes", "word": "approve", "act": "confirm"})
        assert answer.status_code == 403
        assert "ничего не изменено" in answer.text
    assert scene.table.select("select count(*) from ops.trigger_requests") == [(0,)]


def test_the_key_of_one_session_is_not_that_of_another(
    hr: Browser, open_browser: Open, engine: Engine
) -> None:
    other = open_browser()
    other.sign_in(token_of(engine))
    key = re.findall(r'name="form_key" value="(\w+)"', other.get("/").text)[0]
    assert hr.post("/press", {"form_key": key}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_that_the_browser_knows_to_be_another_sites_is_refused(
    site: str, hr: Browser, open_browser: Open, engine: Engine
) -> None:
    assert hr.submit("/", {}, "/press", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert open_browser(Sec_Fetch_Site=site).sign_in(token_of(engine)).status_code == 403


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"a": 1}', b"&".join(b"a=1" for _ in range(3000)), b"a=%ff"])
def test_what_is_no_form_is_refused_with_a_page(body: bytes, hr: Browser) -> None:
    answer = hr.post("/press", headers={"Content-Type": "application/x-www-form-urlencoded"}, fields=body)  # type: ignore[arg-type]
    assert answer.status_code in {400, 403}
    assert answer.headers["Content-Type"].startswith("text/html")


def test_every_form_is_sent_by_post_and_answered_by_a_redirect(hr: Browser, scene: Scene) -> None:
    scene.a_bit_of_everything()
    for path in PAGES:
        assert set(re.findall(r'<form[^>]* method="(\w+)"', hr.get(path).text)) <= {"post"}
    assert hr.submit("/", {}, "/press", allow_redirects=False).status_code == 303


def test_the_public_door_has_no_pages(engine: Engine, scene: Scene) -> None:
    with serving(gateway_on(engine, scene.catalog), public=True) as served:
        browser = Browser(served.base_url)
        assert {browser.get(path).status_code for path in (*PAGES, "/sign-in", "/pages.css")} == {404}
        browser.close()


def test_nothing_on_a_page_may_run_be_framed_or_be_kept(hr: Browser) -> None:
    for path in (*PAGES, "/nothing-here"):
        answer = hr.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def proxied(
    catalog: Catalog, *, listed: str = "127.0.0.0/8", header: str | None = "X-Forwarded-User"
) -> Catalog:
    """The same catalogue behind a proxy."""
    section = catalog.gateway.model_copy(
        update={"trusted_proxies": (ip_network(listed),), "user_header": header}
    )
    return catalog.model_copy(update={"gateway": section})


@pytest.fixture
def behind_proxy(engine: Engine, scene: Scene):
    with serving(gateway_on(engine, proxied(scene.catalog))) as found:
        yield found


def at(served: Served, **headers: str) -> Browser:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Browser(served.base_url, **{"Accept-Language": "ru", **named})


def test_whom_a_listed_proxy_vouches_for_needs_no_token_and_acts_by_that_name(
    behind_proxy: Served, scene: Scene
) -> None:
    user = "Анна@example.org".encode().decode("latin-1")
    browser = at(
        behind_proxy, X_Forwarded_User=user, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https"
    )
    page = browser.get("/")
    assert "Анна@example.org" in page.text
    assert "Secure" in page.headers["Set-Cookie"]
    key = re.findall(r'name="form_key" value="(\w+)"', page.text)[0]
    cookie = {"Cookie": page.headers["Set-Cookie"].partition(";")[0]}
    assert "Запрос принят" in browser.post("/press", {"form_key": key}, headers=cookie).text
    assert scene.table.select("select requested_by from ops.trigger_presses") == [("Анна@example.org",)]
    browser.close()


def test_a_proxys_user_needs_the_key_of_their_own_session_too(behind_proxy: Served) -> None:
    anna, ivan = at(behind_proxy, X_Forwarded_User="anna"), at(behind_proxy, X_Forwarded_User="ivan")
    assert anna.post("/press", {"form_key": ""}).status_code == 403
    anna.get("/")
    ivan.set_cookie(COOKIE, anna.cookies[COOKIE])
    key = re.findall(r'name="form_key" value="(\w+)"', anna.get("/").text)[0]
    assert ivan.post("/press", {"form_key": key}).status_code == 403
    around = at(behind_proxy)
    around.set_cookie(COOKIE, anna.cookies[COOKIE])
    assert "/sign-in" in around.get("/").url
    for browser in (anna, ivan, around):
        browser.close()


@pytest.mark.parametrize(
    "given",
    [{"listed": "10.0.0.0/8"}, {"header": None}, {"header": "X-Other"}],
    ids=["stranger", "off", "other"],
)
def test_the_word_of_anybody_else_on_who_calls_is_not_taken(
    given: dict, engine: Engine, scene: Scene
) -> None:
    with serving(gateway_on(engine, proxied(scene.catalog, **given))) as served:
        browser = at(served, X_Forwarded_User="anna", X_Forwarded_For="10.0.0.1")
        assert "/sign-in" in browser.get("/").url
        browser.close()
