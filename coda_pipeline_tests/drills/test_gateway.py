"""The gateway under strangers' calls, under many presses, killed right after an answer, and without its
database for a while.
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
import requests
from sqlalchemy import Engine, text

from coda_pipeline.gateway.rates import Rate, Rates
from coda_pipeline.warehouse.cluster import Cluster
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade
from coda_pipeline.warehouse.tokens import SCOPES, create_token
from coda_pipeline.warehouse.trigger_runs import ReadOutcome, begin_read, close_read
from coda_pipeline_tests.drills.demo_runs import WITHIN_S, clean_environment, eventually
from coda_pipeline_tests.gateway.serving import Caller, gateway_on, serving
from coda_pipeline_tests.participation.table import Table

pytestmark = pytest.mark.drill

CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "ignored_auth",
    )
)
ANNA, TRAINING = ("Анна Петрова", "anna@example.org"), ("Обучение", "i-training")
PRESSES_A_SECOND, SECONDS = 20, 30


@contextmanager
def gateway_process(folder: Path, database: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`coda-pipeline gateway --public` in a process of its own, and its address."""
    output = folder / "gateway.log"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "coda_pipeline.cli", "gateway", "--public"],
            env=clean_environment(DATABASE_URL=database, DAGSTER_HOME=str(folder)), cwd=folder,
            stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:

        def is_announced() -> bool:
            assert process.poll() is None, output.read_text()
            return "Gateway:" in output.read_text()

        eventually(is_announced, "the gateway says where it is")
        (address,) = re.findall(r"Gateway: (\S+)", output.read_text())
        eventually(lambda: answers(address), "the gateway answers")
        yield process, address
    finally:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/", timeout=5).status_code == 404
    except requests.RequestException:
        return False


def test_strangers_find_no_server_error_behind_the_description(engine: Engine, tmp_path: Path):
    table = Table(engine)
    table.put("i-1", person=ANNA, activity=TRAINING, role="Аналитик", started_on="2024-03-01", share=0.5)
    table.sync()
    generous = Rate(burst=10**6, per_s=10.0**6)
    here = gateway_on(engine, table.catalog, calls=Rates(generous), wrong_tokens=Rates(generous))
    with serving(here) as served, reading_all_the_time(engine), engine.begin() as conn:
        token = create_token(conn, "stranger", SCOPES)
        conn.commit()
        # Not /readyz, which answers 503 where no daemon runs, and rightly.
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"), "run", f"{served.base_url}/openapi.json",
                "--header", f"Authorization: Bearer {token}", "--checks", CHECKS, "--exclude-path", "/readyz",
                "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--no-color",
                # Longer than the longest wait that a caller may ask for.
                "--request-timeout", "70", "--continue-on-failure", "--suppress-health-check", "all",
                "--seed", "2023",
            ],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested
    assert int(tested.group(1)) >= 11


def test_every_press_that_was_answered_202_is_answered_by_a_run(engine: Engine):
    """Twenty presses a second for half a minute, while reads begin and end as fast as they may."""
    table = Table(engine)
    with serving(gateway_on(engine, table.catalog)) as served, ThreadPoolExecutor(24) as pool:
        callers = [served.caller("trigger") for _ in range(24)]
        began, answered, runs = time.monotonic(), [], 0
        for n in range(PRESSES_A_SECOND * SECONDS):
            time.sleep(max(0.0, began + n / PRESSES_A_SECOND - time.monotonic()))
            answered.append(pool.submit(callers[n % len(callers)].press))
            if n % 15 == 0:
                runs += 1
                read_everything(engine, f"run {runs}")
        statuses = Counter(one.result().status_code for one in answered)
        ids = {one.result().json()["request_id"] for one in answered if one.result().status_code == 202}
    read_everything(engine, "the last run")
    assert set(statuses) <= {202, 429}, statuses
    assert statuses[202] > 0
    with engine.connect() as conn:
        states = {
            str(row[0]): row[1]
            for row in conn.execute(text("select request_id, state from ops.trigger_requests"))
        }
        presses = conn.scalar(text("select count(*) from ops.trigger_presses"))
    assert {states[request_id] for request_id in ids} == {"succeeded"}
    assert presses == statuses[202]


@contextmanager
def reading_all_the_time(engine: Engine) -> Iterator[None]:
    """Answer requests as they come, so that nobody who waits for one waits long."""
    is_over = threading.Event()

    def read() -> None:
        for n in itertools.count():
            if is_over.wait(0.2):
                return
            read_everything(engine, f"run {n}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        is_over.set()
        reader.join()


def read_everything(engine: Engine, run_id: str) -> None:
    """What a run does with the requests: marks them, reads, closes them."""
    with engine.begin() as conn:
        begin_read(conn, run_id)
    with engine.begin() as conn:
        close_read(conn, run_id, ReadOutcome(), lag_s=30)


def test_a_press_outlives_the_gateway_that_is_killed_right_after_its_answer(
    engine: Engine, database: str, tmp_path: Path
):
    with engine.begin() as conn:
        token = create_token(conn, "button", ["trigger"])
    with gateway_process(tmp_path, database) as (process, address):
        caller = Caller(address, token)
        told = caller.press({"requested_by": "hr@example.org"})
        os.kill(process.pid, signal.SIGKILL)
        assert told.status_code == 202
        process.wait(timeout=WITHIN_S)
        caller.close()
    with gateway_process(tmp_path, database) as (_, address):
        caller = Caller(address, token)
        again = caller.get(f"/v1/sync/requests/{told.json()['request_id']}")
        caller.close()
    assert again.json()["state"] == "queued"
    with engine.begin() as conn:
        assert UUID(told.json()["request_id"]) in begin_read(conn, "run 1")


def test_the_gateway_outlives_a_restart_of_its_database_and_every_press_that_it_took_is_still_queued(
    tmp_path: Path,
):
    with TemporaryDirectory(prefix="cp-gate-") as home, EmbeddedServer(Path(home) / "postgres") as server:
        token = a_new_warehouse(server.url())
        with gateway_process(tmp_path, server.url()) as (process, address):
            caller = Caller(address, token)
            taken = caller.press()
            database = Cluster((Path(home) / "postgres").resolve(), {})
            database.stop()
            refused = caller.press()
            assert (refused.status_code, refused.json()["code"]) == (503, "no_database")
            database.start()
            joined = caller.press()
            caller.close()
            assert process.poll() is None
    assert (taken.status_code, joined.status_code) == (202, 202)
    assert joined.json()["request_id"] == taken.json()["request_id"]
    assert joined.json()["state"] == "queued"


def a_new_warehouse(database_url: str) -> str:
    """The tables, and a token that may press the button."""
    engine = warehouse_engine(database_url)
    upgrade(engine)
    with engine.begin() as conn:
        token = create_token(conn, "button", ["trigger"])
    engine.dispose()
    return token
