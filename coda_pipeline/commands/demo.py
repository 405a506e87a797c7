"""`coda-pipeline demo`: everything at once and offline: twins of Coda and CODING, PostgreSQL, a sync, the UI.

What it sets up is in `demo_world`.
"""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import INTERRUPTED, remark, say

ROWS = 4000


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop after the first sync.")] = False,
    rows: Annotated[int, typer.Option(help="Rows of Участие in the sandbox's doc.", min=1)] = ROWS,
) -> None:
    """Try it, offline: a sandbox of both services, an embedded PostgreSQL, a first sync, and the Dagster UI.

    Needs no token and no database. Ctrl-C ends every process it started.
    """
    from coda_pipeline.commands.demo_coding import show_an_edit
    from coda_pipeline.commands.demo_press import show_a_press
    from coda_pipeline.commands.demo_story import both_ways
    from coda_pipeline.commands.demo_world import (
        alone_in,
        backfill,
        demo_home,
        enter_demo,
        first_sync,
        serve,
        start_sandbox,
        write_dumps,
    )
    from coda_pipeline.commands.ports import ui_port
    from coda_pipeline.commands.processes import Processes, end_on_signals
    from coda_pipeline.settings import Settings

    home = demo_home()
    port = None if once else ui_port(Settings().coda_pipeline_ui_port)
    end_on_signals()
    is_synced = False
    with alone_in(home), Processes() as processes:
        try:
            remark(f"The demo keeps everything in {home}")
            settings = enter_demo(home, start_sandbox(processes, home, rows))
            write_dumps(home, rows)
            is_loaded = backfill(settings)
            is_synced = first_sync(settings) and is_loaded
            if is_synced and port is not None:
                is_synced = both_ways(settings, settings.catalog())
                serve(processes, settings, port)
                show_a_press(settings, processes.check)
                show_an_edit(settings, processes.check)
                say("Schedules and sensors are on. Ctrl-C ends everything.")
                processes.wait()
        except KeyboardInterrupt:
            remark("Ending.")
            raise typer.Exit(0 if is_synced else INTERRUPTED) from None
    raise typer.Exit(0 if is_synced else 1)
