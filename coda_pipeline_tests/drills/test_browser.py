"""What an analyst sees: a browser opens the UI of a running demo, materializes the graph, reads the checks.

With CODA_PIPELINE_UPDATE_IMAGES=1 the screenshots go to docs/images, for the README.
"""

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright

from coda_pipeline.defs.names import RESOLVE_JOB
from coda_pipeline.sandbox.app import API_PATH
from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline_tests.drills.demo_runs import Demo, demo, eventually

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
# What the graph takes to draw its arrows and colours, which nothing on the page announces.
SETTLED_MS = 8_000
RUNS = "{ runsOrError { ... on Runs { results { runId status jobName startTime endTime } } } }"
RESOLVING = {RESOLVE_JOB, "sync_coda", "sync_participation"}
# Without those that have partitions to choose, and those of CODING.
GROUPS = ("extract", "resolve", "publish")
WITH_DUMPS = (*GROUPS, "backfill")
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


def all_runs(running: Demo) -> list[dict[str, Any]]:
    """Every run, as Dagster tells of it."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{running.address()}/graphql", json={"query": RUNS}, timeout=60).json()
    return answer["data"]["runsOrError"]["results"]


def runs(running: Demo) -> dict[str, tuple[str, str]]:
    """Job and status of every run, by its id."""
    return {run["runId"]: (run["jobName"], run["status"]) for run in all_runs(running)}


def started_here_ended(running: Demo, before: set[str]) -> list[str]:
    """The statuses of the runs of chosen assets that were not there before, once all of them have ended.

    Runs by sensors and schedules go on meanwhile: they are of jobs with a name, but for the write-back.
    """

    def new() -> list[str]:
        found = ((run_id, run) for run_id, run in runs(running).items() if run_id not in before)
        return [status for _, (job, status) in found if job == "__ASSET_JOB"]

    eventually(lambda: bool(new()) and not NOT_ENDED & set(new()), "the runs have ended")
    return new()


def environment_of(running: Demo) -> dict[str, str]:
    """What the demo prints for other terminals: `export NAME=value` lines."""
    lines = (running.folder / "demo" / "environment.sh").read_text(encoding="utf-8").splitlines()
    parts = [shlex.split(line.removeprefix("export ")) for line in lines]
    return dict(part[0].split("=", 1) for part in parts)


def brings_participation_up_to(running: Demo, load: str) -> bool:
    """Whether a run over Участие that began after the load has ended well, be it a sync."""
    (loaded_at,) = (run["endTime"] for run in all_runs(running) if run["runId"] == load)
    later = (run for run in all_runs(running) if loaded_at and (run["startTime"] or 0) > loaded_at)
    return any(run["jobName"] in RESOLVING and run["status"] == "SUCCESS" for run in later)


def edit_in_the_warehouse(running: Demo, comment: str) -> str:
    """The application writes a comment; the id of the row in Coda."""
    query = (
        "update core.participation set comment = %s where participation_id ="
        " (select participation_id from core.participation"
        "   where source = 'coda' and person_email is not null order by 1 limit 1)"
        " returning coda_row_id"
    )
    with psycopg.connect(environment_of(running)["DATABASE_URL"]) as conn:
        found = conn.execute(query, [comment]).fetchone()
    assert found
    return found[0]


def cells_in_coda(running: Demo, row_id: str) -> dict[str, object]:
    """What people see in a row of the sandbox's doc."""
    root = environment_of(running)["CODA_BASE_URL"].removesuffix(API_PATH)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{root}/_sandbox/acts/row", json={"row_id": row_id}, timeout=60)
    return answer.json()["result"]


def open_graph(page: Page, selection: str = "") -> None:
    """The graph, or some of it, groups open as the address says; by itself the UI may show them closed."""
    groups = ",".join(f"global@global:{group}" for group in WITH_DUMPS)
    page.goto(f"/asset-groups{'~' + quote(selection, safe='') if selection else ''}?expanded={groups}")
    expect(page.get_by_text("coda_roles").first).to_be_visible()


def test_the_graph_is_materialized_from_the_ui_and_shows_its_checks(
    running: Demo, page: Page, images: Path
) -> None:
    before = set(runs(running))
    open_graph(page, " or ".join(f'group:"{group}"' for group in GROUPS))
    page.get_by_role("button", name="Materialize all (8)").click()
    assert set(started_here_ended(running, before)) == {"SUCCESS"}
    open_graph(page)
    for name in ("participation_plan", "participation_dump"):
        expect(page.get_by_text(name).first).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=images / "asset-graph.png")


