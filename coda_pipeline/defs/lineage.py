"""The columns of the typed views by the ledger, and which of them the columns of Участие come from. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from dagster import TableColumn, TableColumnDep, TableColumnLineage, TableSchema

from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.defs.names import raw_key
from coda_pipeline.warehouse.column_changes import KnownColumn

_FIXED = [
    TableColumn("row_id", "text", description="Coda's id of the row"),
    TableColumn("row_link", "text", description="the row in Coda"),
    TableColumn("row_created_at", "timestamptz"),
    TableColumn("row_updated_at", "timestamptz"),
]

# A person gives name and e-mail, a relation name and row id; every other field is one column.
_TARGETS = {
    "person": ("person_name", "person_email"),
    "activity": ("activity", "activity_row_id"),
    # Our id in the source only says which participation a row is.
    "sync_id": ("participation_id",),
}


def view_schema(columns: Iterable[KnownColumn]) -> TableSchema:
    """The schema of the typed view `coda.<table>`: a Coda column gives one column there or more."""
    pairs = [(shown, column) for column in columns if not column.excluded for shown in column.view_columns]
    pairs.sort(key=lambda pair: pair[0].position)
    return TableSchema(
        [
            *_FIXED,
            *(
                TableColumn(shown.name, shown.sql_type, description=f"«{c.name}» in Coda")
                for shown, c in pairs
            ),
        ]
    )


def participation_lineage(
    sources: Sequence[ParticipationSource], ledgers: Mapping[str, Sequence[KnownColumn]]
) -> TableColumnLineage:
    """Which columns of the typed views each column of Участие is taken from, by the ledger of each source."""
    deps: dict[str, list[TableColumnDep]] = {}
    for source in sources:
        columns = {column.column_id: column for column in ledgers[source.table]}
        for field, column_id in source.fields.mapped.items():
            shown = columns[column_id].view_columns if column_id in columns else ()
            found = [TableColumnDep(raw_key(source.table), column.name) for column in shown]
            for target in _TARGETS.get(field, (field,)):
                deps.setdefault(target, []).extend(found)
    return TableColumnLineage(deps)
