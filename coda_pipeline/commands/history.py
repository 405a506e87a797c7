"""`coda-pipeline history`: what became of one participation, change by change."""

from typing import Annotated
from uuid import UUID

import typer

from coda_pipeline.commands.terminal import say_table

HEADER = ("version", "changed at", "by", "what", "field", "from", "to", "run")


def history(participation_id: Annotated[UUID, typer.Argument(help="The id in core.participation.")]) -> None:
    """Show who changed which field of a participation, when, from what to what, and in which run."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.errors import NotFoundError
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.core import history as changes

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        found = changes.history(conn, participation_id)
    if not found:
        message = f"There never was a participation {participation_id} in this database."
        raise NotFoundError(message)
    say_table(
        HEADER,
        (
            (
                change.version,
                f"{change.changed_at:%Y-%m-%d %H:%M:%S}",
                change.writer,
                change.op,
                field,
                *pair,
                change.run_id,
            )
            for change in found
            for field, pair in change.changes.items()
        ),
    )
