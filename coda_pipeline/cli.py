"""The command `coda-pipeline`: which commands there are. What each does is in `commands/`, one module each.

Exit status 0 means that the work was done, 1 that it was not (one message on standard error says why and what
to do), 2 that the command line was wrong, 130 that it was interrupted. Importing this module imports neither
Dagster nor SQLAlchemy: the commands do, once they run, so `--help` answers at once.
"""

import typer

from coda_pipeline.commands import (
    adopt,
    columns,
    conflicts,
    deletions,
    demo,
    dev,
    discover,
    doctor,
    gateway,
    grants,
    history,
    load_dump,
    migrate,
    plans,
    rejected,
    sandbox,
    start,
    sync,
    tokens,
    webhooks,
)
from coda_pipeline.commands.terminal import Commands

app = typer.Typer(
    name="coda-pipeline",
    help="Keeps Coda docs and a PostgreSQL warehouse in step, above all Участие, without duplicates.",
    cls=Commands,
    no_args_is_help=True,
    # A traceback with local variables would show tokens and people.
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.command("demo")(demo.demo)
app.command("dev")(dev.dev)
app.command("start")(start.start)
app.command("sync")(sync.sync)
app.command("discover")(discover.discover)
app.command("doctor")(doctor.doctor)
app.add_typer(columns.app, name="columns")
app.add_typer(deletions.app, name="deletions")
app.add_typer(conflicts.app, name="conflicts")
app.add_typer(plans.app, name="plans")
app.add_typer(rejected.app, name="rejected")
app.add_typer(webhooks.app, name="webhooks")
app.command("history")(history.history)
app.command("adopt")(adopt.adopt)
app.command("load-dump")(load_dump.load_dump)
app.command("grants")(grants.grants)
app.command("gateway")(gateway.gateway)
app.add_typer(tokens.app, name="tokens")
app.command("migrate")(migrate.migrate)
app.command("sandbox")(sandbox.sandbox)

if __name__ == "__main__":
    app()
