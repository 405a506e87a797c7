"""`coda-pipeline adopt`: this database is the one that writes to Coda from now on."""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark, say

QUESTION = "Is nothing else writing to these docs any more, and should this database from now on?"


def adopt(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the other database is out of use.")] = False,
) -> None:
    """Let a database that was moved, copied or restored write to Coda; until then it only plans.

    Two databases that write to the same docs would undo each other's edits. Stop the other one first.
    """
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.sync.permission import differences_in_words
    from coda_pipeline.warehouse.installation import adopt_installation, installation_differences

    with open_warehouse(Settings()) as engine:
        with engine.connect() as conn:
            differences = installation_differences(conn)
        if not differences:
            say("This database is the one that was set up: there is nothing to adopt.")
            return
        remark(f"Not the database that was set up: {differences_in_words(differences)}.")
        if not yes:
            typer.confirm(QUESTION, abort=True, err=True)
        with engine.begin() as conn:
            adopt_installation(conn)
    say("Adopted. What was approved may be sent with the next sync; `coda-pipeline plans list` shows it.")
