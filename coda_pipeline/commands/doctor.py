"""`coda-pipeline doctor`: tries everything a sync needs and prints a line each."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from coda_pipeline.commands.terminal import say

if TYPE_CHECKING:
    from coda_pipeline.commands.findings import Finding
    from coda_pipeline.settings import Settings


def doctor() -> None:
    """Try every token, doc, table, mapping, guard and database right, and print a line each.

    A line says that it is fine, or what is wrong and what to do.
    """
    from coda_pipeline.settings import Settings

    wrong = 0
    for finding in examine(Settings()):
        wrong += not finding.is_fine
        _line(finding.what, finding.text, is_fine=finding.is_fine)
    if wrong:
        say(f"{wrong} thing(s) to put right.")
        raise typer.Exit(1)
    say("Everything is fine.")


def examine(settings: "Settings") -> Iterator["Finding"]:
    """Everything there is to try, the nearest first; what depends on something broken is not tried."""
    from coda_pipeline.commands.examine_coda import examine_coda
    from coda_pipeline.commands.examine_coding import examine_coding
    from coda_pipeline.commands.examine_machine import examine_configuration, examine_database
    from coda_pipeline.commands.examine_writing import examine_writing
    from coda_pipeline.commands.findings import wrong
    from coda_pipeline.errors import CatalogError

    catalog = None
    try:
        catalog = settings.catalog()
    except CatalogError as error:
        yield wrong("configuration", str(error))
    if catalog is not None:
        yield from examine_configuration(settings, catalog)
    yield from examine_database(settings, catalog)
    if catalog is not None and (catalog.tables or not catalog.coding.teams):
        yield from examine_coda(settings, catalog)
        yield from examine_writing(settings, catalog)
    if catalog is not None:
        yield from examine_coding(settings, catalog)


def _line(what: str, text: str, *, is_fine: bool) -> None:
    word = "fine " if is_fine else "WRONG"
    if sys.stdout.isatty():
        word = typer.style(word, fg=typer.colors.GREEN if is_fine else typer.colors.RED)
    say(f"{word}  {what}: {text}")
