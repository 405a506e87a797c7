"""Участие: the participations, the records of all sources, and what the sync remembers of them."""

from pathlib import Path

from alembic import op

from coda_pipeline.warehouse.core.key import create_natural_key
from coda_pipeline.warehouse.core.norm_function import norm_functions

revision = "0002"
down_revision = "0001"

DEFAULT_KEY = ("person", "activity", "role", "started_on")


def upgrade() -> None:
    """Run the SQL beside this file; what depends on Python's folding or on the key is made in between."""
    conn = op.get_bind()
    _run(norm_functions())
    _run_file("0002_tables.sql")
    create_natural_key(conn, DEFAULT_KEY)
    for name in ("0002_writers.sql", "0002_refusals.sql", "0002_history.sql", "0002_views.sql"):
        _run_file(name)


def _run_file(name: str) -> None:
    _run((Path(__file__).parent / name).read_text(encoding="utf-8"))


def _run(sql: str) -> None:
    # The texts hold percent signs; without parameters the driver leaves them alone.
    op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})
