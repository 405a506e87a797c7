"""What a read keeps of the versions before, and what it does not write at all."""

from datetime import timedelta

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import Image
from coda_pipeline_tests.reading.conftest import fill

ROWS = r"Uchastie01/rows$"


def test_a_changed_row_keeps_the_version_before_and_the_run_that_ended_it(table, sandbox):
    [row_id, other] = fill(sandbox, 2)
    table.read()
    first_received = sandbox.clock.now()
    sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    report = table.settle_and_read()
    assert (report.updated, report.unchanged) == (1, 0)
    assert table.notes() == {row_id: "edited", other: "row 1"}
    assert table.versions(row_id) == [("row 0", "replaced", "run-2")]
    [version] = table.sql("select valid_from, valid_to from raw.row_history")
    [row] = table.sql("select first_seen_at, received_at, run_id from {raw} where row_id = :id", id=row_id)
    assert (version.valid_from, version.valid_to) == (first_received, row.received_at)
    assert (row.first_seen_at, row.run_id) == (first_received, "run-2")


def test_a_full_read_of_an_unchanged_table_writes_no_row(table, sandbox):
    fill(sandbox, 9)
    table.read()
    before = table.physical()
    report = table.read(full=True)
    assert (report.read, report.unchanged, report.inserted, report.updated) == (9, 9, 0, 0)
    assert table.physical() == before


def test_a_calculated_column_changes_overnight_without_history_or_a_new_version(table, sandbox):
    [row_id] = [sandbox.hr.add_participation("Анна", ended_on="2026-12-31", comment="row")]
    sandbox.settle()
    table.read()
    days = "select values->>:days, row_hash, received_at, run_id from {raw}"
    [before] = table.sql(days, days=schema.DAYS)
    sandbox.clock.advance(timedelta(days=1).total_seconds())
    sandbox.hr.touch()
    report = table.settle_and_read()
    [after] = table.sql(days, days=schema.DAYS)
    assert (report.mode, report.updated, report.unchanged) == ("full", 0, 1)
    assert int(after[0]) == int(before[0]) - 1
    assert after[1:] == before[1:]
    assert table.versions(row_id) == []


