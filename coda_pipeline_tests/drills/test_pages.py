"""What HR sees: a browser without scripts, by keyboard, on a telephone, opens the pages and acts there.

With CODA_PIPELINE_UPDATE_IMAGES=1 two screenshots go to docs/images, for the README.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect, sync_playwright
from sqlalchemy import Engine

from coda_pipeline.catalog_coding import CodingSection
from coda_pipeline.settings import PROJECT_DIR, Settings
from coda_pipeline.sync.coding.connecting import CodingTeams
from coda_pipeline.sync.coding.deliveries import store_delivery
from coda_pipeline.sync.coding.examining import Step, Trouble
from coda_pipeline.warehouse.coding.examinations import keep_examination
from coda_pipeline_tests.drills.test_browser import ARGS, CHROMIUM
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.gateway_pages.scene import SCRIPT, Scene, token_of

PATIENCE_MS = 60_000
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES = (
    "/", "/duplicates", "/duplicates?show=people", "/duplicates?show=half", "/conflicts", "/deletions",
    "/plans", "/plans/1", "/coding", "/coding/demo-team", "/coding/by-button",
)  # fmt: skip
FOR_README = {"duplicates": "pages-duplicates.png", "conflicts": "pages-conflicts.png"}

# As a test of a connection leaves them.
TRIED = (
    Step("token", None, "acts as user 1"),
    Step("project", "demo-project", "«Demo»"),
    Step("issues", "demo-project", "can be read"),
    Step("iterations", "demo-project", "can be read"),
    Step(
        "project_members", "demo-project",
        "The token in CODING_TOKEN_DEMO_TEAM works, yet CODING does not let it read project_members of "
        "project demo-project. Give it the scope project:member:ro; the other tables are read without it.",
        Trouble.NO_SCOPE, "project:member:ro",
    ),
    Step("project", "mobile", "CODING shows no project mobile to the token.", Trouble.NO_PROJECT),
)  # fmt: skip

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium: `make chromium` or `apt-get install chromium` installs it"
    ),
]


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """Something on every page."""
    found = Scene(engine)
    found.a_bit_of_everything()
    return found


@pytest.fixture
def served(engine: Engine, scene: Scene) -> Iterator[Served]:
    teams = [
        {"name": "demo-team", "projects": ["demo-project", "mobile"], "incremental": "both"},
        {"name": "by-button", "projects": ["demo-project"], "auth": "oauth"},
    ]
    coding = CodingSection.model_validate({"teams": teams})
    catalog = scene.catalog.model_copy(update={"coding": coding})
    with engine.begin() as conn:
        keep_examination(conn, "demo-team", [step.stored() for step in TRIED], by="Анна из HR")
    store_delivery(engine, "demo-team", {"X-Coding-Delivery": "d-1"}, b"<html>")
    gateway = gateway_on(
        engine, catalog, ui_url="https://ui.example.org", allow_write=True, public_url="https://sync.example.org",
        coding=CodingTeams(Settings(), engine),
    )  # fmt: skip
    with serving(gateway) as found:
        yield found


@pytest.fixture
def context(served: Served, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser with an empty profile; a test gives it other options by parametrizing this fixture."""
    options: dict[str, Any] = {"viewport": DESK, "locale": "ru-RU", **getattr(request, "param", {})}
    with sync_playwright() as playwright:
        found = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=CHROMIUM,
            args=ARGS,
            base_url=served.base_url,
            **options,
        )
        found.set_default_timeout(PATIENCE_MS)
        yield found
        found.close()


@pytest.fixture
def page(context: BrowserContext, engine: Engine) -> Page:
    """Signed in, as a person signs in."""
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Ключ доступа").fill(token_of(engine, "approve"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Обзор")).to_be_visible(timeout=PATIENCE_MS)
    return page


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Where screenshots go; into the repository only where that is asked for."""
    folder = PROJECT_DIR / "docs" / "images" if os.environ.get("CODA_PIPELINE_UPDATE_IMAGES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def name_of(path: str) -> str:
    return path.strip("/").replace("?show=", "-").replace("/", "-") or "overview"


def is_wider_than_its_window(page: Page) -> bool:
    """Asked of the layout itself, by the developer tools: scripts are off."""
    size = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    assert page.viewport_size
    return size["cssContentSize"]["width"] > page.viewport_size["width"]


@pytest.mark.parametrize(
    "context",
    [
        {"java_script_enabled": False},
        {"java_script_enabled": False, "viewport": TELEPHONE, "is_mobile": True},
    ],
    indirect=True,
    ids=["desk", "telephone"],
)
def test_every_page_is_read_without_scripts_and_fits_its_window(
    page: Page, images: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    window = request.node.callspec.id
    for path in PAGES:
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert not is_wider_than_its_window(page), path
        page.screenshot(path=tmp_path / f"{name_of(path)}-{window}.png", full_page=True)
        if window == "desk" and name_of(path) in FOR_README:
            page.screenshot(path=images / FOR_README[name_of(path)])


def test_a_script_in_a_persons_name_stays_text_everywhere(page: Page, scene: Scene) -> None:
    scene.duplicates(person=(SCRIPT, "anna@example.org"))
    fired: list[str] = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    for path in PAGES:
        page.goto(path)
        assert page.locator("script").count() == 0
    page.goto("/duplicates")
    expect(page.get_by_text(SCRIPT).first).to_be_visible()
    assert fired == []


def test_the_browser_finds_nothing_to_complain_about_and_asks_no_other_host(
    page: Page, served: Served
) -> None:
    said: list[str] = []
    asked: list[Response] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda answer: asked.append(answer))  # noqa: PLW0108 (it marks what it is given)
    for path in PAGES:
        page.goto(path)
    assert said == []
    assert all(answer.url.startswith(served.base_url) and answer.ok for answer in asked)


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_a_conflict_is_settled_by_keyboard_alone(page: Page, scene: Scene) -> None:
    page.goto("/conflicts")
    for _ in range(60):
        page.keyboard.press("Tab")
        if (
            page.locator("button:focus").count()
            and page.locator("button:focus").inner_text() == "Взять из Coda"
        ):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Решено")
    outcomes = scene.table.select("select outcome, closed_by from sync.conflicts where field = 'share'")
    assert outcomes == [("coda", "Анна из HR")]


@pytest.mark.parametrize("context", [{"java_script_enabled": False, "viewport": TELEPHONE}], indirect=True)
def test_a_press_on_a_telephone_is_queued_and_told(page: Page, scene: Scene, tmp_path: Path) -> None:
    page.get_by_role("button", name="Обновить сейчас").click()
    expect(page.get_by_role("status").first).to_contain_text("Запрос принят")
    expect(page.get_by_text("В очереди, скоро начнётся.")).to_be_visible()
    page.screenshot(path=tmp_path / "pressed.png", full_page=True)
    assert scene.table.select("select requested_by from ops.trigger_presses") == [("Анна из HR",)]


def test_a_person_approves_a_row_and_reads_it_in_english(page: Page) -> None:
    page.goto("/plans/1")
    page.get_by_role("button", name="Одобрить", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Одобрено строк: 1")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Changes")
    page.goto("/deletions")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deletions")
