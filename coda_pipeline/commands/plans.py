"""`coda-pipeline plans`: what would change in Coda, what of it waits, and a person's word on it.

How a plan reads is in `plan_view` and `sync.plan_text`. What is printed are names and cells: they go to the
terminal alone.
"""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from coda_pipeline.commands.terminal import remark, say, say_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coda_pipeline.settings import Settings

app = typer.Typer(help="What would change in Coda, and what of it waits for a word.", no_args_is_help=True)

HEADER = ("id", "table", "kind", "state", "made at", "create", "update", "delete", "key", "waiting", "why")
PlanId = Annotated[int, typer.Argument(metavar="ID", help="The number that `list` shows.")]
Rows = Annotated[
    list[str] | None,
    typer.Option("--row", metavar="ROW", help="A row as `show` names it, or a participation; repeatable."),
]
All = Annotated[bool, typer.Option("--all", help="Every row of the plan.")]
By = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who decided; the user of this machine otherwise.")
]


@app.command("list")
def list_plans(
    limit: Annotated[int, typer.Option(min=1, help="So many at most, open ones first.")] = 10,
) -> None:
    """List the plans: how many rows each would change, how many of them wait, and why."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.write_back import plan_heads

    settings = Settings()
    with open_warehouse(settings) as engine, engine.connect() as conn:
        heads = plan_heads.list_plans(conn, limit)
        _say_permission(settings, conn)
    say_table(
        HEADER,
        (
            (
                head.plan_id,
                head.source_table,
                head.kind.value,
                head.state,
                f"{head.made_at:%Y-%m-%d %H:%M}",
                *(head.creates, head.updates, head.deletes, head.keys, head.held),
                "; ".join([*head.blocked_by, *(f"{code}: {n}" for code, n in head.held_by.items())]),
            )
            for head in heads
        ),
    )


@app.command("show")
def show_plan(
    plan_id: PlanId,
    *,
    limit: Annotated[int, typer.Option(min=1, help="So many rows at most, waiting ones first.")] = 200,
    csv: Annotated[
        bool, typer.Option("--csv", help="The keys of a plan of keys as a table, for HR to paste into Coda.")
    ] = False,
) -> None:
    """Show what would change in Coda, field by field, before and after, and why rows wait."""
    from coda_pipeline.commands import plan_view
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.write_back import plans

    settings = Settings()
    with open_warehouse(settings) as engine, engine.connect() as conn:
        plan = plans.load_plan(conn, plan_id)
        if csv:
            plan_view.print_keys(conn, plan)
            return
        for line in plan_view.lines(conn, plan, settings.catalog(), limit=limit):
            say(line)
        _say_permission(settings, conn)
    remark(plan_view.whose_name(settings))


@app.command("approve")
def approve_plan(
    plan_id: PlanId,
    rows: Rows = None,
    *,
    everything: All = False,
    mapping: Annotated[
        bool, typer.Option("--mapping", help="The changed mapping of its table; --all approves it too.")
    ] = False,
    by: By = None,
) -> None:
    """Approve rows of a plan that wait for a person: they are sent with the next sync.

    An approval is of the values before and after: where these change, it lapses.
    """
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.write_back import mappings, plans

    if not (mapping and not rows and not everything):
        _refuse_unclear(rows, everything=everything)
    name, now = by or getpass.getuser(), datetime.now(UTC)
    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        said = _decide(conn, plan_id, rows, is_approved=True, by=name) if rows or everything else 0
        plan = plans.load_plan(conn, plan_id)
        if mapping or everything:
            mappings.approve_mapping(conn, plan.source_table, plan.mapping, by=name, now=now)
        free = sum(not row.holds for row in plans.load_plan(conn, plan_id).rows)
    say(f"Plan {plan_id}: {said} row(s) approved by {name}. {free} row(s) may be sent with the next sync.")


@app.command("discard")
def discard_plan(plan_id: PlanId, rows: Rows = None, *, everything: All = False, by: By = None) -> None:
    """Keep rows of a plan out of Coda until their values change. `approve` takes it back."""
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.settings import Settings

    _refuse_unclear(rows, everything=everything)
    name = by or getpass.getuser()
    with open_warehouse(Settings()) as engine, engine.begin() as conn:
        said = _decide(conn, plan_id, rows, is_approved=False, by=name)
    say(f"Plan {plan_id}: {said} row(s) discarded by {name}; they stay out until they change.")


def _refuse_unclear(rows: list[str] | None, *, everything: bool) -> None:
    if bool(rows) == everything:
        message = "Name rows with --row, or add --all for every row of the plan."
        raise typer.BadParameter(message)


def _decide(conn: "Connection", plan_id: int, rows: list[str] | None, *, is_approved: bool, by: str) -> int:
    from coda_pipeline.commands.plan_view import digests_of
    from coda_pipeline.warehouse.write_back import decisions, plans

    digests = digests_of(plans.load_plan(conn, plan_id), rows) if rows else None
    now = datetime.now(UTC)
    return decisions.decide(conn, plan_id, digests, is_approved=is_approved, by=by, now=now)


def _say_permission(settings: "Settings", conn: "Connection") -> None:
    from coda_pipeline.sync.permission import permission_of

    found = permission_of(settings.coda_pipeline_allow_write, settings.catalog(), conn)
    for reason in found.reasons:
        remark(f"Nothing is sent: {reason}")
