"""Staging: what is counted and kept of the rows of one listing."""

import pytest
from sqlalchemy import text

from coda_pipeline.errors import ProtocolError
from coda_pipeline.warehouse import stage


@pytest.fixture
def conn(engine):
    """A connection with staging tables."""
    with engine.connect() as found:
        stage.create_stage(found)
        yield found
        found.invalidate()


def line(row_id, *, updated_at="2024-01-01T00:00:00Z", body=b"{}"):
    return stage.copy_line(body, row_id, "hash", "https://coda.io/x", "2024-01-01T00:00:00Z", updated_at)


def staged(conn):
    with conn.begin():
        return dict(conn.execute(text("select row_id, values from pg_temp.staged")).tuples().all())


def test_of_a_row_listed_twice_the_newest_version_is_kept(conn):
    old, new = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
    stage.add_rows(conn, [line("a", updated_at=new, body=b'{"v":2}'), line("b", body=b'{"v":1}')])
    stage.add_rows(conn, [line("a", updated_at=old, body=b'{"v":1}')])
    assert stage.settle_stage(conn).rows == 2
    assert staged(conn) == {"a": {"v": 2}, "b": {"v": 1}}


def test_of_two_versions_of_one_time_the_one_listed_last_is_kept(conn):
    stage.add_rows(conn, [line("a", body=b'{"v":1}')])
    stage.add_rows(conn, [line("a", body=b'{"v":2}')])
    stage.settle_stage(conn)
    assert staged(conn) == {"a": {"v": 2}}


def facts_of(conn, row_ids):
    stage.empty_stage(conn)
    stage.add_rows(conn, [line(row_id) for row_id in row_ids])
    return stage.settle_stage(conn)


def test_the_digest_of_the_ids_depends_neither_on_their_order_nor_on_copies(conn):
    assert facts_of(conn, "abc") == facts_of(conn, "cab") == facts_of(conn, "cabba")


def test_other_ids_have_another_digest(conn):
    assert len({facts_of(conn, ids).digest for ids in ("abc", "abd", "ab", "")}) == 4


def test_a_row_without_times_or_link_is_staged(conn):
    stage.add_rows(conn, [stage.copy_line(b"{}", "a", "hash", "", "", "")])
    assert stage.settle_stage(conn).rows == 1


def test_a_time_that_is_none_is_an_error_that_quotes_no_cell(conn):
    with pytest.raises(ProtocolError) as caught:
        stage.add_rows(conn, [line("a", updated_at="yesterday-ish", body=b'{"v":"secret"}')])
    error = caught.value
    assert "secret" not in f"{error} {error.__cause__} {error.__context__}"
    assert error.__cause__ is error.__context__ is None
