"""`coda-pipeline sandbox`: the offline twin of Coda, alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark, say_table

DUMP_HEADER = ("form", "year", "file", "lines", "of the year", "unreadable")


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
    dump: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Serve nothing: write dumps of the doc for 2023 and 2024 into this folder, in every form.",
        ),
    ] = None,
) -> None:
    """Serve an offline twin of Coda with an HR doc, until Ctrl-C. Prints base URL, doc and table ids."""
    from coda_pipeline.commands.processes import end_on_signals
    from coda_pipeline.sandbox.config import DEFAULT_TOKEN
    from coda_pipeline.sandbox.server import serve

    if dump is not None:
        _write_dumps(dump, rows, seed)
        return
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


def _write_dumps(folder: Path, rows: int, seed: int) -> None:
    from coda_pipeline.sandbox.demo_doc import demo_content
    from coda_pipeline.sandbox.dump_files import write_dumps

    content = demo_content("demo", rows, seed, datetime.now(UTC).date().replace(day=1))
    written = write_dumps(content, folder)
    say_table(
        DUMP_HEADER,
        [(form, year, one.path, one.lines, one.of_year[year], one.unreadable) for form, year, one in written],
    )
    remark(
        "Each form has a folder of its own: name one of them with CODA_DUMP_DIR, or load it with `load-dump`."
    )
