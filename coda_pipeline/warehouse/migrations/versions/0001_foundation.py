"""Schemas, reading state, the column ledger, history, and the functions that read a cell."""

from pathlib import Path

from alembic import op

from coda_pipeline.warehouse.engine import execute_script
from coda_pipeline.warehouse.installation import record_installation

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL beside this file, and note which database this is."""
    conn = op.get_bind()
    for name in ("0001_tables.sql", "0001_cells.sql", "0001_freshness.sql"):
        execute_script(conn, (Path(__file__).parent / name).read_text(encoding="utf-8"))
    record_installation(conn)
