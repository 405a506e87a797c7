"""A local CODING without limits: issues with their details, answered from what was rendered beforehand.

Runs in a process of its own (`serving`). It speaks just enough of the Open API for one project.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

import orjson

TEAM = "bench-team"
PROJECT = "bench-project"
PAGE_ROWS = 500
BEGAN_MS = 1_700_000_000_000
OF_TEAM = {"Id": 1, "Name": TEAM, "TeamHost": f"https://{TEAM}.coding.net"}
WHOSE = orjson.dumps({"Response": {"RequestId": "bench", "Data": OF_TEAM}})
NOBODY = {"Id": 0, "Status": 0, "Avatar": "", "Name": "", "Email": "", "TeamId": 0, "Phone": ""}
NO_ISSUE = {"Code": 0, "Type": "", "Name": "", "IssueStatusId": 0, "Priority": "", "Assignee": NOBODY}


def listed(n: int) -> dict[str, object]:
    """The n-th issue as the list shows it."""
    return {
        "Code": n + 1,
        "Type": "MISSION",
        "Name": f"Задача {n}",
        "Description": f"Описание задачи {n}, строка за строкой. " * 10,
        "IssueStatusId": 4,
        "IssueStatusName": "未开始",
        "IssueStatusType": "TODO",
        "Priority": str(n % 4),
        "CreatedAt": BEGAN_MS + n * 60_000,
        "UpdatedAt": BEGAN_MS + n * 60_000,
        "CompletedAt": 0,
        "StartDate": 0,
        "DueDate": 0,
        "WorkingHours": 0.0,
        "StoryPoint": "0.5",
        "Labels": [{"Id": 1, "Name": "ui", "Color": "#fff"}],
        "CustomFields": [{"Id": 3, "Name": "客户", "ValueString": "ACME"}],
    }


def detail(n: int) -> dict[str, object]:
    """The same with all details."""
    person = {**NOBODY, "Id": 9_000_000 + n % 50, "Name": f"User {n % 50}"}
    return {
        **listed(n),
        "Assignee": person,
        "Creator": person,
        "Watchers": [person] * (n % 3),
        "Files": [],
        "SubTasks": [],
        "ThirdLinks": [],
        "Parent": NO_ISSUE,
        "Epic": NO_ISSUE,
        "Iteration": {"Code": 0, "Name": "", "Status": ""},
        "ProjectModule": {"Id": 0, "Name": ""},
        "RequirementType": {"Id": 0, "Name": ""},
        "DefectType": {"Id": 0, "Name": "", "IconUrl": ""},
    }


class Answers(BaseHTTPRequestHandler):
    """Answers of the server; what was rendered is set by `_serve`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    details: list[bytes]
    pages: list[bytes]

    def do_POST(self) -> None:
        """Answer from what was rendered."""
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["Action"] == "DescribeIssue":
            body = self.details[asked["IssueCode"] - 1]
        elif asked["Action"] == "DescribeTeam":
            body = WHOSE
        else:
            body = self.pages[min(asked["PageNumber"], len(self.pages)) - 1]
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
        """Say nothing."""


def _page(number: int, issues: int) -> bytes:
    start = (number - 1) * PAGE_ROWS
    data = {
        "PageNumber": number,
        "PageSize": PAGE_ROWS,
        "TotalPage": -(-issues // PAGE_ROWS),
        "TotalCount": issues,
        "List": [listed(n) for n in range(start, min(start + PAGE_ROWS, issues))],
    }
    return orjson.dumps({"Response": {"RequestId": "bench", "Data": data}})


def _serve(issues: int, ready: Connection) -> None:
    Answers.details = [
        orjson.dumps({"Response": {"RequestId": "bench", "Issue": detail(n)}}) for n in range(issues)
    ]
    Answers.pages = [_page(number, issues) for number in range(1, -(-issues // PAGE_ROWS) + 1)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        ready.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def serving(issues: int) -> Iterator[str]:
    """The base URL of a server with so many issues, in its own process while the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(issues, theirs), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.terminate()
        server.join()
