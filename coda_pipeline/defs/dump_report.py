"""What a run shows of a load of a dump: counts, files and what was detected; and what its checks say. Pure.

Headers and names of files are shown, no cell ever.
"""

from collections.abc import Iterator, Mapping, Sequence

from dagster import AssetCheckResult, MetadataValue

from coda_pipeline.defs.names import DUMP
from coda_pipeline.defs.report import Metadata, shown_seconds
from coda_pipeline.defs.verdict import Verdict, results
from coda_pipeline.sync.dump_load import DumpReport

SHOWN_FILES = 20
_DECIMALS = {",": "comma", ".": "point"}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}


def dump_metadata(report: DumpReport) -> Metadata:
    """What one load of one year came to."""
    first = report.files[0]
    return {
        "rows_read": MetadataValue.int(report.input_lines),
        "rows_loaded": MetadataValue.int(report.loaded),
        "rows_of_other_years": MetadataValue.int(report.other_years),
        "rows_rejected": MetadataValue.int(report.rejected),
        "rows_with_unreadable_cells": MetadataValue.int(report.unfit),
        "rows_replaced": MetadataValue.int(report.replaced),
        "seconds": shown_seconds(report.seconds),
        "form": MetadataValue.text(first.form),
        "encoding": MetadataValue.text(first.encoding or "-"),
        "delimiter": MetadataValue.text(_DELIMITERS.get(first.delimiter or "", "-")),
        "decimal_mark": MetadataValue.text(_DECIMALS[report.decimal]),
        "date_order": MetadataValue.text(_in_words(report.dates)),
        "files": MetadataValue.md("\n".join(_files(report))),
        "dagster/partition_row_count": MetadataValue.int(report.loaded),
    }


def accounted(report: DumpReport) -> str:
    """What became of the lines of one year's dump."""
    return (
        f"{report.year}: {report.input_lines} lines = {report.loaded} loaded"
        f" + {report.other_years} of other years + {report.rejected} rejected"
    )


def dump_checks(reports: Sequence[DumpReport]) -> list[AssetCheckResult]:
    """What the checks say of all years that one run loaded."""
    return results(DUMP, {"accounted_for": _accounted_for(reports), "rows_rejected": _rows_rejected(reports)})


def _accounted_for(reports: Sequence[DumpReport]) -> Verdict:
    passed = all(report.is_accounted_for for report in reports)
    sums = "; ".join(map(accounted, reports))
    says = f"{sums}." if passed else f"{sums}. The sums differ: lines were lost on the way. Report it."
    numbers = {
        "lines": sum(r.input_lines for r in reports),
        "loaded": sum(r.loaded for r in reports),
        "other_years": sum(r.other_years for r in reports),
        "rejected": sum(r.rejected for r in reports),
    }
    return Verdict(passed=passed, says=says, numbers=numbers)


def _rows_rejected(reports: Sequence[DumpReport]) -> Verdict:
    rejected, unfit = sum(r.rejected for r in reports), sum(r.unfit for r in reports)
    if not rejected and not unfit:
        return Verdict(
            passed=True, says="Every line could be read.", numbers={"rejected": 0, "unreadable": 0}
        )
    return Verdict(
        passed=False,
        says=(
            f"{rejected} lines could not be read and are not loaded: raw.participation_dump_rejected "
            f"has file, line, column and reason. {unfit} lines are loaded without a cell that does not fit "
            "(raw.participation_dump, unreadable). Correct the file and run the year again."
        ),
        numbers={"rejected": rejected, "unreadable": unfit},
    )


def _in_words(dates: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {order.replace('_', ' ')}" for name, order in dates.items())


def _files(report: DumpReport) -> Iterator[str]:
    for file in report.files[:SHOWN_FILES]:
        yield f"- {file.name}: {file.size_bytes:,} bytes, SHA-256 {file.sha256}"
    if len(report.files) > SHOWN_FILES:
        yield f"- and {len(report.files) - SHOWN_FILES} more"
