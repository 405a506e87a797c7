"""Requests of people and programs: presses, tokens, repeated calls, alerts, the feed of changes."""

from pathlib import Path

from alembic import op

from coda_pipeline.warehouse.engine import execute_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL beside this file."""
    conn = op.get_bind()
    for name in ("0004_gateway.sql", "0004_feed.sql", "0004_pages.sql"):
        execute_script(conn, (Path(__file__).parent / name).read_text(encoding="utf-8"))
