"""Starting and stopping, many at once, and the command's own server."""

import signal
import subprocess
import sys

import pytest
import requests

from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.listening import listen
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

SERVE = "from coda_pipeline.sandbox.server import serve; serve(port=0, token='t-1', rows=20)"


def test_several_servers_are_worlds_of_their_own() -> None:
    config = SandboxConfig(content="empty", rates=None)
    with SandboxServer(config) as one, SandboxServer(config) as other, Api(one) as api, Api(other) as api2:
        one.hr.add_participation("Анна")
        one.settle()
        assert len(api.get(api.rows)["items"]) == 1
        assert api2.get(api2.rows)["items"] == []
        assert (len(one.requests), len(other.requests)) == (1, 1)


def test_the_log_counts_requests_and_keeps_no_token() -> None:
    with SandboxServer(SandboxConfig(rows=30)) as sandbox, Api(sandbox) as api:
        api.all_rows(limit=10, valueFormat="rich")
        api.ask("GET", f"{api.doc}/tables/grid-nothing")
        assert sandbox.requests.count(path_contains="/rows") == 3
        assert sandbox.requests.count("GET", status=404) == 1
        assert sandbox.token not in repr(list(sandbox.requests))
        assert sandbox.token not in repr(sandbox.config)


def test_a_port_that_is_taken_is_named() -> None:
    with (
        SandboxServer(SandboxConfig(content="empty")) as sandbox,
        pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{sandbox.port}"),
    ):
        listen(sandbox.port)


def test_a_connection_left_open_does_not_keep_the_server() -> None:
    with SandboxServer(SandboxConfig(content="empty", rates=None)) as sandbox:
        api = Api(sandbox)
        api.get("/whoami")
    with api, pytest.raises(requests.ConnectionError):
        api.get("/whoami")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_where_it_is_and_ends_when_told(ending: signal.Signals) -> None:
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(8)]
        base_url = lines[0][2]
        assert lines[1][:2] == ["doc", "HrDemoDoc1"]
        assert ["table", "grid-Uchastie01", "Участие", "20", "rows"] in lines
        assert ["view", "table-Active0001", "Участие:", "активные"] in lines
        answer = requests.get(f"{base_url}/whoami", headers={"Authorization": "Bearer t-1"}, timeout=10)
        assert answer.json()["type"] == "user"
        process.send_signal(ending)
        assert process.wait(10) in (0, -ending)
