"""`coda-pipeline grants`: the rights of the people and programs that use the warehouse."""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import say


def grants(
    analysts: Annotated[
        str | None, typer.Option(metavar="ROLE", help="May read coda, core and sync.")
    ] = None,
    application: Annotated[
        str | None, typer.Option(metavar="ROLE", help="May read and write core.participation.")
    ] = None,
) -> None:
    """Give two roles of the database their rights. Safe to repeat; the roles must be there."""
    if analysts is None and application is None:
        message = "Name a role of the database: --analysts ROLE, --application ROLE, or both."
        raise typer.BadParameter(message)
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.grants import grant_rights

    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        statements = grant_rights(
            conn,
            analysts=[analysts] if analysts else (),
            application=[application] if application else (),
        )
    for statement in statements:
        say(statement)
