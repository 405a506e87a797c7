"""Two write-backs at once, a database that was copied, and yesterday's backup: nothing is sent twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from coda_pipeline.sandbox import schema
from coda_pipeline.sync.permission import permission_of
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.installation import adopt_installation
from coda_pipeline_tests.write_back.office import Office


@contextmanager
def copy_of(office: Office, server) -> Iterator[Office]:
    """The same doc with a copy of the warehouse as it is now."""
    name = office.engine.url.database or ""
    office.engine.dispose()
    copy = f"{name}_copy"
    server.execute("create database {} template {}", copy, name)
    engine = warehouse_engine(server.url(copy))
    try:
        yield Office(office.sandbox, engine, office.client, office.catalog, runs=1000)
    finally:
        engine.dispose()
        server.execute("drop database {} with (force)", copy)


def adopt(office: Office) -> None:
    """A person says that this is the warehouse that writes from now on."""
    with office.engine.begin() as conn:
        adopt_installation(conn)


def permission_in(office: Office):
    with office.engine.connect() as conn:
        return permission_of(True, office.catalog, conn)


def test_two_write_backs_at_once_send_each_row_once(office: Office) -> None:
    rows = office.hire(4)
    office.pull()
    office.execute("update core.participation set comment = 'правка'")
    office.add(role="Тестировщик")
    office.pull()
    office.plan()
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(office.send())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(r.updated for r in reports) == [0, 4]
    assert sorted(r.created for r in reports) == [0, 1]
    assert len(office.hr.row_ids()) == len(rows) + 1
    assert len(office.requests("PUT")) == 4
    assert office.is_silent()


def test_a_copied_database_plans_and_sends_nothing(office: Office, server) -> None:
    (row,) = office.hire(1)
    office.pull()
    office.edit(row, share=Decimal("0.5"))
    adopt(office)  # a test's own database is a copy, too
    with copy_of(office, server) as other:
        report = other.sync(permission=permission_in(other))
        assert (report.updated, other.states()) == (0, [])
        assert "adopt" in report.nothing_sent_because[0]
        assert [found.op for found in other.planned() if found.op != "key"] == ["update"]
        assert not office.requests("PUT")
        assert office.sync(permission=permission_in(office)).updated == 1
        assert office.there(row, schema.SHARE) == 0.5


def test_a_backup_of_yesterday_doubles_nothing_and_undoes_no_edit_of_people(office: Office, server) -> None:
    rows = office.hire(6)
    office.fill_in_keys()
    with copy_of(office, server) as backup:
        # The day that the backup does not know: edits, a create, a deletion, and people at work.
        office.edit(rows[0], share=Decimal("0.5"))
        office.add(role="Тестировщик", comment="создано за день")
        office.execute("delete from core.participation where coda_row_id = :row", row=rows[1])
        office.pull()
        office.plan()
        office.approve()
        office.send()
        office.hr.edit_row(rows[2], {schema.NOTE: "за день"})
        office.wait(86_400)
        before = {row: office.hr.row(row) for row in office.hr.row_ids()}

        assert backup.sync(permission=permission_in(backup)).nothing_sent_because
        adopt(backup)
        for _ in range(2):
            backup.sync(permission=permission_in(backup))
            backup.sandbox.settle()
        after = {row: office.hr.row(row) for row in office.hr.row_ids()}
        assert after == before
        assert backup.conflicts() == []
        assert backup.here(rows[0], "share") == Decimal("0.5")
        assert backup.here(rows[2], "comment") == "за день"
        assert backup.is_silent()


def test_a_backup_taken_while_rows_were_under_way_finds_them_proved(office: Office, server) -> None:
    rows = office.hire(2)
    office.pull()
    office.edit(rows[0], share=Decimal("0.5"))
    pid = office.add(role="Тестировщик")
    office.pull()
    office.plan()
    office.send(patience_s=0)
    with copy_of(office, server) as backup:
        office.wait(60)
        office.sync()
        made = next(r for r in office.hr.row_ids() if office.there(r, schema.SYNC_ID) == str(pid))
        office.hr.edit_row(made, {schema.NOTE: "за день"})
        office.wait(2 * 86_400)  # by now Coda has forgotten the requests
        adopt(backup)
        office.sandbox.requests.clear()
        report = backup.sync(permission=permission_in(backup))
        assert (report.created, report.updated, report.pending) == (0, 0, 0)
        assert not office.requests("POST")
        assert not office.requests("PUT")
        assert backup.id_of(made) == pid
        assert backup.here(made, "comment") == "за день"
        assert len(office.hr.row_ids()) == 3
        assert backup.is_silent()
