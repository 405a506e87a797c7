"""What every command shares on the terminal: plain lines, tables, and errors as one clear message.

Data goes to standard output, everything else to standard error. No command prints by other means.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from coda_pipeline.errors import CodaPipelineError

INTERRUPTED = 130


class Commands(TyperGroup):
    """The group of all commands: an error raised on purpose ends as its message and status 1."""

    def invoke(self, ctx: Any) -> object:
        """Run the chosen command. Raises `typer.Exit` with the status of the process."""
        try:
            return super().invoke(ctx)
        except CodaPipelineError as error:
            complain(str(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            complain("Interrupted: what was under way is not done.")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            message = _in_words(error)
            if message is None:
                raise
            complain(message)
            raise typer.Exit(1) from None


def say(text: str = "") -> None:
    """One line (or several) of the answer."""
    typer.echo(text)


def remark(text: str) -> None:
    """A line about the work, beside the answer."""
    typer.echo(text, err=True)


def complain(text: str) -> None:
    """What went wrong."""
    typer.secho(text, err=True, fg=typer.colors.RED)


def say_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under a header: drawn on a terminal, separated by tabs elsewhere, to be cut and sorted."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            say("\t".join(_cell(value) for value in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # No lines: they would cost the width that ids need. What is too long goes on below, and is never cut.
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console().print(table)


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _in_words(error: Exception) -> str | None:
    """A sentence for errors of the environment that no module of ours raised, None for defects."""
    if type(error).__module__.startswith("pydantic"):
        return _settings_in_words(error)
    if type(error).__name__ == "OperationalError" and type(error).__module__.startswith(
        ("sqlalchemy", "psycopg")
    ):
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return (
            f"The database did not do what was asked: {reason}\n`coda-pipeline doctor` shows what it allows."
        )
    return None


def _settings_in_words(error: Exception) -> str | None:
    problems = getattr(error, "errors", None)
    if problems is None or getattr(error, "title", "") != "Settings":
        return None
    lines = [f"  {str(p['loc'][0]).upper()}: {p['msg'][0].lower()}{p['msg'][1:]}" for p in problems()]
    return "\n".join(["The environment has mistakes:", *lines])
