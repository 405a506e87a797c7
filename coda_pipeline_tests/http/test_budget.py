"""The rate budget: never more than allowed in any window, little left unused, shared by processes."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from coda_pipeline.budget import Kind, LocalBudget, SharedBudget, rate_of
from coda_pipeline.catalog_limits import RateLimit, RateLimits
from coda_pipeline.errors import DatabaseError
from coda_pipeline.rate_lane import TimeSource
from coda_pipeline_tests.http.scripted import Script, answer

LIMITS = RateLimits()
KINDS: tuple[Kind, ...] = ("read", "write", "row_write", "doc_listing")


class ManualTime:
    """A clock that moves only when someone sleeps or works."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    @property
    def source(self) -> TimeSource:
        return TimeSource(lambda: int(self.now_s * 1000), lambda: self.now_s, self.sleep)


def most_in_a_window(times_s: list[float], window_s: float) -> int:
    """The largest number of moments in any half-open window of that length."""
    times = sorted(times_s)
    first, most = 0, 0
    for last, time_s in enumerate(times):
        while time_s - times[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.fixture
def shared(database: str) -> Iterator[tuple[SharedBudget, ManualTime]]:
    time = ManualTime()
    budget = SharedBudget(LIMITS, database_url=database, user="hr@example.com", time_source=time.source)
    yield budget, time
    budget.close()


def paced(budget: LocalBudget | SharedBudget, time: ManualTime, kind: Kind, *, count: int) -> list[float]:
    """When so many requests went, each of which took 20 ms."""
    sent_s = []
    for _ in range(count):
        budget.acquire(kind)
        sent_s.append(time.now_s)
        time.sleep(0.02)
    return sent_s


def assert_kept_and_used(sent_s: list[float], limit: RateLimit) -> None:
    assert most_in_a_window(sent_s, limit.seconds) <= limit.requests
    windows = (len(sent_s) - 1) // limit.requests
    assert (sent_s[windows * limit.requests] - sent_s[0]) * 0.95 <= windows * limit.seconds


@pytest.mark.parametrize("kind", KINDS)
def test_one_reader_keeps_the_limit_and_uses_95_percent_of_it(kind: Kind) -> None:
    time = ManualTime()
    limit = LIMITS.limit_of(kind)
    sent_s = paced(LocalBudget(LIMITS, time_source=time.source), time, kind, count=20 * limit.requests + 1)
    assert_kept_and_used(sent_s, limit)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shared_budget_keeps_the_limit_and_uses_95_percent_of_it(
    shared: tuple[SharedBudget, ManualTime], kind: Kind
) -> None:
    budget, time = shared
    limit = LIMITS.limit_of(kind)
    assert_kept_and_used(paced(budget, time, kind, count=5 * limit.requests + 1), limit)


def test_the_slack_is_taken_from_the_time_so_that_three_writes_stay_three() -> None:
    rate = rate_of(LIMITS.row_writes, LIMITS.slack)
    assert (rate.limit, rate.interval) == (3, 10_310)


def test_kinds_do_not_wait_for_each_other() -> None:
    time = ManualTime()
    budget = LocalBudget(LIMITS, time_source=time.source)
    started_s = time.now_s
    for kind in KINDS:
        for _ in range(LIMITS.limit_of(kind).requests):
            budget.acquire(kind)
    assert time.now_s == started_s


def test_two_tokens_of_one_user_share_and_two_users_do_not(database: str) -> None:
    time = ManualTime()
    started_s = time.now_s
    one, same, other = (
        SharedBudget(LIMITS, database_url=database, user=user, time_source=time.source)
        for user in ("hr@example.com", " HR@example.com", "it@example.com")
    )
    for budget in (one, one, one, other, other, other):
        budget.acquire("row_write")
    assert time.now_s == started_s
    same.acquire("row_write")
    assert time.now_s > started_s + LIMITS.row_writes.seconds
    for budget in (one, same, other):
        budget.close()


def test_no_login_is_in_the_database(database: str, shared: tuple[SharedBudget, ManualTime]) -> None:
    shared[0].acquire("read")
    with psycopg.connect(database) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'ops'").fetchall()
    names = [name for (name,) in tables if name.startswith("ratelimit")]
    assert len(names) == 1
    assert "hr" not in names[0].removeprefix("ratelimit___coda_").removesuffix("_read").split("_")


def test_old_stamps_do_not_pile_up(database: str, shared: tuple[SharedBudget, ManualTime]) -> None:
    budget, time = shared
    for _ in range(30):
        budget.acquire("write")
        time.sleep(30)
    table = sql.Identifier(next(iter(rate_tables(database))))
    with psycopg.connect(database) as connection:
        row = connection.execute(sql.SQL("select count(*) from ops.{}").format(table)).fetchone()
    assert row is not None
    assert row[0] <= 4


def rate_tables(database: str) -> list[str]:
    query = "select tablename from pg_tables where schemaname = 'ops' and tablename like 'ratelimit%'"
    with psycopg.connect(database) as connection:
        return [name for (name,) in connection.execute(query)]


def test_a_clock_that_was_set_back_blocks_for_two_windows_at_most(
    shared: tuple[SharedBudget, ManualTime],
) -> None:
    budget, time = shared
    for _ in range(3):
        budget.acquire("row_write")
    time.now_s -= 3600
    started_s = time.now_s
    budget.acquire("row_write")
    assert time.now_s - started_s <= 2 * LIMITS.row_writes.seconds + 1


def test_a_stamp_that_came_too_late_is_taken_again() -> None:
    time = ManualTime()
    clock = iter([0.0, 9.0, 9.0, 9.0])
    budget = LocalBudget(LIMITS, time_source=TimeSource(time.source.now_ms, lambda: next(clock), time.sleep))
    budget.acquire("read")
    assert next(clock, None) is None


def test_a_database_that_is_not_set_up_is_named_and_nothing_else(empty_database: str) -> None:
    budget = SharedBudget(LIMITS, database_url=empty_database, user="hr@example.com")
    with pytest.raises(DatabaseError, match="coda-pipeline migrate") as caught:
        budget.acquire("read")
    budget.close()
    assert caught.value.__context__ is None


def test_a_database_address_that_is_none_is_not_quoted() -> None:
    with pytest.raises(DatabaseError, match="not an address") as caught:
        SharedBudget(LIMITS, database_url="postgresql//user:secret@host", user="u")
    assert "secret" not in repr(caught.value)


def test_a_connection_that_the_server_closed_is_replaced(database: str) -> None:
    budget = SharedBudget(LIMITS, database_url=database, user="hr@example.com")
    budget.acquire("read")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'coda_pipeline rate budget'"
        )
    budget.acquire("read")
    budget.close()


