"""What the live Coda tables say of names: which e-mails and which rows bear one. Reads `raw` and the ledger.

Rows of an activity are those of the table that the relation in Участие leads to, by its display column.
People are those of tables with one e-mail column, and every person cell. Which of it counts is decided in
`sync.live_names`.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.core.driver import execute, fetch, fill_temporary
from coda_pipeline.warehouse.statement import raw_table

_TARGET = text(
    "select format #>> '{table,id}' from sync.columns where table_name = :table and column_id = :column"
)
_DISPLAY = text("select display_column_id from sync.tables where table_name = :table")
_COLUMNS_OF_TYPE = text(
    "select column_id from sync.columns where table_name = :table and type = :type and gone_at is null"
    " and not excluded order by position"
)
_STORED = "select kind, name_norm, doc_id, identity from sync.known_names"

Name = tuple[object, object]  # the cell that holds the name, the identity
Known = tuple[str, str, str, str]  # person or activity, name as compared, doc id, e-mail or row id


def relation_target(conn: Connection, table: str, column_id: str) -> str | None:
    """The id of the table that a relation column leads to, None where it is no relation."""
    return conn.scalar(_TARGET, {"table": table, "column": column_id})


def named_rows(conn: Connection, table: str) -> Iterator[Name]:
    """The display cell and the id of each live row; nothing where the display column is not known."""
    display = conn.scalar(_DISPLAY, {"table": table})
    if display is not None and _is_there(conn, table):
        query = f"select values -> %s, row_id from {raw_table(table)} where deleted_at is null"  # noqa: S608
        yield from fetch(conn, query, [display])


def named_people(conn: Connection, table: str) -> Iterator[Name]:
    """Names with their e-mails: person cells, and display cells beside the one e-mail column."""
    if not _is_there(conn, table):
        return
    raw = raw_table(table)
    for column in conn.scalars(_COLUMNS_OF_TYPE, {"table": table, "type": "person"}).all():
        query = f"select distinct values -> %s, null from {raw} where deleted_at is null"  # noqa: S608
        yield from fetch(conn, query, [column])
    emails = conn.scalars(_COLUMNS_OF_TYPE, {"table": table, "type": "email"}).all()
    display = conn.scalar(_DISPLAY, {"table": table})
    if len(emails) == 1 and display is not None:
        query = f"select values -> %s, values -> %s from {raw} where deleted_at is null"  # noqa: S608
        yield from fetch(conn, query, [display, emails[0]])


def stored_names(conn: Connection) -> set[Known]:
    """The names as they were at the last resolve."""
    return {(row[0], row[1], row[2], row[3]) for row in fetch(conn, _STORED)}


def store_names(conn: Connection, *, gone: set[Known], new: set[Known]) -> None:
    """Bring the stored names up to date."""
    columns = "kind text, name_norm text, doc_id text, identity text"
    if gone:
        fill_temporary(conn, "gone_names", columns, gone)
        execute(
            conn,
            "delete from sync.known_names as k using pg_temp.gone_names as g where"
            " (k.kind, k.name_norm, k.doc_id, k.identity) = (g.kind, g.name_norm, g.doc_id, g.identity)",
        )
    if new:
        fill_temporary(conn, "new_names", columns, new)
        execute(
            conn,
            "insert into sync.known_names select kind, name_norm, doc_id, identity from pg_temp.new_names",
        )


def _is_there(conn: Connection, table: str) -> bool:
    return fetch(conn, "select to_regclass(%s) is not null", [raw_table(table)]) == [(True,)]
