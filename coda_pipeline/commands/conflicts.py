"""`coda-pipeline conflicts`: where Coda and the warehouse changed the same thing differently."""

import getpass
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import say, say_table

app = typer.Typer(
    help="Where Coda and the warehouse changed the same thing differently.", no_args_is_help=True
)

# What a conflict without a field is about.
ROWS = {
    "deleted_in_coda": "deleted in Coda, edited here",
    "deleted_here": "deleted here, edited in Coda",
    "fragment": "fragment: a write met a row just deleted in Coda, and made this one",
}
GONE_FROM_DUMP = "gone from the dump, edited here"
HEADER = ("id", "participation", "what", "agreed before", "warehouse", "coda", "why", "row in Coda")


@app.command("list")
def list_conflicts() -> None:
    """List the open conflicts with all three values: the last agreed one, the warehouse's and Coda's."""
    from coda_pipeline.commands.values import shown
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.core.load import open_conflicts

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        rows = [
            (
                found.conflict_id,
                found.participation_id,
                found.field or found.kind.value,
                shown(found.base),
                shown(found.warehouse),
                shown(found.coda),
                found.cause,
                found.record_id,
            )
            for found in open_conflicts(conn)
        ]
    say_table(HEADER, rows)


@app.command("resolve")
def resolve_conflict(
    conflict_id: Annotated[int, typer.Argument(metavar="ID", help="The number that `list` shows.")],
    take: Annotated[
        str,
        typer.Option(
            metavar="coda|warehouse|VALUE", help="Whose side to take, or the value that both should get."
        ),
    ],
) -> None:
    """Settle one conflict: take Coda's side, the warehouse's, or a value of your own.

    About a deletion or a fragment: `coda` = as it is in Coda (deleted, or kept; a fragment stays as a new
    row), `warehouse` = as it is here (made again in Coda, or deleted there; a fragment goes). What only a
    dump told of is deleted here or kept here; it is never sent.
    """
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.sync.conflicts import settle
    from coda_pipeline.sync.dump_lines import is_line

    with open_warehouse(Settings()) as engine:
        conflict = settle(engine, conflict_id, take, by=getpass.getuser())
    is_of_dump = conflict.kind == "deleted_in_coda" and is_line(conflict.record_id)
    what = conflict.field or f"the row ({GONE_FROM_DUMP if is_of_dump else ROWS[conflict.kind]})"
    side = {"coda": "Coda's side", "warehouse": "the warehouse's side"}.get(take, "your value")
    say(f"Conflict {conflict_id} on {what} is settled: {side} was taken.")
