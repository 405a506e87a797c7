"""The client against the offline twin: the whole way from a token to a table, and back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from coda_pipeline.catalog import DEMO_CATALOG, load_catalog
from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.coda.client import CodaClient, connect_coda
from coda_pipeline.coda.participation_table import ParticipationTable
from coda_pipeline.errors import (
    ConfigurationError,
    ExpiredTokenError,
    NotFoundError,
    PageTimeoutError,
    ProtocolError,
    TokenError,
)
from coda_pipeline.retry import RetryPolicy
from coda_pipeline.sandbox.config import Rate, Rates, SandboxConfig
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings

CATALOG = load_catalog(DEMO_CATALOG)
PARTICIPATION = CATALOG.table("participation")
QUICK = RetryPolicy(failure_waits_s=(0, 0), limited_waits_s=(0, 0))
# Far above what a test needs; the sandbox's own limits are off.
FREE = RateLimits.model_validate({"reads": {"requests": 10_000, "seconds": 1}})


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig(rows=120, max_page_rows=50, rates=None)) as server:
        yield server


def settings_for(sandbox: SandboxServer, token: str | None = None) -> Settings:
    chosen = token or sandbox.token
    return Settings(coda_api_token=SecretStr(chosen), coda_base_url=sandbox.base_url)


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[CodaClient]:
    with connect_coda(settings_for(sandbox), FREE, None, policy=QUICK) as client:
        yield client


@pytest.fixture
def table(client: CodaClient) -> ParticipationTable:
    return ParticipationTable(client, PARTICIPATION)


def test_every_page_of_a_table_is_read(table: ParticipationTable, sandbox: SandboxServer) -> None:
    rows = [row for page in table.pages() for row in page.rows]
    assert len({row.id for row in rows}) == len(rows) == table.table().row_count
    assert sandbox.requests.count("GET", "grid-Uchastie01/rows") == -(-len(rows) // 50)


def test_the_excluded_column_is_listed_but_never_read(table: ParticipationTable) -> None:
    assert "c-Salary0001" in {column.id for column in table.columns()}
    rows = [row for page in table.pages() for row in page.rows]
    assert all("c-Salary0001" not in row.values for row in rows)
    assert "c-Salary0001" not in table.row(rows[0].id).values


def test_only_changed_rows_come_with_a_sync_token(table: ParticipationTable, sandbox: SandboxServer) -> None:
    pages = list(table.pages())
    changed = pages[0].rows[0].id
    sandbox.hr.edit_row(changed, {"c-Note000001": "правка"})
    sandbox.settle()
    delta = [row for page in table.pages(sync_token=pages[-1].next_sync_token) for row in page.rows]
    assert changed in {row.id for row in delta}
    assert len(delta) < sum(len(page.rows) for page in pages)


def test_a_sync_token_that_is_none_is_expired(table: ParticipationTable) -> None:
    with pytest.raises(ExpiredTokenError):
        list(table.pages(sync_token="nonsense"))


def test_docs_tables_and_whoami_are_typed(client: CodaClient, sandbox: SandboxServer) -> None:
    assert client.whoami().login_id == sandbox.config.tokens[0].login
    assert sandbox.doc_id in {doc.id for doc in client.docs()}
    assert {"grid-Uchastie01", "table-Active0001"} <= {ref.id for ref in client.tables(sandbox.doc_id)}


def test_a_view_is_refused_with_the_name_of_its_base_table(client: CodaClient) -> None:
    view = PARTICIPATION.model_copy(update={"table_id": "table-Active0001"})
    with pytest.raises(ConfigurationError, match=r"is a view.*grid-Uchastie01 \(Участие\)"):
        ParticipationTable(client, view).table()


def test_a_mapped_column_that_is_not_there_is_named(client: CodaClient) -> None:
    wrong = PARTICIPATION.model_copy(update={"mapped": frozenset({"c-Person0001", "c-Gone000001"})})
    with pytest.raises(NotFoundError, match="has no column c-Gone000001"):
        ParticipationTable(client, wrong).columns()


def test_a_table_of_another_doc_is_an_unknown_table(client: CodaClient) -> None:
    with pytest.raises(NotFoundError, match="no table grid-Other000001 in doc HrDemoDoc1"):
        client.table("HrDemoDoc1", "grid-Other000001")


def test_an_unknown_doc_is_named(client: CodaClient) -> None:
    with pytest.raises((NotFoundError, TokenError), match="doc NoSuchDoc1"):
        client.table("NoSuchDoc1", "grid-Uchastie01")


def test_a_wrong_token_stops_at_once(sandbox: SandboxServer) -> None:
    with pytest.raises(TokenError, match="CODA_API_TOKEN"):
        connect_coda(settings_for(sandbox, "wrong"), FREE, None)
    assert len(sandbox.requests) == 1


def test_a_missing_token_names_the_ways_out(sandbox: SandboxServer) -> None:
    with pytest.raises(TokenError, match="coda-pipeline demo"):
        connect_coda(Settings(coda_base_url=sandbox.base_url), FREE, None)
    assert len(sandbox.requests) == 0


def test_a_token_file_is_read_again_on_every_use(sandbox: SandboxServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{sandbox.token}\n")
    settings = Settings(coda_api_token_file=token, coda_base_url=sandbox.base_url)
    with connect_coda(settings, FREE, None) as client:
        token.write_text("rotated\n")
        with pytest.raises(TokenError):
            client.doc(sandbox.doc_id)


@pytest.mark.parametrize("fault", ["truncate", "drop_before", "broken_json", "status"])
def test_a_fault_in_the_middle_of_a_table_costs_one_request_and_no_row(
    table: ParticipationTable, sandbox: SandboxServer, fault: str
) -> None:
    sandbox.faults.inject(fault, path="rows$", skip=1)  # pyright: ignore[reportArgumentType]
    rows = [row.id for page in table.pages() for row in page.rows]
    assert len(set(rows)) == len(rows) == table.table().row_count


@pytest.mark.parametrize(("fault", "good_pages"), [("html", 1), ("no_items", 1), ("repeat_page_token", 0)])
def test_a_page_that_is_none_is_never_the_end_of_the_table(
    table: ParticipationTable, sandbox: SandboxServer, fault: str, good_pages: int
) -> None:
    sandbox.faults.inject(fault, path="rows$", skip=good_pages)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ProtocolError):
        list(table.pages())


def test_a_504_on_rows_asks_for_smaller_pages(table: ParticipationTable, sandbox: SandboxServer) -> None:
    sandbox.faults.inject("status", path="rows$", status=504)
    with pytest.raises(PageTimeoutError):
        list(table.pages())
    assert sandbox.requests.count("GET", "rows", 504) == 1


def test_an_upsert_by_key_arrives_once_although_its_answer_was_lost(
    table: ParticipationTable, sandbox: SandboxServer
) -> None:
    before = table.table().row_count
    sandbox.faults.inject("drop_after", path="rows$", method="POST")
    accepted = table.upsert([{"c-SyncId0001": "id-1", "c-Note000001": "новая"}], key_columns=["c-SyncId0001"])
    sandbox.settle()
    assert table.status(accepted).completed
    assert table.table().row_count == before + 1


def test_a_row_is_updated_and_deleted(table: ParticipationTable, sandbox: SandboxServer) -> None:
    row = next(table.pages()).rows[0]
    table.update(row.id, {"c-Note000001": "из хранилища"})
    sandbox.settle()
    assert "из хранилища" in str(table.row(row.id).values["c-Note000001"])
    assert table.delete([row.id]).row_ids == (row.id,)
    sandbox.settle()
    with pytest.raises(NotFoundError, match=f"no row {row.id}"):
        table.row(row.id)


def test_links_of_another_host_are_never_followed() -> None:
    config = SandboxConfig(rows=60, max_page_rows=20, rates=None, link_base="http://nowhere.invalid/apis/v1")
    with (
        SandboxServer(config) as sandbox,
        connect_coda(settings_for(sandbox), FREE, None, policy=QUICK) as client,
    ):
        table = ParticipationTable(client, PARTICIPATION)
        assert sum(len(page.rows) for page in table.pages()) == table.table().row_count


def test_a_whole_table_is_read_on_the_shared_budget_without_a_429(database: str) -> None:
    rates = replace(Rates(), read=Rate(10, 0.5))
    limits = RateLimits.model_validate({"reads": {"requests": 10, "seconds": 0.5}, "slack": 0.2})
    config = SandboxConfig(rows=300, max_page_rows=10, rates=rates)
    with (
        SandboxServer(config) as sandbox,
        connect_coda(settings_for(sandbox), limits, database, policy=QUICK) as client,
    ):
        rows = [row for page in ParticipationTable(client, PARTICIPATION).pages() for row in page.rows]
        assert len(rows) >= 300
        assert sandbox.requests.count(status=429) == 0
        assert client.requests_sent == len(sandbox.requests)


def test_429_is_waited_out(table: ParticipationTable, sandbox: SandboxServer) -> None:
    sandbox.faults.inject("status", path="rows$", status=429, retry_after_s=0, times=2)
    assert len(next(table.pages()).rows) == 50
    assert sandbox.requests.count("GET", "rows", 429) == 2
