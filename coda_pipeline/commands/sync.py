"""`coda-pipeline sync`: a sync in this process, recorded in the configured Dagster instance."""

from typing import Annotated

import typer

EVERYTHING = "coda"


def sync(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[TARGET]...", help="`coda`, or tables by name; none = all.")
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    pull_only: Annotated[bool, typer.Option("--pull-only", help="Stop before a plan is made.")] = False,
) -> None:
    """Read what changed in Coda, resolve Участие, send what changed here, and prove it.

    Without permission to write it ends with the plan. The runs show in the Dagster UI, with their checks.
    """
    from coda_pipeline.commands.run import run_sync
    from coda_pipeline.commands.workplace import export_environment
    from coda_pipeline.settings import Settings

    settings = Settings()
    settings.catalog()
    settings.coda_token()
    settings = export_environment(settings)
    tables = [] if not targets or EVERYTHING in targets else targets
    if not run_sync(settings, tables, full=full, pull_only=pull_only):
        raise typer.Exit(1)
