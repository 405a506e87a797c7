"""What a run shows of a read in Dagster: counts, times and links, as metadata. Pure.

Nothing here may name a person or quote a cell; names of tables and columns are fine. What a resolve shows is
in `participation_report`.
"""

from collections.abc import Mapping
from datetime import datetime

from dagster import MetadataValue, TableSchema

from coda_pipeline.catalog import TableSpec
from coda_pipeline.defs.names import table_link
from coda_pipeline.sync.read_report import ReadReport

Metadata = Mapping[str, MetadataValue]


def read_metadata(spec: TableSpec, report: ReadReport, schema: TableSchema) -> Metadata:
    """What one read of a table came to. `schema` is that of the typed view `coda.<table>`."""
    return {
        "rows_read": MetadataValue.int(report.read),
        "rows_inserted": MetadataValue.int(report.inserted),
        "rows_updated": MetadataValue.int(report.updated),
        "rows_unchanged": MetadataValue.int(report.unchanged),
        "rows_deleted": MetadataValue.int(report.deleted),
        "rows_held": MetadataValue.int(report.held),
        "unfit_cells": MetadataValue.int(report.unfit_cells),
        "requests": MetadataValue.int(report.requests),
        "seconds": shown_seconds(report.seconds),
        "as_of": shown_time(report.as_of),
        "mode": MetadataValue.text(f"{report.mode} ({report.why_full})" if report.why_full else report.mode),
        "coda": MetadataValue.url(table_link(spec.doc_id, spec.table_id)),
        "dagster/row_count": MetadataValue.int(report.live_rows),
        "dagster/column_schema": MetadataValue.table_schema(schema),
    }


def shown_seconds(value: float) -> MetadataValue:
    """A duration."""
    return MetadataValue.float(round(value, 3))


def shown_time(value: datetime | None) -> MetadataValue:
    """A moment, or that there was none."""
    return MetadataValue.timestamp(value) if value else MetadataValue.text("never read")
