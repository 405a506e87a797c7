"""`coda-pipeline sync`: a sync in this process, recorded in the configured Dagster instance."""

from typing import Annotated

import typer


def sync(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET]...", help="`coda`, `coding`, or tables by name; none = all."),
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    pull_only: Annotated[bool, typer.Option("--pull-only", help="Stop before a plan is made.")] = False,
) -> None:
    """Read what changed in Coda, resolve Участие, send what changed here, and prove it; read CODING.

    Without permission to write it ends with the plan. The runs show in the Dagster UI, with their checks.
    """
    from coda_pipeline.commands.run import run_coding_sync, run_sync
    from coda_pipeline.commands.targets import asked_for
    from coda_pipeline.commands.workplace import export_environment
    from coda_pipeline.settings import Settings

    settings = Settings()
    asked = asked_for(settings.catalog(), targets or ())
    if asked.coda is not None:
        settings.coda_token()
    settings = export_environment(settings)
    is_done = True
    if asked.coda is not None:
        is_done = run_sync(settings, asked.coda, full=full, pull_only=pull_only)
    if asked.coding:
        is_done = run_coding_sync(settings, asked.coding, full=full) and is_done
    if not is_done:
        raise typer.Exit(1)
