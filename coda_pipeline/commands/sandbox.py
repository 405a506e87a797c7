"""`coda-pipeline sandbox`: the offline twin of Coda, alone."""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark


def sandbox(
    port: Annotated[
        int, typer.Option(help="Port to listen on, on this machine only; 0 takes a free one.")
    ] = 0,
    token: Annotated[str | None, typer.Option(help="The token it accepts; sandbox-token by default.")] = None,
    rows: Annotated[int, typer.Option(help="Rows of Участие.", min=1)] = 4000,
    seed: Annotated[int, typer.Option(help="Another number makes other people and other dirt.")] = 2023,
    lag: Annotated[float, typer.Option(help="Seconds until reads show an edit.", min=0)] = 30.0,
    delay: Annotated[float, typer.Option(help="Seconds until a write takes effect.", min=0)] = 10.0,
    speed: Annotated[
        float, typer.Option(help="How much faster than real time edits become visible.", min=0.001)
    ] = 1.0,
) -> None:
    """Serve an offline twin of Coda with an HR doc, until Ctrl-C. Prints base URL, doc and table ids."""
    from coda_pipeline.commands.processes import end_on_signals
    from coda_pipeline.sandbox.config import DEFAULT_TOKEN
    from coda_pipeline.sandbox.server import serve

    end_on_signals()
    try:
        serve(
            port=port,
            token=token or DEFAULT_TOKEN,
            rows=rows,
            seed=seed,
            snapshot_lag_s=lag,
            write_delay_s=delay,
            speed=speed,
        )
    except KeyboardInterrupt:
        remark("Ending.")