READER = """
import sys
from pydantic import SecretStr
from coda_pipeline.budget import SharedBudget
from coda_pipeline.catalog_limits import RateLimit, RateLimits
from coda_pipeline.http import Transport

base_url, database_url, requests = sys.argv[1], sys.argv[2], int(sys.argv[3])
limits = RateLimits(reads=RateLimit(requests=10, seconds=1), slack=0.4)
budget = SharedBudget(limits, database_url=database_url, user="hr@example.com")
transport = Transport(base_url=base_url, token=lambda: SecretStr("t"), budget=budget)
for _ in range(requests):
    transport.get("/x")
transport.close()
"""


def test_several_processes_together_never_exceed_any_window(
    database: str, script: Script, tmp_path: Path
) -> None:
    script.then = answer({"ok": 1})
    program = tmp_path / "reader.py"
    program.write_text(READER)
    command = [sys.executable, str(program), script.base_url, database, "8"]
    readers = [subprocess.Popen(command) for _ in range(4)]
    assert [reader.wait(timeout=120) for reader in readers] == [0, 0, 0, 0]
    assert len(script.seen) == 32
    assert most_in_a_window([seen.at_s for seen in script.seen], 1.0) <= 10
    by_connection = defaultdict(int)
    for seen in script.seen:
        by_connection[seen.connection] += 1
    assert set(by_connection.values()) == {8}
    with psycopg.connect(database) as connection:
        table = sql.Identifier(rate_tables(database)[0])
        stamps = connection.execute(
            sql.SQL("select extract(epoch from item_timestamp)::float8 from ops.{}").format(table)
        ).fetchall()
    assert most_in_a_window([stamp for (stamp,) in stamps], 1.666) <= 10