def test_the_demo_shows_edits_of_both_sides_arriving_on_the_other(running: Demo) -> None:
    told = {tuple(line.split("\t")[:2]): line.split("\t")[3:] for line in running.output.splitlines()}
    assert told["HR", "wrote a comment"] == ["перенесено в план"] * 2
    assert told["application", "added a participation"] == ["добавлено приложением"] * 2
    here, there = told["application", "set a share"]
    assert here == there != ""


def test_an_edit_of_the_application_reaches_coda_by_itself(running: Demo) -> None:
    """The sensor on pending edits starts a sync, and the plan starts the write-back: nobody does anything."""
    row = edit_in_the_warehouse(running, "само дошло")
    eventually(lambda: "само дошло" in cells_in_coda(running, row).values(), "the edit is in Coda")


def test_an_issue_edited_in_coding_arrives_through_its_webhook_by_itself(running: Demo) -> None:
    running.wait_for("its webhook brought that here by itself")
    environment = environment_of(running)
    with requests.Session() as session, psycopg.connect(environment["DATABASE_URL"], autocommit=True) as conn:
        session.trust_env = False
        [code] = conn.execute("select max(code) from coding.issues").fetchone() or []
        door = f"{environment['CODING_BASE_URL']}/_sandbox/coding/acts/edit_issue"
        session.post(door, json={"code": code, "name": "само пришло"}, timeout=60).raise_for_status()

        def is_worked_off() -> bool:
            query = "select from ops.webhook_deliveries where drained_at is not null and body like %s"
            return conn.execute(query, ["%само пришло%".encode()]).rowcount == 1

        eventually(is_worked_off, "the delivery of the edit is worked off")
        found = conn.execute("select name from coding.issues where code = %s", [code]).fetchone()
    assert found == ("само пришло",)


def test_the_checks_of_a_table_are_listed_with_what_they_found(page: Page) -> None:
    page.goto("/assets/raw/coda_participation?view=checks&checkDetail=complete")
    expect(page.get_by_text("rows read").first).to_be_visible()
    for name in ("columns_as_mapped", "moved_under_read", "columns_changed", "deletions_held"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()


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


def loaded_by(running: Demo) -> list[tuple[int, str]]:
    """Which run brought the lines of which year."""
    query = "select distinct year, run_id from raw.participation_dump order by year"
    with psycopg.connect(environment_of(running)["DATABASE_URL"]) as conn:
        return conn.execute(query).fetchall()


def are_loaded(running: Demo, by: set[str]) -> bool:
    """Whether these runs brought every line."""
    return {run_id for _, run_id in loaded_by(running)} <= by


def only_in_the_dump(running: Demo) -> int:
    """Participations that only a dump tells of."""
    with psycopg.connect(environment_of(running)["DATABASE_URL"]) as conn:
        found = conn.execute("select count(*) from core.participation where source = 'dump'").fetchone()
    assert found
    return found[0]


def test_both_years_are_backfilled_from_the_ui_and_one_run_over_participation_follows(
    running: Demo, page: Page, images: Path
) -> None:
    before, known = set(runs(running)), only_in_the_dump(running)
    page.goto("/assets/raw/participation_dump?view=partitions")
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="All", exact=True).click()
    expect(dialog.get_by_text("2 partitions")).to_be_visible()
    dialog.screenshot(path=images / "backfill-dialog.png")
    dialog.get_by_role("button", name="Launch backfill").click()
    eventually(lambda: are_loaded(running, set(runs(running)) - before), "both years are loaded anew")
    ((of_2023, load), (of_2024, again)) = loaded_by(running)
    eventually(lambda: brings_participation_up_to(running, load), "a run over Участие has followed")
    assert (of_2023, of_2024) == (2023, 2024)
    assert load == again
    assert runs(running)[load] == ("__ASSET_JOB", "SUCCESS")
    of_its_own = [run for run in set(runs(running)) - before if runs(running)[run][0] == RESOLVE_JOB]
    assert len(of_its_own) <= 1
    assert only_in_the_dump(running) == known > 0
    for year in ("2024", "2023"):
        page.goto(f"/assets/raw/participation_dump?view=partitions&partition={year}")
        expect(page.get_by_text("Materialized (2)")).to_be_visible()
        expect(page.get_by_text("Failed (0)")).to_be_visible()
        expect(page.get_by_role("link", name=load[:8]).first).to_be_visible()
        expect(page.get_by_text("SHA-256").first).to_be_visible()
    page.screenshot(path=images / "backfill.png")