def test_a_calculated_column_that_is_mapped_makes_a_new_version(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", ended_on="2026-12-31", comment="row")
    sandbox.settle()
    table.spec = table.spec.model_copy(update={"mapped": table.spec.mapped | {schema.DAYS}})
    table.read()
    sandbox.clock.advance(timedelta(days=1).total_seconds())
    sandbox.hr.touch()
    assert table.settle_and_read().updated == 1
    assert table.versions(row_id) == [("row", "replaced", "run-2")]


def test_signed_addresses_of_images_change_without_history(table, sandbox):
    table.spec = table.spec.model_copy(
        update={"name": "people", "table_id": schema.PEOPLE, "mapped": frozenset(), "excluded": frozenset()}
    )
    image = Image("p.png", "https://codahosted.example/p.png")
    row_id = sandbox.hr.add_row({schema.FULL_NAME: "Анна", schema.PHOTO: image}, schema.PEOPLE)
    sandbox.settle()
    table.read()
    address = "select values->:photo->>'url' from {raw}"
    before = table.sql(address, photo=schema.PHOTO)
    sandbox.clock.advance(2 * 3600)
    report = table.read(full=True)
    assert table.sql(address, photo=schema.PHOTO) != before
    assert (report.updated, report.unchanged, table.versions(row_id)) == (0, 1, [])


def test_a_new_blank_column_changes_no_row(table, sandbox):
    fill(sandbox, 3)
    table.read()
    sandbox.hr.add_column("Новая")
    report = table.settle_and_read(full=True)
    assert (report.updated, report.unchanged) == (0, 3)
    assert table.sql("select count(*) from raw.row_history") == [(0,)]


def test_an_older_version_from_a_stale_replica_is_ignored_in_a_full_read(table, sandbox):
    [row_id] = fill(sandbox, 1)
    sandbox.hr.edit_row(row_id, {schema.NOTE: "newer"})
    sandbox.settle()
    table.read()
    before = table.physical()
    sandbox.faults.inject("stale_replica", path=ROWS, times=None)
    report = table.read(full=True)
    assert (table.notes(), report.updated) == ({row_id: "newer"}, 0)
    assert table.physical() == before


def test_an_older_version_from_a_stale_replica_is_ignored_in_a_delta(table, sandbox):
    [row_id, other] = fill(sandbox, 2)
    table.read()
    sandbox.hr.edit_row(row_id, {schema.NOTE: "newer"})
    sandbox.settle()
    table.read(full=True)
    [(token,)] = table.sql("select sync_token from sync.cursors")
    sandbox.hr.edit_row(row_id, {schema.NOTE: "newest"})
    sandbox.clock.advance(60)
    sandbox.hr.edit_row(row_id, {schema.NOTE: "newest of all"})
    table.settle_and_read()
    table.sql("update sync.cursors set sync_token = :token returning 1", token=token)
    before = table.physical()
    sandbox.faults.inject("stale_replica", path=ROWS, times=None)
    report, requests = table.requests_of(table.read)
    assert (report.mode, len(requests)) == ("incremental", 2)
    assert report.read == 1
    assert table.notes() == {row_id: "newest of all", other: "row 1"}
    assert table.physical() == before


def test_history_is_kept_for_ever_unless_told_otherwise(table, sandbox):
    row_id = _edited_twice(table, sandbox)
    sandbox.clock.advance(timedelta(days=4000).total_seconds())
    table.read(full=True)
    assert [note for note, _, _ in table.versions(row_id)] == ["row 0", "second"]


def test_history_days_forgets_versions_that_ended_earlier(table, sandbox):
    row_id = _edited_twice(table, sandbox)
    table.spec = table.spec.model_copy(update={"history_days": 30})
    sandbox.clock.advance(timedelta(days=25).total_seconds())
    table.read(full=True)
    assert [note for note, _, _ in table.versions(row_id)] == ["second"]


def _edited_twice(table, sandbox):
    [row_id] = fill(sandbox, 1)
    table.read()
    sandbox.hr.edit_row(row_id, {schema.NOTE: "second"})
    table.settle_and_read()
    sandbox.clock.advance(timedelta(days=10).total_seconds())
    sandbox.hr.edit_row(row_id, {schema.NOTE: "third"})
    table.settle_and_read()
    return row_id


def test_pruning_one_table_leaves_the_history_of_others(table, sandbox):
    row_id = _edited_twice(table, sandbox)
    participation = table.spec
    table.spec = participation.model_copy(
        update={"name": "projects", "table_id": schema.PROJECTS, "history_days": 1}
    )
    sandbox.clock.advance(timedelta(days=25).total_seconds())
    table.read()
    table.spec = participation
    assert len(table.versions(row_id)) == 2


def test_excluding_a_column_later_makes_no_new_versions(table, sandbox):
    fill(sandbox, 3)
    table.read()
    table.spec = table.spec.model_copy(
        update={"excluded": table.spec.excluded | {schema.TAGS, schema.SYNC_ID}}
    )
    report = table.read()
    assert (report.mode, report.updated) == ("full", 0)
    assert table.sql("select count(*) from raw.row_history") == [(0,)]


def test_a_column_that_becomes_calculated_makes_no_new_versions(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="row", **{schema.HOURS: 5})
    sandbox.settle()
    table.spec = table.spec.model_copy(update={"mapped": table.spec.mapped | {schema.DAYS, schema.HOURS}})
    table.read()
    [(before,)] = table.sql("select row_hash from {raw}")
    table.spec = table.spec.model_copy(update={"mapped": table.spec.mapped - {schema.DAYS}})
    sandbox.hr.edit_row(row_id, {schema.END: "2026-12-31"})
    table.settle_and_read(full=True)
    [(after,)] = table.sql("select row_hash from {raw}")
    assert after != before
    table.spec = table.spec.model_copy(update={"mapped": table.spec.mapped | {schema.DAYS}})
    report = table.read()
    [(again,)] = table.sql("select row_hash from {raw}")
    assert again != after
    assert (report.mode, report.updated, len(table.versions(row_id))) == ("full", 0, 1)


def test_nul_characters_are_stored_as_replacement_characters(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="before\x00after")
    table.settle_and_read()
    assert table.notes() == {row_id: "before\ufffdafter"}


def test_a_cell_of_forty_kilobytes_and_three_hundred_columns_are_read(table, sandbox):
    columns = [sandbox.hr.add_column(f"Колонка {n}") for n in range(300)]
    long = "я" * 20_000
    row_id = sandbox.hr.add_participation("Анна", comment=long, **{columns[-1]: "last"})
    assert table.settle_and_read().inserted == 1
    assert table.notes() == {row_id: long}
    assert table.sql("select values->>:column from {raw}", column=columns[-1]) == [("```last```",)]


def test_an_excluded_column_is_nowhere_in_the_database(table, sandbox):
    secret = 7_340_519
    row_id = sandbox.hr.add_participation("Анна", comment="row", **{schema.SALARY: secret})
    table.settle_and_read()
    sandbox.hr.edit_row(row_id, {schema.NOTE: "edited", schema.SALARY: secret})
    table.settle_and_read()
    assert table.notes() == {row_id: "edited"}
    tables = table.sql(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    assert len(tables) > 5
    for (name,) in tables:
        found = table.sql(f"select 1 from {name} as t where t::text like :secret", secret=f"%{secret}%")
        assert found == [], name


def test_an_update_in_an_excluded_column_alone_makes_no_version(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="row", **{schema.SALARY: 1})
    table.settle_and_read()
    sandbox.hr.edit_row(row_id, {schema.SALARY: 2})
    report = table.settle_and_read()
    assert (report.read, report.updated, table.versions(row_id)) == (1, 0, [])
