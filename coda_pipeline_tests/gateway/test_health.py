"""What the gateway knows of itself and of the rest: ready or not, figures, and whom it tells of what."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.gateway.heartbeat import Heartbeat, Pulse
from coda_pipeline.gateway.watch import DAEMON, QUEUE, TOKEN, Facts, findings, look_and_tell
from coda_pipeline.warehouse.notice import tell_change
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.participation.table import Table

REFUSED = "Coda refused the token of hr.sync@example.com (CODA_API_TOKEN) (401) on GET /whoami."


class Chat:
    """A chat's incoming webhook, which keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.status = 200
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                chat.told.append(json.loads(body))
                self.send_response(chat.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def chat() -> Iterator[Chat]:
    found = Chat()
    yield found
    found.server.shutdown()
    found.server.server_close()


def beat(engine: Engine, age_s: float) -> None:
    """Dagster's daemon was last heard of so many seconds ago, by its own clock."""
    with engine.begin() as conn:
        conn.execute(
            text(
                "create table if not exists daemon_heartbeats (id bigserial, daemon_type varchar(255) unique,"
                " daemon_id varchar(255), timestamp timestamp without time zone not null, body text)"
            )
        )
        conn.execute(
            text(
                "insert into daemon_heartbeats (daemon_type, timestamp)"
                " values ('SENSOR', (now() at time zone 'utc') - make_interval(secs => :age_s))"
                " on conflict (daemon_type) do update set timestamp = excluded.timestamp"
            ),
            {"age_s": age_s},
        )


def test_ready_means_database_migrations_and_daemon(engine: Engine, table: Table):
    with serving(gateway_on(engine, table.catalog, dagster=engine)) as served:
        caller = served.with_token(None)
        missing = caller.get("/readyz")
        assert missing.status_code == 503
        assert missing.json()["database"]["ok"]
        assert missing.json()["migrations"]["ok"]
        assert "coda-pipeline start" in missing.json()["daemon"]["says"]
        beat(engine, 5)
        assert caller.get("/readyz").status_code == 200
        beat(engine, 500)
        assert caller.get("/readyz").status_code == 503


def test_a_database_that_is_not_migrated_is_named(engine: Engine, served: Served):
    with engine.begin() as conn:
        conn.execute(text("update ops.alembic_version set version_num = '0001'"))
    told = served.with_token(None).get("/readyz").json()
    assert not told["migrations"]["ok"]
    assert "coda-pipeline migrate" in told["migrations"]["says"]


def test_a_daemon_whose_clock_is_an_hour_off_is_alive_while_its_heartbeat_moves(engine: Engine):
    now = [0.0]
    heartbeat = Heartbeat(engine, clock=lambda: now[0])
    beat(engine, 3600)
    assert not heartbeat.look().is_alive
    now[0] += 30
    beat(engine, 3570)
    assert heartbeat.look().is_alive
    now[0] += 300
    assert not heartbeat.look().is_alive


def test_a_request_that_waits_while_the_daemon_is_dead_says_so(engine: Engine, served: Served):
    caller = served.caller("trigger")
    told = caller.press().json()
    with engine.begin() as conn:
        conn.execute(text("update ops.trigger_requests set requested_at = now() - interval '5 minutes'"))
    answer = caller.get(f"/v1/sync/requests/{told['request_id']}", lang="ru").json()
    assert answer["state"] == "queued"
    assert "Служба обновления сейчас не отвечает" in answer["message"]


def test_figures_count_calls_by_pattern_and_show_the_queue(served: Served):
    caller = served.caller("trigger")
    told = caller.press().json()
    caller.get(f"/v1/sync/requests/{told['request_id']}")
    figures = served.with_token(None).get("/metrics").text
    route = "/v1/sync/requests/{request_id}"
    assert f'coda_pipeline_http_requests_total{{method="GET",route="{route}",status="200"}} 1.0' in figures
    assert 'coda_pipeline_trigger_requests{state="queued"} 1.0' in figures
    assert "coda_pipeline_daemon_alive 0.0" in figures
    assert told["request_id"] not in figures


@pytest.mark.parametrize(
    ("facts", "alive", "wrong"),
    [
        (Facts(), True, {}),
        (Facts(), False, {DAEMON: "nothing runs by itself"}),
        (Facts(oldest_s=299), True, {}),
        (Facts(oldest_s=301), True, {QUEUE: "waits for 301 s"}),
        (Facts(error_kind="TokenError", error=REFUSED), True, {TOKEN: "the token of hr.sync@example.com"}),
        (Facts(error_kind="ServiceError", error="x"), True, {}),
    ],
)
def test_what_is_wrong_is_found(facts: Facts, alive: bool, wrong: dict[str, str]):
    found = findings(facts, Pulse(alive), old_queue_s=300)
    assert {subject for subject, says in found.items() if says} == set(wrong)
    assert all(words in (found[subject] or "") for subject, words in wrong.items())


def test_a_dead_daemon_is_told_once_and_so_is_its_return(engine: Engine, table: Table, chat: Chat):
    here = gateway_on(
        engine, table.catalog, dagster=engine, alert_url=chat.url, ui_url="https://ui.example.org"
    )
    heartbeat = Heartbeat(engine)
    for _ in range(3):
        look_and_tell(here, heartbeat)
    assert [told["state"] for told in chat.told] == ["failed"]
    assert chat.told[0]["subject"] == DAEMON
    assert chat.told[0]["text"].endswith("https://ui.example.org")
    beat(engine, 1)
    for _ in range(3):
        look_and_tell(here, heartbeat)
    assert [told["state"] for told in chat.told] == ["failed", "ok"]


def test_what_could_not_be_told_is_told_later(engine: Engine, chat: Chat):
    chat.status = 500
    assert not tell_change(engine, chat.url, "run:sync", "it failed")
    chat.status = 200
    assert tell_change(engine, chat.url, "run:sync", "it failed")
    assert not tell_change(engine, chat.url, "run:sync", "it failed again")
    chat.status = 500
    assert not tell_change(engine, chat.url, "run:sync", None)
    chat.status = 200
    assert tell_change(engine, chat.url, "run:sync", None)
    assert [told["state"] for told in chat.told] == ["failed", "failed", "ok", "ok"]


def test_that_something_works_which_never_failed_is_no_news(engine: Engine, chat: Chat):
    assert not tell_change(engine, chat.url, "run:sync", None)
    assert chat.told == []


def test_the_secret_address_of_the_chat_is_in_no_log(engine: Engine, caplog: pytest.LogCaptureFixture):
    tell_change(engine, "http://127.0.0.1:9/hook/secret", "run:sync", "it failed")
    assert "could not be told" in caplog.text
    assert "secret" not in caplog.text
