"""`coda-pipeline load-dump`: load a dump that lies anywhere, then bring Участие up to it."""

from pathlib import Path
from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark


def load_dump(
    path: Annotated[
        Path,
        typer.Argument(
            help="A CSV, JSON or XLSX file, a folder or ZIP of these, or a folder such as CODA_DUMP_DIR."
        ),
    ],
    *,
    year: Annotated[
        list[int] | None,
        typer.Option(
            "--year", help="Load this year only; may be given several times. By itself the name of PATH says."
        ),
    ] = None,
) -> None:
    """Load years of Участие from a dump of the Coda file, in place of what was loaded of them, and resolve.

    Prints for each year what became of the lines of its files. Needs no CODA_DUMP_DIR.
    """
    from coda_pipeline.commands.run_dump import run_load
    from coda_pipeline.commands.workplace import export_environment
    from coda_pipeline.dump.parts import part_of_file
    from coda_pipeline.settings import Settings
    from coda_pipeline.sync.dump_load import dump_entry, years_of

    settings = Settings()
    catalog = settings.catalog()
    years = sorted(set(year or years_of(catalog, path)))
    for one in years:
        dump_entry(catalog, one)
    part_of_file(path)
    remark(f"Loading {', '.join(map(str, years))} from {path}")
    settings = export_environment(settings)
    if not run_load(settings, path.resolve(), years):
        raise typer.Exit(1)
