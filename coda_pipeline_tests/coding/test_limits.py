"""CODING's limit is kept per interface and team, over all processes."""

from contextlib import closing

import pytest
from pydantic import SecretStr

from coda_pipeline.budget import SharedBudget
from coda_pipeline.catalog_limits import RateLimit
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import InterfaceLimits
from coda_pipeline.coding.dialect import dialect_for
from coda_pipeline.http import Transport
from coda_pipeline.rate_lane import TimeSource
from coda_pipeline.sandbox.coding.config import PROJECT, TEAM, CodingConfig
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline.sandbox.coding.world import InterfaceLimits as ServiceLimits
from coda_pipeline.sandbox.config import Rate
from coda_pipeline_tests.http.test_budget import ManualTime

LIMITS = InterfaceLimits(RateLimit(requests=30, seconds=1), slack=0.03)


def budget_of(database: str, team: str, time: TimeSource) -> SharedBudget:
    return SharedBudget(LIMITS, database_url=database, user=team, service="CODING", time_source=time)


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


def test_two_processes_share_the_limit_of_an_interface(database: str, time: ManualTime):
    with (
        closing(budget_of(database, "demo-team", time.source)) as one,
        closing(budget_of(database, "demo-team", time.source)) as other,
    ):
        sent_s = []
        for number in range(120):
            (one if number % 2 else other).acquire("DescribeIssue")
            sent_s.append(time.now_s)
    assert all(later - sooner >= 1 for sooner, later in zip(sent_s, sent_s[30:], strict=False))
    assert sent_s[-1] - sent_s[0] < 3.2


def test_interfaces_and_teams_do_not_wait_for_each_other(database: str, time: ManualTime):
    began_s = time.now_s
    with (
        closing(budget_of(database, "demo-team", time.source)) as one,
        closing(budget_of(database, "other-team", time.source)) as other,
    ):
        for _ in range(30):
            one.acquire("DescribeIssue")
            one.acquire("DescribeIssueListWithPage")
            other.acquire("DescribeIssue")
    assert time.now_s == began_s


def test_a_read_within_the_budget_is_never_refused(database: str, time: ManualTime):
    with CodingSandboxServer(CodingConfig(content="empty")) as sandbox:
        sandbox.world.limits = ServiceLimits(Rate(30, 1), now=lambda: time.now_s)
        codes = [sandbox.people.create_issue(str(number)) for number in range(70)]
        transport = Transport(
            base_url=sandbox.base_url,
            token=lambda: SecretStr(sandbox.token),
            budget=budget_of(database, TEAM, time.source),
            dialect=dialect_for("token"),
        )
        with CodingClient(transport, TEAM) as client:
            found = [code for code, issue in client.issues(PROJECT, codes) if issue]
            assert client.requests_sent == len(codes)
        assert found == codes
