"""`coda-pipeline deletions`: rows that vanished from Coda in numbers that need a person's word."""

import getpass
from collections.abc import Callable
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import say, say_table

app = typer.Typer(help="Rows held because too many vanished from Coda at once.", no_args_is_help=True)

HEADER = ("table", "row id", "state", "held at", "decided by")
Table = Annotated[str, typer.Argument(help="A table of the configuration.")]
Rows = Annotated[list[str] | None, typer.Argument(help="Row ids, as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All rows of the table that are held.")]


@app.command("list")
def list_held(table: Annotated[str | None, typer.Argument(help="A table; none = all.")] = None) -> None:
    """List the rows that vanished from Coda, are still live here, and wait for a word; and those ignored."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.held import held_rows

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        rows = held_rows(conn, table)
    say_table(
        HEADER, ((r.table, r.row_id, r.state, f"{r.held_at:%Y-%m-%d %H:%M}", r.decided_by) for r in rows)
    )


@app.command("confirm")
def confirm_held(table: Table, rows: Rows = None, *, everything: All = False) -> None:
    """Say that held rows are gone indeed: they are deleted here too, and with the next sync in Участие."""
    from coda_pipeline.warehouse.held import confirm

    say(f"{table}: {_decide(confirm, table, rows, everything=everything)} row(s) deleted here too.")


@app.command("ignore")
def ignore_held(table: Table, rows: Rows = None, *, everything: All = False) -> None:
    """Say that held rows should live on here although Coda has them no more."""
    from coda_pipeline.warehouse.held import ignore

    say(f"{table}: {_decide(ignore, table, rows, everything=everything)} row(s) stay.")


def _decide(decide: Callable[..., int], table: str, rows: list[str] | None, *, everything: bool) -> int:
    """Settle the named rows; how many. Raises `ConfigurationError` where one of them is not on the list."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.errors import ConfigurationError
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.held import held_rows

    if bool(rows) == everything:
        message = "Name row ids, or add --all for every held row of the table."
        raise typer.BadParameter(message)
    with open_warehouse(Settings()) as engine:
        with engine.connect() as conn:
            listed = {row.row_id for row in held_rows(conn, table)}
        missing = sorted(set(rows or ()) - listed)
        if missing or not listed:
            message = (
                f"{table}: not on the list of held deletions: {', '.join(missing)}. Nothing was done."
                if missing
                else f"{table}: no row is held. See `coda-pipeline deletions list`."
            )
            raise ConfigurationError(message)
        return decide(engine, table, rows if rows else None, by=getpass.getuser())
