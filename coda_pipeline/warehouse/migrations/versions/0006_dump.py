"""Dumps of the Coda file: their lines, those that could not be read, and participations that end with one."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the SQL beside this file."""
    sql = (Path(__file__).parent / "0006_dump.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})
