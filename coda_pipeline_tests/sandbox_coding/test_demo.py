"""The demo's CODING project has one of everything, and both halves of the sandbox answer on one port."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from coda_pipeline.sandbox.coding.config import DEFAULT_TOKEN, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sandbox.config import DEFAULT_TOKEN as CODA_TOKEN
from coda_pipeline_tests.sandbox_coding.api import Api


@pytest.fixture(scope="module")
def issues() -> Iterator[list[dict[str, object]]]:
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, Api(sandbox) as api:
        yield [api.ask("DescribeIssue", IssueCode=row["Code"])["Issue"] for row in api.issues()]


def test_every_basic_type_and_one_of_the_teams_own_is_there(issues: list[dict[str, object]]):
    details = [issue["IssueTypeDetail"] for issue in issues]
    assert {"EPIC", "REQUIREMENT", "MISSION", "DEFECT", "SUB_TASK"} <= {issue["Type"] for issue in issues}
    assert not all(detail["IsSystem"] for detail in details)  # type: ignore[index]


@pytest.mark.parametrize(
    "field", ["CustomFields", "Labels", "Files", "ThirdLinks", "Watchers", "SubTasks", "Assignees"]
)
def test_every_list_of_an_issue_is_filled_somewhere(issues: list[dict[str, object]], field: str):
    assert any(issue[field] for issue in issues)
    assert not all(issue[field] for issue in issues)


@pytest.mark.parametrize("field", ["Parent", "Epic", "Iteration"])
def test_every_reference_of_an_issue_is_filled_somewhere(issues: list[dict[str, object]], field: str):
    codes = {issue[field]["Code"] for issue in issues}  # type: ignore[index]
    assert 0 in codes
    assert len(codes) > 1


def test_codes_have_gaps(issues: list[dict[str, object]]):
    codes = [int(str(issue["Code"])) for issue in issues]
    assert max(codes) - min(codes) + 1 > len(codes)


def test_the_project_is_the_same_every_time(issues: list[dict[str, object]]):
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, Api(sandbox) as api:
        again = [row["Name"] for row in api.issues()]
    assert [issue["Name"] for issue in issues] == again


def test_volume_is_a_number():
    config = CodingConfig(content="empty", extra_issues=600, rate=None)
    with CodingSandboxServer(config) as sandbox, Api(sandbox) as api:
        assert len(api.issues()) == 500
        assert len(api.issues(PageNumber=2)) == 100


def announced(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the sandbox says of itself, by the first word of each line."""
    assert process.stdout is not None
    said: dict[str, str] = {}
    while "project" not in said:
        first, _, rest = process.stdout.readline().partition(" ")
        assert first, "the sandbox ended before it had said all"
        said.setdefault(first, rest.strip())
    return said


@pytest.mark.drill
def test_both_halves_answer_on_one_port():
    command = [sys.executable, "-c", "from coda_pipeline.sandbox.server import serve; serve(rows=5)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = announced(process)
            team = requests.post(
                f"{said['CODING'].split()[0]}/open-api",
                json={"Action": "DescribeTeam"},
                headers={"Authorization": f"token {DEFAULT_TOKEN}"},
                timeout=10,
            )
            assert team.json()["Response"]["Data"]["Name"] == "demo-team"
            headers = {"Authorization": f"Bearer {CODA_TOKEN}"}
            assert requests.get(f"{said['base'].split()[-1]}/whoami", headers=headers, timeout=10).ok
        finally:
            process.terminate()
