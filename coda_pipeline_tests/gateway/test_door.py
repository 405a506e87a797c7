"""What never gets in and what never gets out: large and slow bodies, broken JSON; texts of exceptions."""

import logging
import socket
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, text

from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving

PATH = "/v1/sync/participation"


def raw_call(served: Served, request: bytes) -> bytes:
    parts = urlsplit(served.base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as conn:
        conn.sendall(request)
        return conn.recv(65536)


@pytest.mark.parametrize("body", [b"{", b"[1, 2]", b'"text"', b"\xff\xfe", b"null null", b"12"])
def test_a_body_that_is_no_json_object_is_refused(served: Served, body: bytes):
    caller = served.caller("trigger")
    answer = caller.call("POST", PATH, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"not_json", "invalid"}


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(served: Served):
    answer = raw_call(
        served, b"POST /v1/sync/participation HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_long_body_that_does_not_say_its_length_is_cut_off(served: Served):
    caller = served.caller("trigger")
    answer = caller.call("POST", PATH, data=(b"x" * 100_000 for _ in range(15)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_unknown_fields_are_named_and_values_are_not_repeated(served: Served):
    answer = served.caller("trigger").press({"requested_by": 5, "secret_name": "Анна"})
    assert answer.status_code == 422
    assert "secret_name: unknown field" in answer.json()["fields"]
    assert "Анна" not in answer.text


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
def test_text_that_no_database_holds_is_refused(served: Served, value: str):
    assert served.caller("trigger").press({"requested_by": value}).status_code == 422


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/nothing", 404), (PATH, 405)])
def test_every_answer_has_the_headers_that_keep_browsers_out_of_trouble(
    served: Served, path: str, status: int
):
    answer = served.with_token(None).get(path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "server" not in answer.headers


def test_https_is_asked_for_where_the_public_address_has_it(public: Served):
    assert "max-age" in public.with_token(None).get("/nothing").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("accepts", "lang", "expected"),
    [
        ("ru-RU,ru;q=0.9", None, "Такой страницы нет."),
        ("de, ru;q=0.5", None, "Такой страницы нет."),
        ("ru", "en", "There is"),
    ],
)
def test_refusals_come_in_the_language_of_the_caller(
    served: Served, accepts: str, lang: str | None, expected: str
):
    caller = served.with_token(None, **{"Accept-Language": accepts})
    answer = caller.get("/nothing", **({"lang": lang} if lang else {}))
    assert answer.json()["detail"].startswith(expected)


def test_a_defect_shows_a_number_and_neither_its_text_nor_a_trace(
    served: Served, engine: Engine, caplog: pytest.LogCaptureFixture
):
    with engine.begin() as conn:
        conn.execute(
            text(
                "create function public.refuse() returns trigger language plpgsql as "
                "$$ begin raise exception 'Петрова Мария %', new using errcode = 'XX000'; end $$"
            )
        )
        conn.execute(
            text(
                "create trigger a before insert on ops.trigger_requests "
                "for each row execute function public.refuse()"
            )
        )
    caller = served.caller("trigger")
    with caplog.at_level(logging.DEBUG):
        answer = caller.press()
    assert answer.status_code == 500
    number = answer.json()["number"]
    assert number in answer.json()["detail"]
    assert number in caplog.text
    for leak in ("Петрова", "Traceback", "psycopg", "trigger_requests"):
        assert leak not in answer.text
    assert "Петрова" not in caplog.text


def test_without_its_database_the_gateway_says_so_and_whom_to_tell(engine: Engine, table):
    own = warehouse_engine(engine.url.render_as_string(hide_password=False))
    with serving(gateway_on(own, table.catalog)) as served:
        caller = served.caller("trigger")
        own.dispose()
        gone = own.url.set(database="no_such_database")
        object.__setattr__(served.gateway, "engine", _engine_at(gone))
        answer = caller.call("POST", PATH, headers={"Accept-Language": "ru"})
        assert (answer.status_code, answer.json()["code"]) == (503, "no_database")
        assert "Retry-After" in answer.headers
        ready = caller.get("/readyz")
        assert ready.status_code == 503
        assert not ready.json()["database"]["ok"]
        assert caller.get("/healthz").status_code == 200
        served.gateway.engine.dispose()


def _engine_at(url):
    return create_engine(url)
