"""`coda-pipeline webhooks`: what CODING delivered, what was set aside and why, and another try."""

from enum import StrEnum
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import say, say_table

app = typer.Typer(help="Deliveries of CODING's webhooks.", no_args_is_help=True)

HEADER = ("team", "delivery", "event", "project", "received at", "state", "waits for", "reason")


class State(StrEnum):
    """What `list` can be narrowed to."""

    WAITING = "waiting"
    SET_ASIDE = "set_aside"
    DRAINED = "drained"


Only = Annotated[State | None, typer.Option(help="Only those in this state.")]
Limit = Annotated[int, typer.Option(help="How many of the newest.", min=1, max=10_000)]
Team = Annotated[str, typer.Argument(help="The team in CODING.")]
Deliveries = Annotated[list[str] | None, typer.Argument(help="Deliveries, as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of the team that are set aside.")]


@app.command("list")
def list_deliveries(only: Only = None, limit: Limit = 100) -> None:
    """List the newest deliveries: what they were about, and whether they wait, are done or were set aside."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.coding import inbox

    with open_warehouse(Settings()) as engine, engine.connect() as conn:
        found = inbox.list_deliveries(conn, only=only, limit=limit)
    say_table(
        HEADER,
        (
            (
                *(d.team, d.delivery_id, d.event, d.project),
                *(f"{d.received_at:%Y-%m-%d %H:%M:%S}", d.state, ", ".join(d.waiting_for), d.reason),
            )
            for d in found
        ),
    )


@app.command("replay")
def replay_deliveries(team: Team, deliveries: Deliveries = None, *, everything: All = False) -> None:
    """Have deliveries looked at again: those that were set aside, or any others."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.sync.coding.deliveries import replay
    from coda_pipeline.warehouse.coding import inbox

    if bool(deliveries) == everything:
        message = "Name deliveries, or add --all for every one of the team that is set aside."
        raise typer.BadParameter(message)
    with open_warehouse(Settings()) as engine:
        if everything:
            with engine.connect() as conn:
                found = inbox.list_deliveries(conn, only=State.SET_ASIDE, limit=10_000)
            deliveries = [delivery.delivery_id for delivery in found if delivery.team == team]
        for delivery_id in deliveries or ():
            tables = ", ".join(replay(engine, team, delivery_id)) or "nothing: it is about none of the tables"
            say(f"{delivery_id} waits again for {tables}.")
    say("The sensor has them worked off within seconds; where it is off, turn it on in the Dagster UI.")
