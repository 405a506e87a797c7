"""What the checks on a table say of one read of it. Pure.

Which checks there are is in `check_specs`; those on Участие speak in `participation_checks`.
"""

from collections.abc import Iterator, Sequence

from dagster import AssetCheckResult, AssetKey

from coda_pipeline.catalog import TableSpec
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.defs.mapping import mapping_problems
from coda_pipeline.defs.verdict import Verdict, result, results
from coda_pipeline.errors import IncompleteReadError
from coda_pipeline.sync.read_report import ReadReport
from coda_pipeline.warehouse.column_changes import ColumnChanges, KnownColumn


def read_checks(
    key: AssetKey,
    spec: TableSpec,
    report: ReadReport,
    columns: Sequence[KnownColumn],
    source: ParticipationSource | None,
) -> list[AssetCheckResult]:
    """What every check of a table says after a read. `columns` is its whole ledger."""
    verdicts = {
        "complete": _complete(report),
        "columns_as_mapped": _columns_as_mapped(source, columns),
        "moved_under_read": _moved_under_read(report),
        "columns_changed": _columns_changed(spec, report.column_changes, columns),
        "deletions_held": _deletions_held(report),
    }
    return results(key, verdicts)


def incomplete_read(key: AssetKey, error: IncompleteReadError) -> AssetCheckResult:
    """The one thing to say of a table that could not be read completely: nothing was merged."""
    return result(key, "complete", Verdict(passed=False, says=str(error)))


def _complete(report: ReadReport) -> Verdict:
    return Verdict(
        passed=True,
        says=f"{report.read} rows read ({report.mode}); the table counts {report.row_count}.",
        numbers={
            "read": report.read,
            "row_count": report.row_count,
            "count_difference": report.count_difference,
        },
    )


def _columns_as_mapped(source: ParticipationSource | None, columns: Sequence[KnownColumn]) -> Verdict:
    if source is None:
        return Verdict(passed=True, says="No field of Участие is mapped to this table.")
    problems = mapping_problems(source, columns)
    if problems:
        return Verdict(passed=False, says=" ".join(problems), lines=problems)
    return Verdict(passed=True, says=f"All {len(source.fields.mapped)} mapped columns are there.")


def _moved_under_read(report: ReadReport) -> Verdict:
    if report.moved_under_read:
        says = (
            "People kept adding or deleting rows during every attempt. What was read is merged and "
            "nothing was deleted; the next full read makes up for it."
        )
    elif report.short:
        says = (
            f"The table counts {report.row_count} rows but the same smaller set came twice. What was read "
            f"is merged and the difference of {report.count_difference} is remembered; rows are deleted "
            "only once Coda answers for each that it is gone. If this stays, set trust_row_count: false "
            "for the table."
        )
    else:
        return Verdict(passed=True, says="The table stood still.")
    return Verdict(passed=False, says=says, numbers={"count_difference": report.count_difference})


def _deletions_held(report: ReadReport) -> Verdict:
    if not report.held:
        return Verdict(passed=True, says="No deletion waits for a person.")
    return Verdict(
        passed=False,
        says=(
            f"{report.held} rows vanished from Coda, more than the guard lets pass. They stay live here "
            "until a person decides: `coda-pipeline deletions list`, then `confirm` or `ignore`."
        ),
        numbers={"held": report.held},
    )


def _columns_changed(spec: TableSpec, changes: ColumnChanges, columns: Sequence[KnownColumn]) -> Verdict:
    """Changes that this read noticed, and names and types that wait to be accepted."""
    lines = [*_noticed(spec, changes), *_waiting(columns), *_misspelt(spec, columns)]
    if not lines:
        return Verdict(passed=True, says="The columns are as they were.")
    says = (
        "The columns in Coda are not as they were. The typed view keeps its names and types until "
        f"`coda-pipeline columns accept {spec.name}`."
    )
    return Verdict(passed=False, says=says, lines=lines)


def _noticed(spec: TableSpec, changes: ColumnChanges) -> Iterator[str]:
    """One sentence for each change of this read. Nothing is told of an excluded column but its id."""
    kinds = {
        "came": changes.added,
        "is gone": changes.gone,
        "came back": changes.returned,
        "is read again, it was excluded": changes.reincluded,
    }
    for what, found in kinds.items():
        yield from (f"{c.column_id} «{c.name}» {what}" for c in found if c.column_id not in spec.excluded)
    yield from (
        f"{c.column_id} is excluded; what was stored of it is removed" for c in changes.newly_excluded
    )


def _waiting(columns: Sequence[KnownColumn]) -> Iterator[str]:
    for column in columns:
        if column.is_renamed and not column.excluded:
            yield f"{column.column_id} «{column.accepted_name}» is now named «{column.name}»"
        if column.is_retyped and not column.excluded:
            was = _accepted_type(column)
            yield f"{column.column_id} «{column.name}» was {was}, is now {column.shown_type}"


def _accepted_type(column: KnownColumn) -> str:
    return f"list of {column.accepted_type}" if column.accepted_is_array else column.accepted_type


def _misspelt(spec: TableSpec, columns: Sequence[KnownColumn]) -> Iterator[str]:
    """An id under `exclude` that was never seen may be a slip that lets personal data in."""
    for column_id in sorted(spec.excluded - {column.column_id for column in columns}):
        yield f"{column_id} under exclude was never a column of this table: check its id"
