"""`coda-pipeline columns`: which columns each table has had, and adopting what changed in Coda."""

from typing import TYPE_CHECKING, Annotated

import typer

from coda_pipeline.commands.terminal import say, say_table

if TYPE_CHECKING:
    from coda_pipeline.warehouse.column_changes import KnownColumn

app = typer.Typer(
    help="Columns of the tables: what Coda has, what the views show, what changed.", no_args_is_help=True
)

HEADER = ("table", "column id", "name in Coda", "type", "view column", "state")


@app.command("list")
def list_columns(
    table: Annotated[str | None, typer.Argument(help="A table of the configuration; none = all.")] = None,
) -> None:
    """List every column ever seen, its name and type in Coda and in the view, and what waits for `accept`."""
    from coda_pipeline.commands.workplace import open_warehouse, tables_named
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.ledger import known_columns

    settings = Settings()
    names = tables_named(settings, table)
    with open_warehouse(settings) as engine, engine.connect() as conn:
        rows = [
            (name, column.column_id, column.name, column.shown_type, column.view_column, column_state(column))
            for name in names
            for column in known_columns(conn, name)
        ]
    say_table(HEADER, rows)


def column_state(column: "KnownColumn") -> str:
    """What a person should know about a column, in a few words."""
    words = []
    if column.excluded:
        words.append("excluded")
    if column.gone_at:
        words.append(f"gone since {column.gone_at:%Y-%m-%d}")
    if column.is_renamed:
        words.append(f"was «{column.accepted_name}»: accept")
    if column.is_retyped:
        words.append(f"was {column.accepted_type}: accept")
    return ", ".join(words)


@app.command("accept")
def accept_columns(
    table: Annotated[str, typer.Argument(help="A table of the configuration.")],
    column: Annotated[str | None, typer.Argument(help="A column id; none = all that changed.")] = None,
) -> None:
    """Let a view follow new names and types of columns. Views that others built on it keep working."""
    from coda_pipeline.commands.workplace import open_warehouse, tables_named
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.ledger import accept

    settings = Settings()
    (name,) = tables_named(settings, table)
    with open_warehouse(settings) as engine, engine.begin() as conn:
        renamed = accept(conn, name, column)
    for one in renamed:
        say(f"coda.{name}: {one.before} is now {one.after}")
    if not renamed:
        say(f"coda.{name}: its columns are named as in Coda already.")
