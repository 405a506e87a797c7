"""Strangers accept the sandbox: a validating proxy with Coda's own specification, and a foreign client.

The specification is read where it lies, beside the repository; it is not part of it.
"""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import codaio
import pytest
import requests
from pydantic import SecretStr

from coda_pipeline.budget import NoBudget
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import (
    ACTIONS,
    ACTIVE,
    HR_DOC_ID,
    NOTE,
    PARTICIPATION,
    PEOPLE,
    PERSON,
    PROJECTS,
    ROLES,
    SHARE,
    SYNC_ID,
)
from coda_pipeline.sandbox.server import SandboxServer

REPOSITORY = Path(__file__).parents[2]
SPECIFICATION = Path("shared/reference/coda-openapi-tables.json")
PRISM = Path(__file__).parent / "prism"
READY = "Prism is listening on"

pytestmark = pytest.mark.drill


@dataclass(frozen=True)
class Proxy:
    """A running validating proxy: it answers a violation in either direction with an error of its own."""

    base_url: str
    sandbox: SandboxServer

    def answer(self, path: str, **params: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        return requests.get(self.base_url + path, params=params, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def specification() -> Path:
    for folder in (REPOSITORY.parent, *REPOSITORY.parents):
        if (folder / SPECIFICATION).is_file():
            return folder / SPECIFICATION
    pytest.skip(f"no {SPECIFICATION} beside the repository or above it")


@pytest.fixture(scope="module")
def prism() -> Path:
    """The proxy's program, installed on first use."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so the validating proxy cannot be")
    program = PRISM / "node_modules" / ".bin" / "prism"
    if not program.exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=PRISM, check=True, timeout=300)
    return program


def a_sandbox(**switches: object) -> SandboxServer:
    # `warning: null` and joined lists were seen live, yet the specification has no null there.
    switches = {"warning_null": False} | switches
    return SandboxServer(SandboxConfig(rows=300, rates=None, switches=Switches(**switches)))


@pytest.fixture(scope="module")
def proxy(specification: Path, prism: Path) -> Iterator[Proxy]:
    with a_sandbox() as sandbox:
        yield from _running_proxy(prism, specification, sandbox)


def _running_proxy(prism: Path, specification: Path, sandbox: SandboxServer) -> Iterator[Proxy]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(prism), "proxy", str(specification), sandbox.base_url, "--errors", "--host", "127.0.0.1",
        "--port", str(port),
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        try:
            for line in process.stdout:
                said.append(line)
                if READY in line:
                    break
            assert said, "the proxy said nothing"
            assert READY in said[-1], "".join(said)
            # Somebody has to read what it says, or it stops talking, and working, at a full pipe.
            reader = threading.Thread(target=process.stdout.read)
            reader.start()
            yield Proxy(f"http://127.0.0.1:{port}", sandbox)
            process.terminate()
            reader.join()
        finally:
            process.kill()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[CodaClient]:
    token = SecretStr(proxy.sandbox.token)
    transport = Transport(
        base_url=proxy.base_url, token=lambda: token, budget=NoBudget(), sleep=lambda _seconds: None
    )
    with CodaClient(transport) as client:
        yield client


def test_the_proxy_does_object_to_a_wrong_request(proxy: Proxy) -> None:
    refused = proxy.answer(f"/docs/{HR_DOC_ID}/tables/{PARTICIPATION}/rows", valueFormat="poor")
    assert refused.status_code == 422
    assert "simple, simpleWithArrays, rich" in refused.text


def test_the_proxy_does_object_to_a_wrong_answer(specification: Path, prism: Path) -> None:
    with a_sandbox(warning_null=True) as sandbox:
        for proxy in _running_proxy(prism, specification, sandbox):
            headers = {"Authorization": f"Bearer {sandbox.token}"}
            accepted = requests.delete(
                f"{sandbox.base_url}/docs/{HR_DOC_ID}/tables/{PARTICIPATION}/rows",
                json={"rowIds": []},
                headers=headers,
                timeout=10,
            )
            answer = proxy.answer(f"/mutationStatus/{accepted.json()['requestId']}")
            assert answer.status_code == 500
            assert "warning" in answer.text


def test_every_read_of_the_client_conforms(proxy: Proxy, client: CodaClient) -> None:
    assert client.whoami().login_id
    (listed,) = client.docs()
    assert client.doc(listed.id) == listed
    tables = list(client.tables(listed.id))
    assert {table.id for table in tables} == {PARTICIPATION, ACTIVE, PEOPLE, PROJECTS, ROLES, ACTIONS}
    for reference in tables:
        table = client.table(listed.id, reference.id)
        assert client.columns(listed.id, reference.id)
        rows = [row for page in client.row_pages(listed.id, reference.id, limit=100) for row in page.rows]
        assert len({row.id for row in rows}) == table.row_count
        assert client.row(listed.id, reference.id, rows[0].id).id == rows[0].id
        assert client.resolve_browser_link(rows[0].browser_link)


@pytest.mark.parametrize("value_format", ["simple", "simpleWithArrays", "rich"])
@pytest.mark.parametrize("table", [PARTICIPATION, PEOPLE, PROJECTS, ROLES, ACTIONS, ACTIVE])
def test_every_format_of_every_table_conforms(proxy: Proxy, table: str, value_format: str) -> None:
    path = f"/docs/{HR_DOC_ID}/tables/{table}"
    answer = proxy.answer(f"{path}/rows", valueFormat=value_format, limit="500", sortBy="natural")
    assert answer.status_code == 200, answer.text[:1000]
    column = proxy.answer(f"{path}/columns").json()["items"][0]["id"]
    assert proxy.answer(f"{path}/columns/{column}").status_code == 200


def test_every_write_of_the_client_conforms(proxy: Proxy, client: CodaClient) -> None:
    doc, table = HR_DOC_ID, PARTICIPATION
    inserted = client.upsert_rows(doc, table, [{NOTE: "a"}, {NOTE: "b"}])
    assert len(inserted.row_ids) == 2
    client.upsert_rows(
        doc, table, [{SYNC_ID: "k-1", SHARE: 0.5, PERSON: "a@example.com"}], key_columns=[SYNC_ID]
    )
    assert client.mutation_status(inserted.request_id).completed is False
    proxy.sandbox.settle()
    assert client.mutation_status(inserted.request_id).completed is True
    first, second = inserted.row_ids
    client.update_row(doc, table, first, {NOTE: "", SHARE: 0.25}, disable_parsing=True)
    client.delete_row(doc, table, first)
    client.delete_rows(doc, table, [second])
    button = next(row.id for page in client.row_pages(doc, ACTIONS) for row in page.rows)
    client.push_button(doc, ACTIONS, button, "c-Button0001")
    proxy.sandbox.settle()
    assert len(proxy.sandbox.world.main.presses) == 1


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/docs/nowhere", {}, 404),
        (f"/docs/{HR_DOC_ID}/tables/{PARTICIPATION}/rows/i-nothing", {}, 404),
        (f"/docs/{HR_DOC_ID}/tables/{PARTICIPATION}/rows", {"pageToken": "nonsense"}, 400),
        ("/docs/HrArchive2", {}, 403),
    ],
)
def test_refusals_conform(proxy: Proxy, path: str, params: dict[str, str], status: int) -> None:
    answer = proxy.answer(path, **params)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)


def test_codaio_reads_a_whole_table() -> None:
    with SandboxServer(SandboxConfig(rows=1200, rates=None)) as sandbox:
        coda = codaio.Coda(sandbox.token, href=sandbox.base_url)
        table = codaio.Document(HR_DOC_ID, coda=coda).get_table(PARTICIPATION)
        rows = table.rows()
        assert [row.id for row in rows] == sandbox.hr.row_ids()
        assert len(table.columns()) == 13
        assert {cell.name for cell in rows[0].cells()} == {column.name for column in table.columns()}
        assert rows[0]["Сотрудник"].value == rows[0].name
