"""What an analyst sees: a browser opens the UI of a running demo, materializes the graph, reads the checks.

With CODA_PIPELINE_UPDATE_IMAGES=1 the screenshots go to docs/images, for the README.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright

from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline_tests.drills.demo_runs import WITHIN_S, Demo, demo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The page is drawn anew while runs go on, on two busy cores.
PATIENCE_MS = 240_000
RUNS = "{ runsOrError { ... on Runs { results { runId status jobName } } } }"
NOT_ENDED = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED"}

expect.set_options(timeout=PATIENCE_MS)

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium: `make chromium` or `apt-get install chromium` installs it"
    ),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose first sync is done and whose UI is up."""
    with demo(tmp_path_factory.mktemp("browser")) as found:
        found.address()
        yield found


@pytest.fixture
def page(running: Demo, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=CHROMIUM,
            args=ARGS,
            base_url=running.address(),
            viewport={"width": 1680, "height": 1080},
        )
        browser.set_default_timeout(PATIENCE_MS)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Where screenshots go: into the repository only where that is asked for."""
    folder = (
        tmp_path if not os.environ.get("CODA_PIPELINE_UPDATE_IMAGES") else PROJECT_DIR / "docs" / "images"
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def runs(running: Demo) -> dict[str, tuple[str, str]]:
    """Job and status of every run, by its id."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{running.address()}/graphql", json={"query": RUNS}, timeout=60).json()
    found = answer["data"]["runsOrError"]["results"]
    return {run["runId"]: (run["jobName"], run["status"]) for run in found}


def new_run_ended(running: Demo, before: set[str]) -> tuple[str, str]:
    """Job and status of the one run that was not there before, once it has ended."""
    give_up_at = time.monotonic() + WITHIN_S
    while time.monotonic() < give_up_at:
        new = [run for run_id, run in runs(running).items() if run_id not in before]
        if new and new[0][1] not in NOT_ENDED:
            return new[0]
        time.sleep(0.5)
    pytest.fail(f"no run ended within {WITHIN_S} s")


def open_graph(page: Page) -> None:
    """The whole graph with all groups open. The UI remembers which were, so they may be already."""
    page.goto("/asset-groups")
    closed, opened = page.get_by_text("8 assets"), page.get_by_text("coda_roles")
    expect(closed.or_(opened).first).to_be_visible()
    if closed.is_visible():
        page.keyboard.press("Alt+e")
        page.wait_for_url("**expanded=**")
        page.reload()
    expect(opened.first).to_be_visible()


def test_the_graph_is_materialized_from_the_ui_and_shows_its_checks(
    running: Demo, page: Page, images: Path
) -> None:
    before = set(runs(running))
    open_graph(page)
    page.get_by_role("button", name="Materialize all (6)").click()
    assert new_run_ended(running, before) == ("__ASSET_JOB", "SUCCESS")
    open_graph(page)
    expect(page.get_by_text("5 / 5 Passed")).to_have_count(4)
    expect(page.get_by_text("2 / 2 Passed")).to_have_count(1)
    page.screenshot(path=images / "asset-graph.png")


def test_an_asset_tells_its_rows_its_owners_and_where_it_comes_from(page: Page, images: Path) -> None:
    page.goto("/assets/core/participation")
    expect(page.get_by_text("Участие without duplicates").first).to_be_visible()
    expect(page.get_by_text("core.participation", exact=True).first).to_be_visible()
    expect(page.get_by_text("person_email", exact=True).first).to_be_visible()
    expect(page.get_by_text("sync_participation").first).to_be_visible()
    page.screenshot(path=images / "asset-participation.png")


def test_the_duplicates_check_shows_the_worst_groups_with_links_to_coda(page: Page) -> None:
    page.goto("/assets/core/participation_records?view=checks&checkDetail=duplicates")
    page.get_by_text("[Show Markdown]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(": 2 rows").first).to_be_visible()
    links = [link.get_attribute("href") or "" for link in dialog.get_by_role("link").all()]
    assert links
    assert all(link.startswith("https://coda.io/d/_dHrDemoDoc1#_tugrid-Uchastie01/_ru") for link in links)


def test_a_sync_of_the_command_line_is_listed_under_its_job(running: Demo, page: Page) -> None:
    first = next(run_id for run_id, (job, _) in runs(running).items() if job == "sync_coda")
    page.goto("/locations/coda_pipeline/jobs/sync_coda/runs")
    expect(page.get_by_text(first[:8]).first).to_be_visible()
