"""Taking the values of excluded columns out of everything that holds rows as received."""

from sqlalchemy import Connection, text

from coda_pipeline.catalog import TableSpec
from coda_pipeline.warehouse.statement import on_table


def scrub(conn: Connection, spec: TableSpec) -> int:
    """Remove the cells of excluded columns from a table's rows and their history; how many rows held one."""
    if not spec.excluded:
        return 0
    ids = {"ids": sorted(spec.excluded)}
    what = "set values = values - cast(:ids as text[])"
    held_one = "jsonb_exists_any(values, cast(:ids as text[]))"
    rows = conn.execute(on_table(f"update {{raw}} {what} where {held_one}", spec.name), ids)
    versions = conn.execute(
        text(f"update raw.row_history {what} where table_name = :table and {held_one}"),
        ids | {"table": spec.name},
    )
    return rows.rowcount + versions.rowcount
