"""`coda-pipeline tokens`: who may call the gateway."""

import getpass
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark, say, say_table

app = typer.Typer(help="Tokens of the gateway: make, list, end.", no_args_is_help=True)

HEADER = ("id", "name", "scopes", "made", "by", "last used", "state")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="For whom: a button, a program, a person.")],
    scope: Annotated[
        list[str], typer.Option(help="trigger, read, write or approve; once for each.", metavar="SCOPE")
    ],
    days: Annotated[int | None, typer.Option(help="Days until it ends; for ever by default.", min=1)] = None,
) -> None:
    """Make a token and print it, once. Tokens of the same name go on working until they are revoked."""
    from datetime import timedelta

    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.tokens import create_token

    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        token = create_token(
            conn,
            name,
            scope,
            created_by=getpass.getuser(),
            valid_for=timedelta(days=days) if days else None,
        )
    say(token)
    remark(
        "This is the only time that it is shown. Where it replaces another: `tokens list`, then `revoke ID`."
    )


@app.command("list")
def list_all() -> None:
    """List all tokens ever made, with their scopes and when each was last used."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.tokens import list_tokens

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        tokens = list_tokens(conn)
    say_table(
        HEADER,
        (
            (
                token.token_id,
                token.name,
                " ".join(token.scopes),
                f"{token.created_at:%Y-%m-%d}",
                token.created_by,
                f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never",
                token.state,
            )
            for token in tokens
        ),
    )


@app.command("revoke")
def revoke(
    which: Annotated[str, typer.Argument(metavar="ID|NAME", help="An id, or a name: then all of that name.")],
) -> None:
    """End tokens at once."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.errors import ConfigurationError
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.tokens import revoke_tokens

    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        ended = revoke_tokens(conn, which)
    if not ended:
        message = f"No working token has the id or the name {which}. See `coda-pipeline tokens list`."
        raise ConfigurationError(message)
    say(f"{len(ended)} token(s) ended: {', '.join(ended)}")
