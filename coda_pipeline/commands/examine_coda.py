"""What `doctor` asks Coda: token, docs, tables, columns and mapping, against the configuration."""

from collections.abc import Iterator, Sequence

from coda_pipeline.catalog import Catalog, TableSpec
from coda_pipeline.catalog_coda import DocEntry
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.coda.client import CodaClient, connect_coda
from coda_pipeline.coda.models import Column, Table
from coda_pipeline.commands.findings import Finding, fine, wrong
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.settings import Settings

# Kinds of Coda columns that a canonical field can be read from; people type dates and shares into texts.
FITTING_KINDS = {
    "person": {"person", "text", "email", "lookup"},
    "activity": {"lookup", "text", "select"},
    "role": {"select", "text", "lookup"},
    "started_on": {"date", "dateTime", "text"},
    "ended_on": {"date", "dateTime", "text"},
    "share": {"percent", "number", "slider", "text"},
    "comment": {"text", "canvas", "select"},
    "sync_id": {"text"},
}


def examine_coda(settings: Settings, catalog: Catalog) -> Iterator[Finding]:
    """The token first; without one that works nothing else can be asked."""
    try:
        client = connect_coda(settings, catalog.coda.limits, None)
    except CodaPipelineError as error:
        yield wrong("token CODA_API_TOKEN", str(error))
        return
    with client:
        user = client.whoami()
        restricted = ", restricted to some docs or acts" if user.scoped else ""
        yield fine(
            "token CODA_API_TOKEN", f"acts as {user.login_id}{restricted}, at {settings.coda_base_url}"
        )
        for doc in catalog.coda.docs:
            yield from _examine_doc(client, catalog, doc)


def _examine_doc(client: CodaClient, catalog: Catalog, entry: DocEntry) -> Iterator[Finding]:
    what = f"doc {entry.id}"
    try:
        doc = client.doc(entry.id)
    except CodaPipelineError as error:
        yield wrong(what, str(error))
        return
    if doc.over_api_size_limit:
        yield wrong(
            what, f"«{doc.name}» is larger than Coda's API serves (125 MB): move old rows to another doc"
        )
    else:
        yield fine(what, f"«{doc.name}»")
    for table in entry.tables:
        yield from _examine_table(client, catalog, catalog.table(table.name))


def _examine_table(client: CodaClient, catalog: Catalog, spec: TableSpec) -> Iterator[Finding]:
    what = f"table {spec.name}"
    try:
        table = client.table(spec.doc_id, spec.table_id)
        if table.is_view:
            yield wrong(what, _view_advice(table))
            return
        columns = list(client.columns(spec.doc_id, spec.table_id))
    except CodaPipelineError as error:
        yield wrong(what, str(error))
        return
    yield fine(what, f"«{table.name}», {table.row_count} rows, {len(columns)} columns")
    yield from _examine_excluded(spec, columns)
    yield _examine_guard(catalog, spec, table)
    for source in catalog.participation.sources if catalog.participation else ():
        if source.table == spec.name:
            yield from examine_mapping(source, columns)


def _view_advice(table: Table) -> str:
    base = f" of «{table.parent_name}»: write id: {table.parent_id} instead" if table.parent_id else ""
    return f"{table.id} is the view «{table.name}»{base}. A view shows only some of the rows."


def _examine_excluded(spec: TableSpec, columns: Sequence[Column]) -> Iterator[Finding]:
    known = {column.id for column in columns}
    for column_id in sorted(spec.excluded - known):
        advice = (
            "no column has this id, so it excludes nothing: correct it, or remove it if the column is gone"
        )
        yield wrong(f"exclude {spec.name}.{column_id}", advice)


def _examine_guard(catalog: Catalog, spec: TableSpec, table: Table) -> Finding:
    limit = catalog.guards.lost.limit(table.row_count)
    what = f"guard lost, {spec.name}"
    if limit >= table.row_count > 0:
        return fine(
            what, f"a small table: any of its {table.row_count} rows may vanish, but never all at once"
        )
    return fine(what, f"up to {limit} rows of {table.row_count} may vanish without a person's word")


def examine_mapping(source: ParticipationSource, columns: Sequence[Column]) -> Iterator[Finding]:
    """Each canonical field of a source: whether its column is there and of a kind it can be read from."""
    by_id = {column.id: column for column in columns}
    for field, column_id in source.fields.mapped.items():
        what = f"mapping {source.table}.{field}"
        column = by_id.get(column_id)
        if column is None:
            named = [
                f"{column.id} «{column.name}»" for column in columns if column.type in FITTING_KINDS[field]
            ]
            yield wrong(
                what,
                f"the table has no column {column_id}. Those of a fitting kind: {', '.join(named) or 'none'}",
            )
        elif column.type not in FITTING_KINDS[field]:
            kinds = ", ".join(sorted(FITTING_KINDS[field]))
            yield wrong(what, f"«{column.name}» is of the kind {column.type}; {field} is read from {kinds}")
        elif field == "sync_id" and column.calculated:
            yield wrong(what, f"«{column.name}» is calculated; the key needs a column that can be written")
        else:
            yield fine(what, f"«{column.name}» ({column.type})")
