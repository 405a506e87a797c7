"""Reading CODING: speed beside the barest loop, the rate budget's own time, and hooks by the dozen.

`python -m bench.coding` measures this part alone. The budget is measured over fewer issues than are promised,
at the same pace, unless `--whole` is given: ten thousand take six minutes whatever the machine.
"""

import multiprocessing
import socket
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles

import orjson
import psycopg
import requests
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from bench.coding_pages import PAGE_ROWS, PROJECT, TEAM, serving
from bench.figures import Figure, as_json, as_table
from bench.one_read import GUARD
from bench.reading import fresh_database
from coda_pipeline.budget import Budget, NoBudget, SharedBudget
from coda_pipeline.catalog_coding import CodingSection, TeamEntry
from coda_pipeline.catalog_limits import RateLimit
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import InterfaceLimits
from coda_pipeline.coding.dialect import dialect_for
from coda_pipeline.coding.signature import sign
from coda_pipeline.gateway.coding_hooks import coding_hooks
from coda_pipeline.http import Transport
from coda_pipeline.sync.coding.read_issues import read_issues
from coda_pipeline.sync.coding.reading import CodingReading
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine

ENTRY = TeamEntry(name=TEAM, projects=(PROJECT,), incremental="both")
SECRET = SecretStr("bench")
MIN_SPEED = 50
MAX_OVER_BUDGET = 110
HOOKS_PER_SECOND = 50
MAX_ANSWER_MS = 50
ISSUES = 20_000
BUDGETED, BUDGETED_WHOLE = 1_500, 10_000
HOOK_SECONDS = 30
WHOLE = "--whole"


def measure(server: EmbeddedServer, *, is_whole: bool = False) -> list[Figure]:
    """All figures of CODING; about four minutes, or nine."""
    with serving(ISSUES) as base_url:
        figures = _speed(server, base_url, ISSUES)
    budgeted = BUDGETED_WHOLE if is_whole else BUDGETED
    with serving(budgeted) as base_url:
        figures += _within_budget(server, base_url, budgeted)
    return figures + _hooks(server, HOOK_SECONDS)


def _speed(server: EmbeddedServer, base_url: str, issues: int) -> list[Figure]:
    """One round of each: twenty thousand answers are many enough for a busy moment to hit both."""
    with fresh_database(server) as url:
        floor = _barely(base_url, url)
    with fresh_database(server) as url:
        read = _read(base_url, url, NoBudget())
    speed = floor / read * 100
    return [
        Figure(f"read {issues:,} issues with details", read, "s", floor),
        Figure("its speed, of the barest loop's", speed, "%", 100, "50 % or better", speed >= MIN_SPEED),
    ]


def _within_budget(server: EmbeddedServer, base_url: str, issues: int) -> list[Figure]:
    """The details' own time under the limit: the list is another interface."""
    limit = RateLimit(requests=ENTRY.requests_per_second, seconds=1)
    own = issues / (limit.requests * (1 - ENTRY.slack))
    with fresh_database(server) as url:
        limits = InterfaceLimits(limit, ENTRY.slack)
        budget = SharedBudget(limits, database_url=url, user=TEAM, service="CODING")
        took = _read(base_url, url, budget)
    share = took / own * 100
    what = f"read {issues:,} issues within the budget"
    return [
        Figure(what, took, "s", own),
        Figure("its time, of the budget's", share, "%", 100, "110 % at most", share <= MAX_OVER_BUDGET),
    ]


def _read(base_url: str, database_url: str, budget: Budget) -> float:
    """Seconds of a first read."""
    engine, token = warehouse_engine(database_url), SecretStr("bench")
    transport = Transport(base_url=base_url, token=lambda: token, budget=budget, dialect=dialect_for("token"))
    with CodingClient(transport, TEAM) as client:
        reading = CodingReading(client, engine, ENTRY, PROJECT, GUARD, "bench", lambda: datetime.now(UTC))
        started = time.perf_counter()
        read_issues(reading)
        took = time.perf_counter() - started
    engine.dispose()
    return took


