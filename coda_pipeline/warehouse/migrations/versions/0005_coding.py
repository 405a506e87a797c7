"""CODING: the raw tables with their history, the typed views, cursors, and the inbox of the webhooks."""

from pathlib import Path

from alembic import op

from coda_pipeline.warehouse.engine import execute_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL beside this file: the views need the functions, which read the records of the tables."""
    conn = op.get_bind()
    for name in ("0005_tables.sql", "0005_values.sql", "0005_views.sql", "0005_freshness.sql"):
        execute_script(conn, (Path(__file__).parent / name).read_text(encoding="utf-8"))
