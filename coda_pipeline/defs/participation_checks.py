"""What the checks on Участие say of the warehouse as it stands.

Which checks there are is in `check_specs`. What they look at comes from `warehouse.core.reports`, where
names are already masked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dagster import AssetCheckResult
from sqlalchemy import Connection

from coda_pipeline.defs.names import PARTICIPATION, RECORDS
from coda_pipeline.defs.verdict import Verdict, results
from coda_pipeline.sync.model import Outcome
from coda_pipeline.warehouse.core import reports
from coda_pipeline.warehouse.dump_records import deleted_in_coda

WORST_GROUPS = 10


@dataclass(frozen=True)
class Findings:
    """What the checks look at, after a resolve."""

    key_violations: int
    conflicts: int
    source_rows: int
    outcomes: Mapping[str, int]
    groups: Sequence[reports.DuplicateGroup]
    ambiguous_people: int
    deleted_in_coda: int = 0


def findings(conn: Connection, sources: Collection[str]) -> Findings:
    """Ask the warehouse for all that the checks need."""
    source_rows, outcomes = reports.accounted_for(conn, sources)
    return Findings(
        key_violations=reports.natural_key_violations(conn),
        conflicts=reports.open_conflict_count(conn),
        source_rows=source_rows,
        outcomes=outcomes,
        groups=reports.duplicate_groups(conn, WORST_GROUPS),
        ambiguous_people=reports.ambiguous_people(conn),
        deleted_in_coda=deleted_in_coda(conn),
    )


def participation_checks(found: Findings) -> list[AssetCheckResult]:
    """What the checks of core.participation say."""
    verdicts = {
        "natural_key_unique": _natural_key_unique(found),
        "conflicts_open": _conflicts_open(found),
        "deleted_in_coda": _deleted_in_coda(found),
    }
    return results(PARTICIPATION, verdicts)


def record_checks(found: Findings) -> list[AssetCheckResult]:
    """What the checks of core.participation_records say."""
    verdicts = {
        "accounted_for": _accounted_for(found),
        "duplicates": _duplicates(found),
        "incomplete": _incomplete(found),
        "ambiguous_people": _ambiguous_people(found),
    }
    return results(RECORDS, verdicts)


def _natural_key_unique(found: Findings) -> Verdict:
    count = found.key_violations
    says = "Every live participation has a natural key of its own."
    if count:
        says = (
            f"{count} live participations share a natural key with another. The constraint should have "
            "refused that: run `coda-pipeline sync --full`; if it stays, report it."
        )
    return Verdict(passed=not count, says=says, numbers={"participations": count})


def _conflicts_open(found: Findings) -> Verdict:
    count = found.conflicts
    says = "No conflict waits for a person."
    if count:
        says = (
            f"{count} conflicts wait for a person: `coda-pipeline conflicts list`, then `conflicts resolve`."
        )
    return Verdict(passed=not count, says=says, numbers={"conflicts": count})


def _deleted_in_coda(found: Findings) -> Verdict:
    count = found.deleted_in_coda
    says = "Nothing that was deleted in Coda stands because of a dump."
    if count:
        says = (
            f"{count} participations were deleted in Coda and stay as history, because a dump tells of them: "
            "core.participation_deleted_in_coda lists them. Delete one from core.participation, and no dump "
            "brings it back."
        )
    return Verdict(passed=not count, says=says, numbers={"participations": count})


def _accounted_for(found: Findings) -> Verdict:
    outcomes = {str(outcome): found.outcomes.get(outcome, 0) for outcome in Outcome}
    records = sum(found.outcomes.values())
    passed = records == sum(outcomes.values()) == found.source_rows
    sentence = f"{found.source_rows} live rows, {records} records: " + ", ".join(
        f"{count} {outcome}" for outcome, count in outcomes.items()
    )
    says = sentence + ("." if passed else ". The sums differ: rows were lost on the way. Report it.")
    return Verdict(
        passed=passed, says=says, numbers={"live_rows": found.source_rows, "records": records, **outcomes}
    )


def _duplicates(found: Findings) -> Verdict:
    count = found.outcomes.get(Outcome.DUPLICATE, 0)
    if not count:
        return Verdict(passed=True, says="No duplicates.", numbers={"duplicates": 0})
    return Verdict(
        passed=False,
        says=(
            f"{count} rows in Coda say the same as another row. Each is counted once here and nothing was "
            "deleted; the view core.participation_duplicates lists them all."
        ),
        lines=[_group_line(group) for group in found.groups],
        numbers={"duplicates": count},
    )


def _group_line(group: reports.DuplicateGroup) -> str:
    links = " ".join(f"[{n}]({link})" for n, link in enumerate(group.links, start=1))
    return f"{group.masked_key}: {group.size} rows {links}"


def _incomplete(found: Findings) -> Verdict:
    count = found.outcomes.get(Outcome.INCOMPLETE, 0)
    says = "Every record has all key fields."
    if count:
        says = (
            f"{count} records lack a field of the natural key; they are listed in core.participation_records "
            "(outcome = 'incomplete', reason says which) until someone fills it in Coda."
        )
    return Verdict(passed=not count, says=says, numbers={"incomplete": count})


def _ambiguous_people(found: Findings) -> Verdict:
    count = found.ambiguous_people
    says = "Every record without an e-mail names a person that is known for sure."
    if count:
        says = (
            f"{count} records name a person without an e-mail whose name is borne by several people, so "
            "they stay apart: add the e-mail in Coda (core.participation_records, is_ambiguous)."
        )
    return Verdict(passed=not count, says=says, numbers={"records": count})
