"""What a run shows of a resolve in Dagster: counts, times and links, as metadata. Pure."""

from collections.abc import Mapping
from datetime import datetime

from dagster import MetadataValue, TableColumnLineage

from coda_pipeline.defs.report import Metadata, shown_seconds, shown_time
from coda_pipeline.sync.resolve_report import ResolveReport


def participation_metadata(
    report: ResolveReport, as_of: datetime | None, links: Mapping[str, str], lineage: TableColumnLineage
) -> Metadata:
    """What one resolve did to the participations. `links` leads from a source's name to its table in Coda."""
    return {
        "rows_read": MetadataValue.int(report.looked_at),
        "rows_inserted": MetadataValue.int(report.inserted),
        "rows_updated": MetadataValue.int(report.updated),
        "rows_unchanged": MetadataValue.int(max(0, report.participations - report.inserted - report.updated)),
        "rows_deleted": MetadataValue.int(report.tombstoned),
        "rows_held": MetadataValue.int(report.conflicts_open),
        "merged": MetadataValue.int(report.merged),
        "unmerged": MetadataValue.int(report.unmerged),
        "revived": MetadataValue.int(report.revived),
        "conflicts_raised": MetadataValue.int(report.conflicts_raised),
        "requests": MetadataValue.int(report.requests),
        "seconds": shown_seconds(report.seconds),
        "as_of": shown_time(as_of),
        **{f"coda_{name}": MetadataValue.url(link) for name, link in links.items()},
        "dagster/row_count": MetadataValue.int(report.participations),
        "dagster/column_lineage": MetadataValue.column_lineage(lineage),
    }


def records_metadata(report: ResolveReport, as_of: datetime | None, links: Mapping[str, str]) -> Metadata:
    """What became of the records: their number is the sum of the four outcomes."""
    return {
        "rows_read": MetadataValue.int(report.looked_at),
        "survivors": MetadataValue.int(report.survivors),
        "duplicates": MetadataValue.int(report.duplicates),
        "twins": MetadataValue.int(report.twins),
        "incomplete": MetadataValue.int(report.incomplete),
        "ambiguous_people": MetadataValue.int(report.ambiguous),
        "requests": MetadataValue.int(report.requests),
        "seconds": shown_seconds(report.seconds),
        "as_of": shown_time(as_of),
        **{f"coda_{name}": MetadataValue.url(link) for name, link in links.items()},
        "dagster/row_count": MetadataValue.int(report.records),
    }
