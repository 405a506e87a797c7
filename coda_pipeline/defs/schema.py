"""The columns of each asset as Dagster shows them before it is made; those of the views are in `lineage`."""

from dagster import TableColumn, TableSchema

ROW_COLUMNS = TableSchema(
    [
        TableColumn("row_id", "text", description="Coda's id of the row"),
        TableColumn("values", "jsonb", description="every cell as received, by column id"),
        TableColumn("row_hash", "text", description="digest of what counts as a change"),
        TableColumn("browser_link", "text", description="the row in Coda"),
        TableColumn("coda_created_at", "timestamptz"),
        TableColumn("coda_updated_at", "timestamptz"),
        TableColumn("first_seen_at", "timestamptz"),
        TableColumn("received_at", "timestamptz", description="since when this version is known here"),
        TableColumn("deleted_at", "timestamptz", description="since when the row is gone from Coda"),
        TableColumn("run_id", "text", description="the run that brought this version"),
    ]
)

_WHAT = [
    TableColumn("person_name", "text", description="as typed"),
    TableColumn("person_email", "text", description="who the person is, where it is known"),
    TableColumn("activity", "text", description="as typed"),
    TableColumn("activity_row_id", "text", description="which activity it is, within one doc"),
    TableColumn("role", "text"),
    TableColumn("started_on", "date"),
    TableColumn("ended_on", "date"),
    TableColumn("share", "numeric", description="0 to 1"),
    TableColumn("comment", "text"),
]

DUMP_COLUMNS = TableSchema(
    [
        TableColumn("year", "integer", description="of started_on; the partition"),
        TableColumn(
            "line_id", "text", description="row id, or a digest of the key and a number among equals"
        ),
        TableColumn(
            "row_id", "text", description="Coda's id of the row, where the dump's doc is the live one"
        ),
        *_WHAT,
        TableColumn("unreadable", "jsonb", description="fields whose cell does not fit, with the reason"),
        TableColumn(
            "cells", "jsonb", description="the cells that do not fit as they stand in the file, by header"
        ),
        TableColumn("file_name", "text"),
        TableColumn("file_size", "bigint", description="bytes"),
        TableColumn("file_sha256", "text"),
        TableColumn("line_number", "integer"),
        TableColumn("loaded_at", "timestamptz"),
        TableColumn("run_id", "text", description="the run that loaded it"),
    ]
)

PARTICIPATION_COLUMNS = TableSchema(
    [
        TableColumn("participation_id", "uuid", description="never reused"),
        TableColumn("version", "bigint", description="grows with every change; the ETag"),
        TableColumn("external_id", "text", description="the application's own key"),
        TableColumn("coda_row_id", "text", description="the row that it is bound to"),
        TableColumn("source_table", "text", description="the table of that row"),
        *_WHAT,
        TableColumn("source", "text", description="coda, dump or warehouse: where it was born"),
        TableColumn("year", "integer", description="of started_on"),
        TableColumn("created_at", "timestamptz"),
        TableColumn("updated_at", "timestamptz"),
    ]
)

PLAN_COLUMNS = TableSchema(
    [
        TableColumn("plan_id", "bigint"),
        TableColumn("op", "text", description="create, update, delete or key"),
        TableColumn("participation_id", "uuid"),
        TableColumn("row_id", "text", description="Coda's id of the row, none for one to create"),
        TableColumn("before", "jsonb", description="the fields that change, as Coda has them"),
        TableColumn("after", "jsonb", description="the same fields as they should be"),
        TableColumn("holds", "jsonb", description="why the row waits; empty: it goes next"),
    ]
)

WRITE_COLUMNS = TableSchema(
    [
        TableColumn("write_id", "bigint"),
        TableColumn("op", "text", description="create, update, delete or key"),
        TableColumn("participation_id", "uuid"),
        TableColumn("row_id", "text"),
        TableColumn("state", "text", description="sent, confirmed, verified, rejected or superseded"),
        TableColumn("request_id", "text", description="Coda's id of the write"),
        TableColumn("sent_at", "timestamptz"),
        TableColumn("confirmed_at", "timestamptz"),
        TableColumn("closed_at", "timestamptz"),
    ]
)

RECORD_COLUMNS = TableSchema(
    [
        TableColumn("record_id", "text", description="table and row id"),
        TableColumn("source", "text"),
        TableColumn("source_table", "text"),
        TableColumn("row_id", "text", description="Coda's id of the row"),
        *_WHAT,
        TableColumn("participation_id", "uuid", description="the participation that it belongs to"),
        TableColumn("outcome", "text", description="survivor, duplicate, twin or incomplete"),
        TableColumn("reason", "text", description="why, in words"),
        TableColumn("browser_link", "text", description="the row in Coda"),
        TableColumn("deleted_at", "timestamptz"),
    ]
)
