"""Where CODING delivers: genuine deliveries are stored before the answer, anything else is stored nowhere."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import Engine, text

from coda_pipeline.catalog_coding import CodingSection, TeamEntry, WebhookEntry
from coda_pipeline.coding.signature import sign
from coda_pipeline.gateway.coding_hooks import MAX_BODY_BYTES, coding_hooks
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline_tests.coding_sync.receiver import serving

SECRET = SecretStr("a long secret of the hook")
BODY = orjson.dumps(
    {
        "event": "ISSUE_UPDATED",
        "issue": {"code": 7},
        "project": {"name": "p"},
        "team": {"domain": "demo-team"},
    }
)
PATH = "/v1/webhooks/coding/demo-team"


@pytest.fixture
def section() -> CodingSection:
    in_url = WebhookEntry(secret_in_url=True, signature_header="X-Other", algorithm="sha256")
    return CodingSection(
        teams=(
            TeamEntry(name="demo-team", projects=("p",), incremental="both"),
            TeamEntry(name="other", projects=("p",), incremental="webhook", webhook=in_url),
            TeamEntry(name="polled", projects=("p",)),
            TeamEntry(name="no-secret", projects=("p",), incremental="both"),
        )
    )


class Sender:
    """Whoever posts to the route."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def post(self, path: str, *, content: Any, headers: dict[str, str] | None = None) -> requests.Response:
        return self._session.post(f"{self.base_url}{path}", data=content, headers=headers, timeout=30)

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def client(section: CodingSection, engine: Engine) -> Iterator[Sender]:
    def secret_of(team: str) -> SecretStr | None:
        return None if team == "no-secret" else SECRET

    with serving(coding_hooks(section, secret_of, engine)) as base_url:
        sender = Sender(base_url)
        yield sender
        sender.close()


def signed(body: bytes = BODY, delivery: str = "d-1", **headers: str) -> dict[str, str]:
    return {"X-Coding-Delivery": delivery, "X-Coding-Signature": sign(body, SECRET, "sha1"), **headers}


def stored(engine: Engine) -> list[tuple[str, str, bytes]]:
    with engine.connect() as conn:
        rows = conn.execute(text("select team, delivery_id, body from ops.webhook_deliveries order by 2"))
        return [tuple(row) for row in rows]


def test_a_signed_delivery_is_stored_as_it_came_before_it_is_answered(client, engine):
    answer = client.post(PATH, content=BODY, headers=signed())
    assert (answer.status_code, answer.json()) == (200, {"state": "stored"})
    assert stored(engine) == [("demo-team", "d-1", BODY)]


def test_a_repeated_delivery_is_stored_once(client, engine):
    answers = [client.post(PATH, content=BODY, headers=signed()).json()["state"] for _ in range(3)]
    assert answers == ["stored", "repeated", "repeated"]
    assert len(stored(engine)) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {}),
        (PATH, {"X-Coding-Signature": "sha1="}),
        (PATH, {"X-Coding-Signature": sign(BODY, SecretStr("another"), "sha1")}),
        (PATH, {"X-Coding-Signature": sign(BODY + b" ", SECRET, "sha1")}),
        (PATH, {"X-Coding-Signature": sign(BODY, SECRET, "sha256")}),
        ("/v1/webhooks/coding/nobody", {"X-Coding-Signature": sign(BODY, SECRET, "sha1")}),
        ("/v1/webhooks/coding/no-secret", {"X-Coding-Signature": sign(BODY, SecretStr(""), "sha1")}),
        (f"{PATH}/{quote(SECRET.get_secret_value())}", {}),
        ("/v1/webhooks/coding/other/wrong", {}),
    ],
)
def test_what_is_not_genuine_is_refused_and_stored_nowhere(client, engine, path, headers):
    assert client.post(path, content=BODY, headers=headers).status_code == 401
    assert stored(engine) == []


def test_header_and_algorithm_are_the_teams_own(client, engine):
    body = BODY.replace(b"demo-team", b"other")
    headers = {"X-Other": sign(body, SECRET, "sha256")}
    assert client.post("/v1/webhooks/coding/other", content=body, headers=headers).status_code == 200


def test_a_secret_at_the_end_of_the_address_stands_for_a_signature_where_the_team_allows_it(client, engine):
    body = BODY.replace(b"demo-team", b"other")
    path = "/v1/webhooks/coding/other/" + quote(SECRET.get_secret_value())
    assert client.post(path, content=body).status_code == 200
    assert len(stored(engine)) == 1


def test_too_large_a_body_is_413_however_it_is_announced(client, engine):
    large = b" " * (MAX_BODY_BYTES + 1)
    assert client.post(PATH, content=large, headers=signed(large)).status_code == 413
    parts = (large[:1000] for _ in range(2000))
    assert client.post(PATH, content=parts, headers=signed()).status_code == 413
    assert stored(engine) == []


def test_too_large_headers_are_refused(client, engine):
    assert client.post(PATH, content=BODY, headers=signed(**{"X-Long": "x" * 20_000})).status_code == 431
    assert stored(engine) == []


def test_a_genuine_body_that_makes_no_sense_is_kept_for_a_person(client, engine):
    body = b"<html>"
    answer = client.post(PATH, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()) == (200, {"state": "set_aside"})
    assert stored(engine) == [("demo-team", "d-1", body)]


def test_a_team_that_is_read_by_polling_alone_takes_no_deliveries(client, engine):
    body = BODY.replace(b"demo-team", b"polled")
    assert client.post("/v1/webhooks/coding/polled", content=body, headers=signed(body)).status_code == 404
    assert stored(engine) == []


def test_no_secret_header_is_kept(client, engine):
    client.post(PATH, content=BODY, headers=signed(Authorization="Basic c2VjcmV0"))
    with engine.connect() as conn:
        [headers] = conn.scalars(text("select headers from ops.webhook_deliveries"))
    assert headers["x-coding-delivery"] == "d-1"
    assert "authorization" not in headers


def test_without_a_database_nothing_is_promised(client, engine):
    with engine.begin() as conn:
        conn.execute(text("alter table ops.webhook_deliveries rename to elsewhere"))
    answer = client.post(PATH, content=BODY, headers=signed())
    assert (answer.status_code, answer.json()) == (503, {"state": "not_stored"})


def test_what_the_sandbox_sends_arrives_in_the_tables(copy, sandbox, engine):
    section = CodingSection(
        teams=(TeamEntry(name="demo-team", projects=("demo-project",), incremental="both"),)
    )
    with serving(coding_hooks(section, lambda _team: SECRET, engine)) as base_url:
        sandbox.hooks.connect(sandbox.world.main.id, base_url + PATH, SECRET.get_secret_value())
        code = sandbox.people.create_issue("One")
        sandbox.people.add_member("Kim")
        sandbox.hooks.flush()
    assert [delivery.status for delivery in sandbox.hooks.log] == [200, 200]
    copy.work_off()
    assert copy.live()[code]["Name"] == "One"
    assert "Kim" in {member["Name"] for member in copy.live(Table.MEMBERS).values()}
