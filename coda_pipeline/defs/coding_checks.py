"""What the checks on a CODING table say of a run, and what the run shows of it. Pure, no personal data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dagster import AssetCheckResult, AssetKey, MetadataValue

from coda_pipeline.defs.coding_names import project_link
from coda_pipeline.defs.report import Metadata, shown_seconds, shown_time
from coda_pipeline.defs.verdict import Verdict, results
from coda_pipeline.sync.coding.report import CodingReport, totals
from coda_pipeline.warehouse.coding.places import Place

# So many of a kind are named; the count says how many there are.
SHOWN = 20


@dataclass(frozen=True)
class Failed:
    """A project whose table could not be read, and the message of its error."""

    place: Place
    says: str


@dataclass(frozen=True)
class CodingFindings:
    """What the warehouse holds of a table after a run. `dangling`: kind -> project and code."""

    live: int
    held: int
    repeated_keys: int
    dangling: Mapping[str, Sequence[str]]
    as_of: datetime | None


def coding_checks(
    key: AssetKey, reports: Sequence[CodingReport], failed: Sequence[Failed], found: CodingFindings
) -> list[AssetCheckResult]:
    """What every check of a CODING table says."""
    verdicts = {
        "complete": _complete(reports, failed),
        "keys_unique": _keys_unique(found),
        "deletions_held": _deletions_held(key, found),
    }
    if key.path[-1] == "coding_issues":
        verdicts["references_resolve"] = _references_resolve(found)
    return results(key, verdicts)


def coding_metadata(
    reports: Sequence[CodingReport], found: CodingFindings, links: Mapping[str, str]
) -> Metadata:
    """Counts, times and links of a run over all projects of a table; `links` are those of the teams."""
    total = totals(reports)
    return {
        "rows_read": MetadataValue.int(total.read),
        "rows_inserted": MetadataValue.int(total.inserted),
        "rows_updated": MetadataValue.int(total.updated),
        "rows_unchanged": MetadataValue.int(total.unchanged),
        "rows_deleted": MetadataValue.int(total.deleted),
        "rows_held": MetadataValue.int(found.held),
        "requests": MetadataValue.int(total.requests),
        "seconds": shown_seconds(total.seconds),
        "deliveries": MetadataValue.int(sum(report.deliveries for report in reports)),
        "deliveries_set_aside": MetadataValue.int(sum(report.set_aside for report in reports)),
        "as_of": shown_time(found.as_of),
        "projects": MetadataValue.md("\n".join(_project_line(r, links) for r in reports) or "none"),
        "dagster/row_count": MetadataValue.int(found.live),
    }


def _project_line(report: CodingReport, links: Mapping[str, str]) -> str:
    place = report.place
    name = f"[{place}]({project_link(links[place.team], place.project)})"
    if report.mode == "not_due":
        return f"- {name}: not asked; webhooks bring its changes, a slow poll follows"
    return (
        f"- {name}: {report.mode}, {report.read} read, {report.inserted} new, {report.updated} changed, "
        f"{report.deleted} deleted, {report.requests} requests"
    )


def _complete(reports: Sequence[CodingReport], failed: Sequence[Failed]) -> Verdict:
    lines = [*(f"{one.place}: {one.says}" for one in failed), *_gaps(reports)]
    if not lines:
        return Verdict(passed=True, says=f"{len(reports)} project(s) read to the end.")
    return Verdict(
        passed=False,
        says=f"{len(lines)} thing(s) are missing; what was read is kept, and nothing of it was deleted.",
        lines=lines,
    )


def _gaps(reports: Sequence[CodingReport]) -> Iterator[str]:
    for report in reports:
        if not report.is_whole:
            yield (
                f"{report.place}: the list of all never agreed with its own count; what came is kept, and "
                "the next read lists it again"
            )
        elif not report.is_still:
            yield f"{report.place}: issues kept changing while they were listed; the next read goes on"
        if report.unreadable:
            (code, reason), count = report.unreadable[0], len(report.unreadable)
            yield f"{report.place}: {count} issue(s) cannot be read, such as {code}: {reason}"


def _keys_unique(found: CodingFindings) -> Verdict:
    if not found.repeated_keys:
        return Verdict(passed=True, says="Every record is there once.")
    says = f"{found.repeated_keys} keys are shown more than once: report it."
    return Verdict(passed=False, says=says, numbers={"repeated": found.repeated_keys})


def _deletions_held(key: AssetKey, found: CodingFindings) -> Verdict:
    if not found.held:
        return Verdict(passed=True, says="No deletion waits for a person.")
    view = key.path[-1].replace("coding_", "coding.", 1)
    return Verdict(
        passed=False,
        says=(
            f"{found.held} records vanished from CODING, more than the guard lets pass. They stay live here "
            f"until a person decides: `coda-pipeline deletions list {view}`, then `confirm` or `ignore`."
        ),
        numbers={"held": found.held},
    )


def _references_resolve(found: CodingFindings) -> Verdict:
    lines = [
        f"{kind} {name} is not there" for kind, names in found.dangling.items() for name in names[:SHOWN]
    ]
    if not lines:
        return Verdict(passed=True, says="Every iteration and parent that an issue names is there.")
    count = sum(len(names) for names in found.dangling.values())
    return Verdict(
        passed=False,
        says=f"{count} iterations or parents that issues name are not there; the next poll may bring them.",
        lines=lines,
        numbers={"dangling": count},
    )