def _barely(base_url: str, database_url: str) -> float:
    """Seconds of the barest loop: every page, every detail, one COPY."""
    started = time.perf_counter()
    with requests.Session() as session, psycopg.connect(database_url) as conn, conn.cursor() as cursor:
        cursor.execute("create table public.floor (code bigint primary key, record jsonb)")
        with cursor.copy("copy public.floor from stdin") as copy:
            for code in _codes(session, base_url):
                issue = _ask(session, base_url, Action="DescribeIssue", IssueCode=code)["Issue"]
                copy.write_row((code, orjson.dumps(issue).decode()))
    return time.perf_counter() - started


def _codes(session: requests.Session, base_url: str) -> Iterator[int]:
    number, pages = 0, 1
    while number < pages:
        number += 1
        asked = {"Action": "DescribeIssueListWithPage", "PageNumber": number, "PageSize": PAGE_ROWS}
        data = _ask(session, base_url, **asked)["Data"]
        pages = data["TotalPage"]
        yield from (issue["Code"] for issue in data["List"])


def _ask(session: requests.Session, base_url: str, **body: object) -> dict:
    answer = session.post(f"{base_url}/open-api", data=orjson.dumps(body), timeout=60)
    return orjson.loads(answer.content)["Response"]


def _hooks(server: EmbeddedServer, seconds: int) -> list[Figure]:
    """Signed hooks at an even pace against the route, each with an id of its own."""
    wanted = HOOKS_PER_SECOND * seconds
    with fresh_database(server) as url:
        with _receiving(url) as port, ThreadPoolExecutor(16) as pool:
            _send(port, wanted, 0)  # the first one waits for the process to start
            began = time.perf_counter()
            sending = [pool.submit(_send, port, n, began + n / HOOKS_PER_SECOND) for n in range(wanted)]
            answered_ms = [one.result() for one in sending]
        with psycopg.connect(url) as conn:
            found = conn.execute("select count(*) - 1 from ops.webhook_deliveries").fetchone()
    slow, lost = quantiles(answered_ms, n=20)[-1], wanted - (found[0] if found else 0)
    promise = f"under {MAX_ANSWER_MS} ms"
    return [
        Figure(f"hooks lost of {wanted:,} at {HOOKS_PER_SECOND} a second", lost, "", None, "none", lost == 0),
        Figure("a hook's answer, 95th percentile", slow, "ms", None, promise, slow < MAX_ANSWER_MS),
    ]


_LOCAL = threading.local()


def _send(port: int, n: int, due_at: float) -> float:
    """Milliseconds that the answer took."""
    time.sleep(max(0.0, due_at - time.perf_counter()))
    if not hasattr(_LOCAL, "connection"):
        _LOCAL.connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection: HTTPConnection = _LOCAL.connection
    issue = {"code": n + 1}
    body = orjson.dumps({"event": "ISSUE_UPDATED", "issue": issue, "project": {"name": PROJECT}})
    headers = {"X-Coding-Delivery": str(uuid.uuid4()), "X-Coding-Signature": sign(body, SECRET, "sha1")}
    started = time.perf_counter()
    connection.request("POST", f"/v1/webhooks/coding/{TEAM}", body, headers)
    answer = connection.getresponse()
    answer.read()
    took_ms = (time.perf_counter() - started) * 1000
    if answer.status != HTTPStatus.OK:
        message = f"The route answered {answer.status}."
        raise RuntimeError(message)
    return took_ms


def _receive(database_url: str, ready: Connection) -> None:
    """The route on a port of its own, until the process ends."""
    app, engine = FastAPI(), warehouse_engine(database_url)
    app.include_router(coding_hooks(CodingSection(teams=(ENTRY,)), lambda _team: SECRET, engine))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    ready.send(listener.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical")).run(sockets=[listener])


@contextmanager
def _receiving(database_url: str) -> Iterator[int]:
    """The port of the route in a process of its own, while the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    receiver = context.Process(target=_receive, args=(database_url, theirs), daemon=True)
    receiver.start()
    try:
        yield ours.recv()
    finally:
        receiver.terminate()
        receiver.join()


def main() -> None:
    """Measure CODING alone and print it."""
    with (
        tempfile.TemporaryDirectory(prefix="coda-pipeline-bench-") as home,
        EmbeddedServer(Path(home)) as server,
    ):
        figures = measure(server, is_whole=WHOLE in sys.argv)
    sys.stdout.write(f"{as_table(figures)}\n\n{as_json(figures)}\n")


if __name__ == "__main__":
    main()
