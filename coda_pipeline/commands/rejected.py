"""`coda-pipeline rejected`: rows that Coda did not take, and another try."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import say, say_table

app = typer.Typer(help="Rows that were sent and that Coda did not take.", no_args_is_help=True)

HEADER = ("id", "participation", "table", "row id", "op", "fields", "reason", "rejected at")


@app.command("list")
def list_rejected() -> None:
    """List the rows that Coda did not take, with the reason. They are sent again once they change."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.write_back import rejected

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        rows = rejected.list_rejected(conn)
    say_table(
        HEADER,
        (
            (
                row.rejected_id,
                row.participation_id,
                row.source_table,
                row.row_id,
                row.op.value,
                ", ".join(row.fields),
                row.reason,
                f"{row.rejected_at:%Y-%m-%d %H:%M}",
            )
            for row in rows
        ),
    )


@app.command("retry")
def retry_rejected(
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="The numbers that `list` shows.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All rows of the list.")] = False,
) -> None:
    """Send rejected rows again with the next sync although they did not change."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.errors import ConfigurationError
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.write_back import rejected

    if bool(ids) == everything:
        message = "Name the numbers that `list` shows, or add --all."
        raise typer.BadParameter(message)
    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        listed = {row.rejected_id for row in rejected.list_rejected(conn)}
        missing = ", ".join(str(number) for number in sorted(set(ids or ()) - listed))
        if missing or not listed:
            message = f"Not on the list of rejected rows: {missing or 'it is empty'}. Nothing was done."
            raise ConfigurationError(message)
        count = rejected.retry(conn, ids if ids else None, by=getpass.getuser(), now=datetime.now(UTC))
    say(f"{count} row(s) are planned and sent again with the next sync.")
