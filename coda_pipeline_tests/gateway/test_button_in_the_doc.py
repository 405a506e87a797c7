"""The whole way of a press: the button in the sandbox's doc, the gateway, the sentence in the doc's row."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from coda_pipeline.catalog import DEMO_CATALOG, load_catalog
from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.pack import DOWN, REFUSED, Pack
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import PROJECT_DIR
from coda_pipeline.warehouse.tokens import create_token
from coda_pipeline.warehouse.trigger_runs import ReadOutcome, begin_read, close_read
from coda_pipeline_tests.gateway.serving import WITHIN_S, Served, gateway_on, serving


@pytest.fixture
def office() -> Iterator[SandboxServer]:
    """A doc with one row that holds the button; the Pack is not installed yet."""
    with SandboxServer(SandboxConfig(content="empty", rates=None)) as server:
        server.hr.add_row({"Действие": "Обновить хранилище"}, schema.ACTIONS)
        yield server


@pytest.fixture
def door(engine: Engine) -> Iterator[Served]:
    with serving(gateway_on(engine, load_catalog(DEMO_CATALOG)), public=True) as found:
        yield found


def eventually(found: Callable[[], Any]) -> Any:
    give_up_at = time.monotonic() + WITHIN_S
    while not (result := found()):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    return result


def answer_in(office: SandboxServer, row: str) -> str:
    return eventually(lambda: office.hr.row(row, schema.ACTIONS).get(schema.ANSWER))


def test_the_sandbox_says_what_the_pack_in_coda_says():
    """`coda_pack/pack.ts` is what people install: its sentences are these."""
    pack = (PROJECT_DIR / "coda_pack" / "pack.ts").read_text(encoding="utf-8")
    assert f'refused: "{REFUSED}"' in pack
    assert f'down: "{DOWN}"' in pack


def token_of(engine: Engine, *scopes: str) -> str:
    with engine.begin() as conn:
        return create_token(conn, "pack", scopes)


def test_a_press_in_the_doc_is_answered_in_the_row_of_the_button(
    office: SandboxServer, door: Served, engine: Engine
):
    pack = {"gateway": door.base_url, "token": token_of(engine, "trigger")}
    acts = f"http://127.0.0.1:{office.port}/_sandbox"
    requests.post(f"{acts}/pack", json=pack, timeout=WITHIN_S).raise_for_status()
    row = requests.post(f"{acts}/acts/press_button", json={}, timeout=WITHIN_S).json()["result"]
    with engine.connect() as conn:
        query = text("select requested_by, doc_id from ops.trigger_presses")
        pressed = eventually(lambda: conn.execute(query).all())
    assert [tuple(press) for press in pressed] == [("anna.hr@example.com", "HrDemoDoc1")]
    with engine.begin() as conn:
        begin_read(conn, "run 1")
        close_read(conn, "run 1", ReadOutcome(), lag_s=0)
    assert answer_in(office, row).startswith("Готово")


@pytest.mark.parametrize(("scopes", "says"), [(("read",), REFUSED), (None, DOWN)])
def test_a_press_that_does_not_come_through_says_why_in_the_row(
    office: SandboxServer, door: Served, engine: Engine, scopes: tuple[str, ...] | None, says: str
):
    address = door.base_url if scopes else "http://127.0.0.1:9"
    office.world.main.pack = Pack(address, token_of(engine, *(scopes or ("trigger",))))
    assert answer_in(office, office.hr.press_button()) == says
    with engine.connect() as conn:
        assert conn.scalar(text("select count(*) from ops.trigger_presses")) == 0
