"""Whether the columns of a source can still hold the fields they are mapped to. Pure.

Column metadata is only a hint (reference/coda-api.md section 6.4), so a type is refused only where no cell
of it could ever be read as the field: a start date in a checkbox, a person in a number.
"""

from collections.abc import Iterable

from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.warehouse.column_changes import KnownColumn

NO_VALUE = frozenset({"attachments", "button", "canvas", "checkbox", "image", "imageReference", "reaction"})
NUMBERS = frozenset({"currency", "duration", "number", "percent", "scale", "slider"})
TIMES = frozenset({"date", "dateTime", "time"})
REFERENCES = frozenset({"email", "link", "person"})

IMPOSSIBLE = {
    "person": NO_VALUE | NUMBERS | TIMES,
    "activity": NO_VALUE | TIMES,
    "role": NO_VALUE | TIMES,
    "started_on": NO_VALUE | NUMBERS | REFERENCES | {"time"},
    "ended_on": NO_VALUE | NUMBERS | REFERENCES | {"time"},
    "share": NO_VALUE | TIMES | REFERENCES | {"duration", "lookup"},
    "comment": NO_VALUE,
    "sync_id": NO_VALUE | NUMBERS | TIMES | REFERENCES | {"lookup"},
}


def mapping_problems(source: ParticipationSource, columns: Iterable[KnownColumn]) -> list[str]:
    """One sentence per mapped column that is not there or cannot hold its field, with what to do."""
    by_id = {column.column_id: column for column in columns}
    problems = (_problem(field, column, by_id.get(column)) for field, column in source.fields.mapped.items())
    return [problem for problem in problems if problem]


def _problem(field: str, column_id: str, column: KnownColumn | None) -> str | None:
    if column is None:
        return (
            f"{field}: the table has no column {column_id}. Correct its id under participation.sources; "
            "`coda-pipeline discover` lists the columns."
        )
    shown = f"column {column_id} «{column.name}»"
    if column.gone_at is not None:
        return (
            f"{field}: {shown} is no longer in the table. Bring it back in Coda, or map {field} to another "
            "column under participation.sources."
        )
    if column.type in IMPOSSIBLE[field]:
        return (
            f"{field}: {shown} is of type {column.type} in Coda and cannot hold it. Give the column its "
            f"former type back, or map {field} to another column under participation.sources."
        )
    return None
