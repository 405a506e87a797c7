"""Columns that come, go and change: what a read reports, and that it goes on reading."""

from coda_pipeline.sandbox import schema
from coda_pipeline_tests.reading.conftest import fill


def test_the_first_read_reports_no_column_as_a_change(table, sandbox):
    fill(sandbox, 1)
    assert not table.read().column_changes


def test_a_renamed_and_a_retyped_column_are_reported_and_no_value_is_lost(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="kept", **{schema.HOURS: 5})
    table.settle_and_read()
    sandbox.hr.rename_column(schema.NOTE, "Примечание")
    sandbox.hr.retype_column(schema.HOURS, "text")
    changes = table.settle_and_read(full=True).column_changes
    assert [(c.before, c.after) for c in changes.renamed] == [("Комментарий", "Примечание")]
    assert [(c.column_id, c.before, c.after) for c in changes.retyped] == [(schema.HOURS, "number", "text")]
    assert table.notes() == {row_id: "kept"}


def test_a_mapped_column_that_is_gone_is_reported_and_the_table_is_still_read(table, sandbox):
    fill(sandbox, 2)
    table.read()
    sandbox.hr.remove_column(schema.NOTE)
    new = sandbox.hr.add_participation("Пётр")
    report = table.settle_and_read(full=True)
    assert [c.column_id for c in report.column_changes.gone] == [schema.NOTE]
    assert report.inserted == 1
    assert new in table.notes()


def test_a_mapped_column_that_never_was_does_not_stop_the_read(table, sandbox):
    fill(sandbox, 2)
    table.spec = table.spec.model_copy(update={"mapped": table.spec.mapped | {"c-nowhere"}})
    assert table.read().inserted == 2


def test_an_incremental_read_without_unknown_columns_reports_none(table, sandbox):
    fill(sandbox, 2)
    table.read()
    sandbox.hr.rename_column(schema.NOTE, "Примечание")
    report = table.settle_and_read()
    assert (report.mode, bool(report.column_changes)) == ("incremental", False)


def test_a_column_excluded_later_is_removed_from_rows_and_history(table, sandbox):
    secret = "nobody-else"
    row_id = sandbox.hr.add_participation("Анна", comment="row", sync_id=secret)
    table.settle_and_read()
    sandbox.hr.edit_row(row_id, {schema.NOTE: "edited"})
    table.settle_and_read()
    table.spec = table.spec.model_copy(update={"excluded": table.spec.excluded | {schema.SYNC_ID}})
    report = table.read()
    assert [c.column_id for c in report.column_changes.newly_excluded] == [schema.SYNC_ID]
    like = f"%{secret}%"
    assert table.sql("select 1 from {raw} where values::text like :like", like=like) == []
    assert table.sql("select 1 from raw.row_history where values::text like :like", like=like) == []
    assert table.notes() == {row_id: "edited"}


def test_an_excluded_column_that_is_included_again_is_filled_at_the_next_read(table, sandbox):
    sandbox.hr.add_participation("Анна", comment="row", **{schema.SALARY: 100})
    table.settle_and_read()
    table.spec = table.spec.model_copy(update={"excluded": frozenset()})
    assert table.read().updated == 1
    assert table.sql("select values ? :column from {raw}", column=schema.SALARY) == [(True,)]


def test_cells_that_do_not_fit_their_type_are_counted_and_stay(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="row", **{schema.HOURS: "много"})
    sandbox.hr.add_participation("Пётр", comment="row", **{schema.HOURS: 8})
    assert table.settle_and_read().unfit_cells == 1
    assert table.sql(
        "select values->>:hours from {raw} where row_id = :id", hours=schema.HOURS, id=row_id
    ) == [("```много```",)]


def test_an_unchanged_table_still_tells_its_unfit_cells(table, sandbox):
    row_id = sandbox.hr.add_participation("Анна", comment="row", **{schema.HOURS: "много"})
    table.settle_and_read()
    assert table.read().unfit_cells == 1
    sandbox.hr.edit_row(row_id, {schema.HOURS: 8})
    assert table.settle_and_read().unfit_cells == 0


def test_two_columns_of_one_name_are_both_read(table, sandbox):
    twins = [sandbox.hr.add_column("Близнец"), sandbox.hr.add_column("Близнец")]
    sandbox.hr.add_participation("Анна", **dict(zip(twins, ("one", "two"), strict=True)))
    table.settle_and_read()
    stored = table.sql("select values->>:a, values->>:b from {raw}", a=twins[0], b=twins[1])
    assert stored == [("```one```", "```two```")]
